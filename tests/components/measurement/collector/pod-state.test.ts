import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";
import test from "ava";
import {
  completionIndex,
  failureOf,
  progressOf,
  pullSeconds,
  timesOf,
} from "../../../../components/measurement/collector/pod-state.ts";

const pod = (status: V1Pod["status"], metadata: V1Pod["metadata"] = {}): V1Pod => ({
  metadata: { name: "pi-0-abc", annotations: { "batch.kubernetes.io/job-completion-index": "2" }, ...metadata },
  spec: { nodeName: "gray", containers: [] },
  ...(status && { status }),
});
const container = (state: NonNullable<NonNullable<V1Pod["status"]>["containerStatuses"]>[number]["state"]) => [
  { name: "pi", image: "i", imageID: "i", ready: false, restartCount: 0, ...(state && { state }) },
];

test("the completion index comes from the pod's annotation", (t) => {
  t.is(completionIndex(pod({})), 2);
  t.is(completionIndex({}), undefined);
});

const fates: [what: string, pod: V1Pod, expected: string | undefined][] = [
  ["that runs", pod({ phase: "Running" }), undefined],
  [
    "that succeeded, even while it is being deleted",
    pod({ phase: "Succeeded" }, { deletionTimestamp: new Date() }),
    undefined,
  ],
  [
    "that crashed",
    pod({ phase: "Failed", containerStatuses: container({ terminated: { exitCode: 3, reason: "Error" } }) }),
    "failed: exit code 3",
  ],
  [
    "whose quick check failed",
    pod({
      phase: "Failed",
      initContainerStatuses: container({ terminated: { exitCode: 2, reason: "Error" } }),
      containerStatuses: container({ waiting: { reason: "PodInitializing" } }),
    }),
    "failed: exit code 2",
  ],
  [
    "that ran out of memory",
    pod({ phase: "Failed", containerStatuses: container({ terminated: { exitCode: 137, reason: "OOMKilled" } }) }),
    "failed: OOMKilled, exit code 137",
  ],
  [
    "that was evicted",
    pod({ phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." }),
    "failed: Evicted, The node was low on resource: memory",
  ],
  [
    "whose image can't be had",
    pod({
      phase: "Pending",
      containerStatuses: container({ waiting: { reason: "ImagePullBackOff", message: "not found" } }),
    }),
    "can't start: ImagePullBackOff (not found)",
  ],
  [
    "whose image is on its way",
    pod({ phase: "Pending", containerStatuses: container({ waiting: { reason: "ContainerCreating" } }) }),
    undefined,
  ],
  [
    "whose node went away",
    pod(
      {
        phase: "Running",
        conditions: [
          {
            type: "DisruptionTarget",
            status: "True",
            reason: "DeletionByTaintManager",
            message: "Taint manager: deleting",
          },
        ],
      },
      { deletionTimestamp: new Date() },
    ),
    "was deleted before it ended (its node stopped answering, or was given a taint: Taint manager: deleting)",
  ],
];
for (const [what, each, expected] of fates) {
  test(`a pod ${what} ${expected === undefined ? "may still give a result" : "is given up, with the cause"}`, (t) => {
    t.is(failureOf(each), expected);
  });
}

test("a pod that finds no node says why", (t) => {
  const conditions = [
    { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/4 nodes are available" },
  ];
  t.is(progressOf(pod({ phase: "Pending", conditions })), "not scheduled: 0/4 nodes are available");
});

const pulls: [message: string, seconds: number | null][] = [
  ['Container image "python:3.9-slim" already present on machine', 0],
  ['Successfully pulled image "python:3.9-slim" in 4.532s (4.532s including waiting). Image size: 1 bytes.', 4.532],
  ['Successfully pulled image "x" in 873ms (1.2s including waiting)', 0.873],
  ['Successfully pulled image "x" in 1m4.5s (1m5s including waiting)', 64.5],
  ["something else", null],
];
for (const [message, seconds] of pulls) {
  test(`the event «${message}» tells a pull of ${seconds} s`, (t) => {
    const event: CoreV1Event = { metadata: {}, involvedObject: {}, reason: "Pulled", message };
    t.is(pullSeconds([event]), seconds);
  });
}

test("a pod's times are seconds since the epoch, null where nothing tells", (t) => {
  const at = (second: number) => new Date(second * 1000);
  const done = pod({
    conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime: at(100) }],
    containerStatuses: container({ terminated: { exitCode: 0, startedAt: at(102), finishedAt: at(130) } }),
  });
  t.deepEqual(timesOf(done, []), { index: 2, scheduled: 100, started: 102, finished: 130, pull: null });
  t.deepEqual(timesOf(pod({}), []), { index: 2, scheduled: null, started: null, finished: null, pull: null });
});

test("another pod's pull is not this pod's", (t) => {
  const event: CoreV1Event = {
    metadata: {},
    involvedObject: { uid: "other" },
    reason: "Pulled",
    message: "already present",
  };
  t.is(timesOf(pod({}, { uid: "mine" }), [event]).pull, null);
});
