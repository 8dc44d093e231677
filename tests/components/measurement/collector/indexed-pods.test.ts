import test from "ava";
import { Failure } from "../../../../components/failure.js";
import { IndexedPods } from "../../../../components/measurement/collector/indexed-pods.ts";
import { readPod } from "../../../../components/measurement/collector/pod-state.ts";
import { podOf } from "../../../helpers/fake-cluster.ts";
import { assertFault } from "../../../helpers/faults.ts";

const uid = "uid-of-the-job";

for (const [job, fault] of [
  ["pi-workload/pi-calculation-job", "index-beyond"],
  // Another value of `run` starts no new one.
  ["pi-workload/pi-calculation-job-check", "check-unusable"],
] as const) {
  test(`the message says how to start another Job in place of ${job} (${fault})`, (t) => {
    const pods = new IndexedPods({ job, uid, workers: 1 });
    const { message } = t.throws(() => pods.note(readPod(podOf(1, { phase: "Succeeded" }))), { instanceOf: Failure });
    assertFault(t, fault, message);
  });
}
