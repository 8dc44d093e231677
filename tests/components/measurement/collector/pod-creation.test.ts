import type { CoreV1Event } from "@kubernetes/client-node";
import test from "ava";
import { PodCreation, VainWait } from "../../../../components/measurement/collector/pod-creation.ts";
import { assertFault } from "../../../helpers/faults.ts";

const event = (message: string, count = 1, second = 0): CoreV1Event => ({
  metadata: {},
  involvedObject: {},
  reason: "FailedCreate",
  message,
  count,
  lastTimestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, second)),
});

/** A Job of three workers, watched by a clock that the test moves. */
function watched() {
  const lines: string[] = [];
  const clock = { seconds: 0 };
  const creation = new PodCreation(
    { job: "pi-workload/pi", workers: 3, tell: (line) => void lines.push(line) },
    () => 1000 * clock.seconds,
  );
  /** What is seen at that second. */
  const see = (seconds: number, pods: number, ...events: CoreV1Event[]) => {
    clock.seconds = seconds;
    if (creation.isWaiting(pods)) creation.examine(events);
  };
  return { see, lines };
}

test("a repeated refusal ends the wait with its own words, and is reported at once", (t) => {
  const { see, lines } = watched();
  see(2, 0, event("exceeded quota"));
  t.deepEqual(lines, ["Kubernetes does not create the pods of Job pi-workload/pi: exceeded quota"]);
  see(10, 0, event("exceeded quota", 4));
  const { message } = t.throws(() => see(17, 0, event("exceeded quota", 5)), { instanceOf: VainWait });
  assertFault(t, "pods-refused", message);
  t.regex(message, /\(0 of 3 exist\): exceeded quota\./);
  t.is(lines.length, 1);
});

test("a temporary refusal, such as for a new namespace's service account, is waited for", (t) => {
  const { see } = watched();
  see(2, 0, event('serviceaccount "default" not found', 3));
  see(20, 3);
  t.notThrows(() => see(60, 3, event('serviceaccount "default" not found', 3)));
});

const unasked = [
  'Error creating: Internal error occurred: failed calling webhook "x": failed to call webhook: connection refused',
  "Error creating: Timeout: request did not complete within requested timeout - context deadline exceeded",
  "Error creating: etcdserver: request timed out",
];
for (const why of unasked) {
  test(`while nobody says no, a webhook or a database that starts again is waited for (${why.slice(16, 40)})`, (t) => {
    const { see } = watched();
    see(0, 0, event(why));
    t.notThrows(() => see(100, 0, event(why, 9)));
    t.throws(() => see(121, 0, event(why, 12)), { instanceOf: VainWait });
  });
}

test("a webhook that says no is believed at once", (t) => {
  const { see } = watched();
  const why = 'Error creating: admission webhook "x" denied the request: no';
  see(0, 0, event(why));
  t.throws(() => see(16, 0, event(why, 3)), { instanceOf: VainWait });
});

test("a refusal is given time again when a pod comes", (t) => {
  const { see } = watched();
  see(2, 0, event("exceeded quota", 1));
  see(16, 1, event("exceeded quota", 2));
  t.notThrows(() => see(30, 1, event("exceeded quota", 3)));
  t.throws(() => see(32, 1, event("exceeded quota", 4)), { instanceOf: VainWait });
});

test("a refusal that is not repeated is given a minute", (t) => {
  const { see } = watched();
  see(2, 0, event("no"));
  t.notThrows(() => see(61, 0, event("no")));
  t.throws(() => see(62, 0, event("no")), { instanceOf: VainWait });
});

test("of several messages the last one counts", (t) => {
  const { see, lines } = watched();
  see(2, 0, event("late", 1, 9), event("early", 1, 3));
  t.regex(lines[0] ?? "", /: late$/);
});

test("an event that counts by its series is counted so", (t) => {
  const { see } = watched();
  const repeated = (count: number): CoreV1Event => ({ ...event("no"), series: { count } });
  see(0, 0, repeated(1));
  t.throws(() => see(15, 0, repeated(2)), { instanceOf: VainWait });
});

test("without pods and messages, we report after half a minute and give up after three", (t) => {
  const { see, lines } = watched();
  see(29, 0);
  t.is(lines.length, 0);
  see(30, 0);
  t.is(lines.length, 1);
  const { message } = t.throws(() => see(180, 0), { instanceOf: VainWait });
  assertFault(t, "pods-never-created", message);
});

test("once some pods exist and no message says otherwise, the wait is up to the Job", (t) => {
  const { see } = watched();
  see(2, 2);
  t.notThrows(() => see(1_000, 2));
});
