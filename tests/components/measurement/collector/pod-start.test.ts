import test from "ava";
import { PodStart } from "../../../../components/measurement/collector/pod-start.ts";
import { readPod } from "../../../../components/measurement/collector/pod-state.ts";
import { podOf } from "../../../helpers/fake-cluster.ts";

const creating = readPod(podOf(0, { phase: "Pending" }));
const begun = readPod(
  podOf(1, { phase: "Running", containerStatuses: [{ name: "pi-calculator", state: { running: {} } } as never] }),
);
const unplaced = readPod({ ...podOf(2, { phase: "Pending" }), spec: {} });
const failure = (count: number, reason = "FailedCreatePodSandBox") => ({
  reason,
  message: 'plugin type="flannel" failed (add): open /run/flannel/subnet.env: no such file or directory',
  count,
});

/** With a clock that the test moves. */
function watched() {
  const lines: string[] = [];
  const clock = { seconds: 0 };
  const starts = new PodStart(
    (line) => void lines.push(line),
    () => 1000 * clock.seconds,
  );
  /** The result after this many seconds. */
  const see = (seconds: number, ...events: { reason: string; message: string; count: number }[]) => {
    clock.seconds = seconds;
    return starts.late([creating, begun, unplaced]).map((pod) => [pod.name, starts.refusal(pod, events)] as const);
  };
  return { see, lines };
}

test("only pods that have a node and have not begun for a while are asked about", (t) => {
  const { see } = watched();
  t.deepEqual(see(0), []);
  t.deepEqual(see(19), []);
  t.deepEqual(see(20), [[creating.name, undefined]]);
});

test("a node that can't set up a pod's network is told at once, and given up when that does not pass", (t) => {
  const { see, lines } = watched();
  see(0);
  see(20, failure(1));
  t.regex(
    lines.join(),
    /pod pi-calculation-job-0-abcde on node node-0 does not begin: FailedCreatePodSandBox \(plugin type="flannel"/,
  );
  t.is(see(139, failure(8))[0]?.[1], undefined);
  t.regex(see(140, failure(9))[0]?.[1] ?? "", /^cannot begin: FailedCreatePodSandBox \(plugin/);
  t.is(lines.length, 1);
});

test("one that is not repeated has passed", (t) => {
  const { see } = watched();
  see(0);
  see(20, failure(1));
  t.is(see(500, failure(1))[0]?.[1], undefined);
});

test("warnings that keep nobody from beginning, and those of the time before, are passed over", (t) => {
  const { see, lines } = watched();
  see(0);
  for (const reason of ["DNSConfigForming", "FailedScheduling", "Preempting"]) see(20, failure(1, reason));
  t.is(see(500, failure(50, "DNSConfigForming"), failure(9, "FailedScheduling"))[0]?.[1], undefined);
  t.deepEqual(lines, []);
});
