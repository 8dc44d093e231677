import type { V1PodStatus } from "@kubernetes/client-node";
import test, { type ExecutionContext } from "ava";
import { Failure } from "../../../../analysis/failure.js";
import { IndexedPods } from "../../../../components/measurement/collector/indexed-pods.ts";
import { readPod } from "../../../../components/measurement/collector/pod-state.ts";
import { containerName } from "../../../../components/workload/job-spec.ts";
import { podOf } from "../../../helpers/fake-cluster.ts";
import { assertFault } from "../../../helpers/faults.ts";

const uid = "uid-of-the-job";

const beyond = (t: ExecutionContext, job: string) => {
  const pods = new IndexedPods({ job, uid, workers: 1 });
  return t.throws(() => pods.note(readPod(podOf(1, { phase: "Succeeded" }))), { instanceOf: Failure }).message;
};

test("a pod that is beyond the workers is told with what starts another Job", (t) => {
  assertFault(t, "index-beyond", beyond(t, "pi-workload/pi-calculation-job"));
});

test("in place of the check Job another value of `run` starts no new one, so it is to be deleted", (t) => {
  const message = beyond(t, "pi-workload/pi-calculation-job-check");
  t.regex(message, /delete this one with `kubectl delete job -n pi-workload pi-calculation-job-check`/);
  t.regex(message, /run `pulumi up --refresh`\. \[index-beyond\]$/);
});

/** A second of the node's clock, as a watch returns it. */
const sent = (second: number): unknown => `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`;
/** The same as the client returns it in a list. */
const read = (second: number): unknown => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

/**
 * A container that ran from one second of its node's clock to another. Without an end it still runs, and without a start it
 * has not started.
 */
function ran(from?: number, to?: number, at = sent): V1PodStatus {
  const startedAt = from === undefined ? undefined : at(from);
  const state =
    to !== undefined
      ? { terminated: { exitCode: 0, startedAt, finishedAt: at(to) } }
      : startedAt !== undefined
        ? { running: { startedAt } }
        : {};
  const phase = to !== undefined ? "Succeeded" : startedAt !== undefined ? "Running" : "Pending";
  const containerStatuses = [{ name: containerName, image: "x", imageID: "", ready: false, restartCount: 0, state }];
  return { phase, containerStatuses } as V1PodStatus; // what is missing is not read
}

const shared: [what: string, first: V1PodStatus, second: V1PodStatus, isShort: boolean][] = [
  ["one that had ended when the other was placed", ran(1, 3), ran(), true],
  ["one that had ended when the other started", ran(1, 3), ran(5), true],
  ["one that ended in the second in which the other started", ran(1, 3), ran(3, 4), true],
  ["the other way round, as a list has them", ran(5, 8), ran(1, 3), true],
  ["as a list tells it", ran(1, 3, read), ran(4, 6, read), true],
  ["two at the same time, as a list tells it", ran(1, 6, read), ran(3, 8, read), false],
  ["stamps that are none", ran(1, 3, () => "yesterday"), ran(4, 6, () => new Date(Number.NaN)), false],
  ["two at the same time", ran(1, 6), ran(3, 8), false],
  ["two that are running", ran(1), ran(3), false],
  ["one that runs, and one that was placed", ran(1), ran(), false],
  ["two of which nothing tells when they ran", { phase: "Succeeded" }, { phase: "Succeeded" }, false],
];
for (const [what, first, second, isShort] of shared) {
  test(`on one node: ${what}; ${isShort ? "longer pods help" : "longer pods would not help"}`, (t) => {
    const told = (job: string) => {
      const pods = new IndexedPods({ job, uid, workers: 40 });
      pods.note(readPod(podOf(0, first)));
      const other = { ...podOf(1, second), spec: { nodeName: "node-0", containers: [] } };
      return t.throws(() => pods.note(readPod(other)), { instanceOf: Failure }).message;
    };
    const message = told("pi-workload/pi-calculation-job");
    assertFault(t, isShort ? "pods-too-short" : "node-shared", message);
    // The user cannot change the work of the check.
    t.notRegex(told("pi-workload/pi-calculation-job-check"), /samples/);
  });
}
