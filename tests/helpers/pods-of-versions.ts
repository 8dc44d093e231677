// Pods and Jobs as the oldest supported Kubernetes and a new one write them, from their API's documentation. Names of
// fields that nobody reads are there on purpose.
import type { V1Job, V1Pod } from "@kubernetes/client-node";
import { jobName, namespace } from "./fake-cluster.ts";

/** The index, our container's state, and the pod's phase. */
interface Like {
  index: number;
  uid: string;
  phase: string;
  state: object;
}

const meta = ({ index, uid }: Like, labels: object, annotations: object) => ({
  name: `${jobName}-${index}-abcde`,
  generateName: `${jobName}-${index}-`,
  namespace,
  uid: `uid-of-pod-${index}`,
  creationTimestamp: "2026-01-01T00:00:00Z",
  labels: { "app.kubernetes.io/name": "pi-speedup", role: "worker", ...labels },
  annotations: { "pi-speedup/run": "1", ...annotations },
  ownerReferences: [
    { apiVersion: "batch/v1", kind: "Job", name: jobName, uid, controller: true, blockOwnerDeletion: true },
  ],
});
const container = ({ state }: Like) => ({
  name: "pi-calculator",
  image: "docker.io/library/python:3.9-slim",
  imageID: "docker.io/library/python@sha256:1111111111111111111111111111111111111111111111111111111111111111",
  containerID: "containerd://2222",
  ready: false,
  started: false,
  restartCount: 0,
  lastState: {},
  state,
});
const condition = (type: string, status = "True", more: object = {}) => ({
  type,
  status,
  lastProbeTime: null,
  lastTransitionTime: "2026-01-01T00:00:00Z",
  ...more,
});

export interface Version {
  name: string;
  pod: (like: Like) => V1Pod;
  /** How the Job finds its pods. */
  selector: (uid: string) => Record<string, string>;
  /** The Job's conditions when it is complete. */
  complete: NonNullable<NonNullable<V1Job["status"]>["conditions"]>;
  /** The kubelet's message about an image that it pulled in this many seconds. */
  pulled: (seconds: number) => string;
  /** Why a pod goes, as its own status has it; the events tell the rest. */
  preempted: object;
}

// The fakes are as a server sends them: dates are text, and there are fields that the client does not know.
const as = (pod: object) => pod as V1Pod;

/** 1.24: no prefixed labels (1.27), no label for the index (1.28), no DisruptionTarget (1.26). */
const oldest: Version = {
  name: "1.24",
  pod: (like) =>
    as({
      metadata: meta(
        like,
        { "controller-uid": like.uid, "job-name": jobName },
        { "batch.kubernetes.io/job-completion-index": String(like.index) },
      ),
      spec: {
        nodeName: `node-${like.index}`,
        containers: [{ name: "pi-calculator" }],
        hostname: `${jobName}-${like.index}`,
      },
      status: {
        phase: like.phase,
        qosClass: "Burstable",
        startTime: "2026-01-01T00:00:00Z",
        conditions: [condition("Initialized"), condition("Ready", "False"), condition("PodScheduled")],
        containerStatuses: [container(like)],
      },
    }),
  selector: (uid) => ({ "controller-uid": uid }),
  complete: [{ type: "Complete", status: "True" }],
  pulled: (seconds) => `Successfully pulled image "python:3.9-slim" in ${seconds}.123456789s`,
  preempted: {},
};

/** 1.34: both kinds of labels, the index as label and annotation, more conditions and fields. */
const newest: Version = {
  name: "1.34",
  pod: (like) =>
    as({
      metadata: meta(
        like,
        {
          "batch.kubernetes.io/controller-uid": like.uid,
          "batch.kubernetes.io/job-completion-index": String(like.index),
          "batch.kubernetes.io/job-name": jobName,
          "controller-uid": like.uid,
          "job-name": jobName,
        },
        { "batch.kubernetes.io/job-completion-index": String(like.index) },
      ),
      spec: {
        nodeName: `node-${like.index}`,
        containers: [{ name: "pi-calculator", resizePolicy: [{ resourceName: "cpu", restartPolicy: "NotRequired" }] }],
        hostname: `${jobName}-${like.index}`,
      },
      status: {
        observedGeneration: 1,
        phase: like.phase,
        qosClass: "Burstable",
        hostIPs: [{ ip: "10.0.0.1" }],
        startTime: "2026-01-01T00:00:00Z",
        conditions: [
          condition("PodReadyToStartContainers", "False", { observedGeneration: 1 }),
          condition("Initialized"),
          condition("Ready", "False", { reason: "PodCompleted" }),
          condition("PodScheduled"),
        ],
        containerStatuses: [
          {
            ...container(like),
            allocatedResources: { cpu: "100m", memory: "64Mi" },
            resources: { requests: { cpu: "100m", memory: "64Mi" } },
            user: { linux: { uid: 65534, gid: 65534, supplementalGroups: [65534] } },
            volumeMounts: [],
          },
        ],
      },
    }),
  selector: (uid) => ({ "batch.kubernetes.io/controller-uid": uid }),
  complete: [
    { type: "SuccessCriteriaMet", status: "True", reason: "CompletionsReached", message: "Reached expected number" },
    { type: "Complete", status: "True", reason: "CompletionsReached", message: "Reached expected number" },
  ],
  pulled: (seconds) =>
    `Successfully pulled image "python:3.9-slim" in ${seconds}.123s (${seconds}.123s including waiting). Image size: 45 bytes.`,
  preempted: {
    conditions: [
      condition("DisruptionTarget", "True", { reason: "PreemptionByScheduler", message: "default-scheduler" }),
    ],
  },
};

export const versions = [oldest, newest];
