// The collector for a worker that is the single machine. Its record does not use the completion index as its name.
import { setTimeout as sleep } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { singleIndex } from "../../../../analysis/records.ts";
import { halfOfWorker } from "../../../../analysis/single-machine.ts";
import { collect } from "../../../../components/measurement/collector/program.ts";
import { jobName, logOf, namespace, startFakeCluster } from "../../../helpers/fake-cluster.ts";
import { assertFault } from "../../../helpers/faults.ts";

/** What the log of the fake cluster is the answer to. */
const asked = { samples: 1_000_000, rounds: 3, processes: 1, seed: "" };

/** Collects a Job of one pod, whose record calls itself so. */
async function collected(t: ExecutionContext, calls: number | string, index?: typeof singleIndex) {
  const cluster = await startFakeCluster();
  t.teardown(() => cluster.stop());
  const { kubeconfig, uid } = cluster;
  const collecting = collect({
    kubeconfig,
    namespace,
    job: jobName,
    uid,
    workers: 1,
    asked: { ...asked, ...(index && { index }) },
  });
  const working = async () => {
    // Nothing computes before the collector releases it.
    while (cluster.patches.length === 0) await sleep(10);
    const { metadata } = cluster.succeed(0);
    cluster.logs.set(metadata?.name ?? "", logOf(0).replace('"index":0', `"index":${JSON.stringify(calls)}`));
  };
  const [collection] = await Promise.all([collecting, working()]);
  return collection;
}

test("the record of the single machine is taken, and becomes a half", async (t) => {
  const collection = await collected(t, singleIndex, singleIndex);
  t.like(collection.nodes[0], { index: 0, node: "node-0" });
  t.like(halfOfWorker(collection), { mode: "worker:node-0", samples: 3_000_000 });
});

test("a worker's record is not taken for the single machine's (log-foreign)", async (t) => {
  const { message } = await t.throwsAsync(collected(t, 0, singleIndex));
  assertFault(t, "log-foreign", message);
});

test("the single machine's record is not taken for a worker's (log-foreign)", async (t) => {
  const { message } = await t.throwsAsync(collected(t, singleIndex));
  assertFault(t, "log-foreign", message);
});
