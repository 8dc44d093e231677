import type { CoreV1Event, V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import test from "ava";
import { asDeleted, faultOf, pullSeconds, readPod } from "../../../../components/measurement/collector/pod-state.ts";

const pod = (status: V1Pod["status"], metadata: V1Pod["metadata"] = {}): V1Pod => ({
  metadata: { name: "pi-0-abc", annotations: { "batch.kubernetes.io/job-completion-index": "2" }, ...metadata },
  spec: { nodeName: "gray", containers: [] },
  ...(status && { status }),
});
type ContainerState = NonNullable<V1ContainerStatus["state"]>;
const status = (name: string, state: ContainerState): V1ContainerStatus => ({
  name,
  image: `image-of-${name}`,
  imageID: "i",
  ready: false,
  restartCount: 0,
  state,
});
const container = (state: ContainerState) => [status("pi-calculator", state)];

test("the completion index comes from the pod's annotation", (t) => {
  t.is(readPod(pod({})).index, 2);
  t.is(readPod({ metadata: { name: "other" } }).index, undefined);
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
    "whose sidecar could not start it",
    pod({
      phase: "Failed",
      initContainerStatuses: [status("istio-proxy", { terminated: { exitCode: 2, reason: "Error" } })],
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
    "cannot start: ImagePullBackOff (not found)",
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
    t.is(readPod(each).reason, expected);
  });
}

test("a pod without a node explains why", (t) => {
  const conditions = [
    { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/4 nodes are available" },
  ];
  t.is(readPod(pod({ phase: "Pending", conditions })).activity, "not scheduled: 0/4 nodes are available");
});

const pulls: [message: string, seconds: number | null][] = [
  ['Container image "python:3.9-slim" already present on machine', 0],
  ['Successfully pulled image "python:3.9-slim" in 4.532s (4.532s including waiting). Image size: 1 bytes.', 4.532],
  ['Successfully pulled image "x" in 873ms (1.2s including waiting)', 0.873],
  ['Successfully pulled image "x" in 1m4.5s (1m5s including waiting)', 64.5],
  ['Successfully pulled image "x" in 1h2m3.5s (1h3m including waiting)', 3723.5],
  ['Successfully pulled image "x" in 872.5664ms (1.2s including waiting)', 0.873],
  [`Successfully pulled image "x" in ${"9".repeat(400)}s`, null],
  ["something else", null],
];
for (const [message, seconds] of pulls) {
  test(`the event "${message.slice(0, 100)}" tells a pull of ${seconds} s`, (t) => {
    const event: CoreV1Event = { metadata: {}, involvedObject: {}, reason: "Pulled", message };
    t.is(pullSeconds({ uid: undefined }, [event]), seconds);
  });
}

const starts: [what: string, state: ContainerState, started: boolean][] = [
  ["that runs has started", { running: {} }, true],
  ["that has ended has started", { terminated: { exitCode: 0 } }, true],
  ["that waits has not started", { waiting: { reason: "ContainerCreating" } }, false],
];
for (const [what, state, started] of starts) {
  test(`a container ${what}`, (t) => {
    t.is(readPod(pod({ containerStatuses: container(state) })).started, started);
  });
}

test("a pod's image is known by what its runtime says of our container", (t) => {
  const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
  const containerStatuses = container({ running: {} }).map((status) => ({ ...status, imageID: `python@${digest}` }));
  t.is(readPod(pod({ containerStatuses })).digest, digest);
});

test("another pod's pull does not count for this pod", (t) => {
  const event: CoreV1Event = {
    metadata: {},
    involvedObject: { uid: "other" },
    reason: "Pulled",
    message: "already present",
  };
  t.is(pullSeconds(readPod(pod({}, { uid: "mine" })), [event]), null);
});

test("a pod that succeeded keeps its result when it is deleted, one that runs loses it", (t) => {
  t.is(asDeleted(readPod(pod({ phase: "Succeeded" }))).phase, "succeeded");
  const { phase, reason } = asDeleted(readPod(pod({ phase: "Running" })));
  t.deepEqual({ phase, reason }, { phase: "failed", reason: "was deleted before it ended" });
});

// A sidecar that somebody injects sorts before our container, in the list and by its name.
const crash: ContainerState = { terminated: { exitCode: 3, reason: "Error" } };
const outOfMemory: ContainerState = { terminated: { exitCode: 137, reason: "OOMKilled" } };
const done: ContainerState = { terminated: { exitCode: 0, reason: "Completed" } };
const running: ContainerState = { running: {} };
const besides: [what: string, status: NonNullable<V1Pod["status"]>, phase: string, reason?: string][] = [
  [
    "runs on after ours has ended well: the result is there",
    { phase: "Running", containerStatuses: [status("istio-proxy", running), ...container(done)] },
    "succeeded",
  ],
  [
    "runs before ours has ended: nothing is known yet",
    { phase: "Running", containerStatuses: [status("istio-proxy", running), ...container(running)] },
    "active",
  ],
  [
    "fails after ours has ended well: the result is there",
    { phase: "Failed", containerStatuses: [status("istio-proxy", crash), ...container(done)] },
    "succeeded",
  ],
  [
    "ended well, but ours ran out of memory: that is the failure",
    { phase: "Failed", containerStatuses: [status("istio-proxy", done), ...container(outOfMemory)] },
    "failed",
    "failed: OOMKilled, exit code 137",
  ],
  [
    "runs on after ours has crashed: the pod is lost",
    { phase: "Running", containerStatuses: [status("istio-proxy", running), ...container(crash)] },
    "failed",
    "failed: exit code 3",
  ],
  [
    "runs on for a moment while the pod is stopped: the reason is still to come",
    {
      phase: "Running",
      containerStatuses: [
        status("istio-proxy", running),
        ...container({ terminated: { exitCode: 143, reason: "Error" } }),
      ],
    },
    "active",
  ],
  [
    "runs while the image of ours can't be pulled: that is the failure",
    {
      phase: "Pending",
      containerStatuses: [
        status("istio-proxy", running),
        ...container({ waiting: { reason: "ImagePullBackOff", message: "not found" } }),
      ],
    },
    "failed",
    "cannot start: ImagePullBackOff (not found)",
  ],
  [
    "can't be pulled itself before ours may start: that is the failure",
    {
      phase: "Pending",
      initContainerStatuses: [status("istio-init", { waiting: { reason: "ImagePullBackOff" } })],
      containerStatuses: container({ waiting: { reason: "PodInitializing" } }),
    },
    "failed",
    "cannot start: ImagePullBackOff",
  ],
  [
    "is stopped because ours crashed: ours is the failure",
    {
      phase: "Failed",
      initContainerStatuses: [status("istio-proxy", { terminated: { exitCode: 143, reason: "Error" } })],
      containerStatuses: container(crash),
    },
    "failed",
    "failed: exit code 3",
  ],
];
for (const [what, each, phase, reason] of besides) {
  test(`a sidecar ${what}`, (t) => {
    t.like(readPod(pod(each)), { phase, reason });
  });
}

test("the remedy and the log are those of our container, not of a sidecar before it", (t) => {
  const state = readPod(
    pod({
      phase: "Failed",
      containerStatuses: [
        status("istio-proxy", { terminated: { exitCode: 0, reason: "Completed" } }),
        ...container({ terminated: { exitCode: 137, reason: "OOMKilled" } }),
      ],
    }),
  );
  t.deepEqual(faultOf(state, ""), {
    id: "pod-out-of-memory",
    remedy: "Give the node more memory, or set fewer pi-speedup:processes.",
  });
  t.is(state.endedContainer, "pi-calculator");
  t.is(state.symptoms.image, "image-of-pi-calculator");
});

const waits: [reason: string, message: string, verdict: "goes on" | "may pass" | "is over"][] = [
  ["ContainerCreating", "", "goes on"],
  ["PodInitializing", "", "goes on"],
  ["ImagePullBackOff", "", "may pass"],
  ["ImagePullBackOff", "dial tcp: lookup registry-1.docker.io: Try again", "may pass"],
  ["ImagePullBackOff", "x509: certificate has expired or is not yet valid", "may pass"],
  ["ImagePullBackOff", "toomanyrequests: you have reached your pull rate limit", "may pass"],
  ["ImagePullBackOff", "docker.io/library/x:1: not found", "is over"],
  ["ImagePullBackOff", "pull access denied, repository does not exist or may require authorization", "is over"],
  ["ImagePullBackOff", "no match for platform in manifest", "is over"],
  ["CreateContainerConfigError", "failed to sync configmap cache: timed out waiting for the condition", "may pass"],
  ["CreateContainerConfigError", "container has runAsNonRoot and image will run as root", "is over"],
  ["RunContainerError", "unable to apply cgroup configuration: device or resource busy", "may pass"],
  ["RunContainerError", 'exec: "python3": executable file not found in $PATH', "is over"],
  ["InvalidImageName", "couldn't parse image name", "is over"],
  // Reasons that other kubelets use.
  ["ImageInspectError", "rpc error: code = Unknown", "is over"],
  ["RegistryUnavailable", "registry is unavailable", "may pass"],
  ["SignatureValidationFailed", "", "may pass"],
  ["CrashLoopBackOff", "back-off 40s restarting failed container=istio-proxy", "may pass"],
];
for (const [reason, message, verdict] of waits) {
  test(`a container that waits with ${reason} (${message}): it ${verdict}`, (t) => {
    const waiting = { reason, ...(message && { message }) };
    const own = readPod(pod({ phase: "Pending", containerStatuses: container({ waiting }) }));
    const before = readPod(
      pod({
        phase: "Pending",
        initContainerStatuses: [status("istio-proxy", { waiting })],
        containerStatuses: container({ waiting: { reason: "PodInitializing" } }),
      }),
    );
    for (const { phase, mayStartLater } of [own, before]) {
      t.is(phase, verdict === "goes on" ? "active" : "failed");
      t.is(mayStartLater, verdict === "may pass");
    }
  });
}
