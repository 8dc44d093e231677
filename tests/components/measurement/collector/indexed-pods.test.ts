import test, { type ExecutionContext } from "ava";
import { Failure } from "../../../../analysis/failure.js";
import { IndexedPods } from "../../../../components/measurement/collector/indexed-pods.ts";
import { readPod } from "../../../../components/measurement/collector/pod-state.ts";
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
