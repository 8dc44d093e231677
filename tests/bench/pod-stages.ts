// How KWOK simulates the pods of a Job, in its own configuration format. By default, a pod ends as soon as it starts. Then it
// no longer keeps others off its node, and the scheduler places two of a thousand pods on one node.

const conditions = ["Initialized", "ContainersReady", "Ready"];
const now = "{{ Now | Quote }}";
/** The parts of a template for each container of the pod. */
const eachContainer = (fields: readonly string[]) => [
  "containerStatuses:",
  "{{ range .spec.containers }}",
  ...fields.map((field, i) => `${i === 0 ? "- " : "  "}${field}`),
  "{{ end }}",
];
const known = ["name: {{ .name | Quote }}", "image: {{ .image | Quote }}", 'imageID: ""', "restartCount: 0"];

/**
 * Pods that run for this many seconds and then succeed.
 * @returns a document for KWOK's `--config`.
 */
export function podStages(seconds: number): string {
  const stages = [
    stage("starts", ".status.phase", { operator: "NotIn", values: ["Running", "Succeeded", "Failed"] }, 0, [
      "phase: Running",
      `startTime: ${now}`,
      "hostIP: 127.0.0.1",
      "conditions:",
      ...conditions.flatMap((type) => [`- type: ${type}`, '  status: "True"', `  lastTransitionTime: ${now}`]),
      ...eachContainer([...known, "ready: true", "started: true", `state: { running: { startedAt: ${now} } }`]),
    ]),
    stage("ends", ".status.phase", { operator: "In", values: ["Running"] }, seconds, [
      "{{ $begun := .status.startTime }}",
      "phase: Succeeded",
      ...eachContainer([
        ...known,
        "ready: false",
        "started: false",
        `state: { terminated: { exitCode: 0, reason: Completed, startedAt: {{ $begun | Quote }}, finishedAt: ${now} } }`,
      ]),
    ]),
  ];
  const deletion = {
    ...head("goes"),
    spec: {
      resourceRef: pod,
      selector: { matchExpressions: [{ key: ".metadata.deletionTimestamp", operator: "Exists" }] },
      next: { finalizers: { empty: true }, delete: true },
    },
  };
  // JSON is also YAML.
  return [...stages, deletion].map((each) => JSON.stringify(each)).join("\n---\n");
}

const pod = { apiGroup: "v1", kind: "Pod" };
const head = (name: string) => ({ apiVersion: "kwok.x-k8s.io/v1alpha1", kind: "Stage", metadata: { name } });

function stage(
  name: string,
  key: string,
  when: { operator: string; values: string[] },
  seconds: number,
  template: readonly string[],
) {
  const alive = { key: ".metadata.deletionTimestamp", operator: "DoesNotExist" };
  return {
    ...head(name),
    spec: {
      resourceRef: pod,
      selector: { matchExpressions: [alive, { key, ...when }] },
      delay: { durationMilliseconds: seconds * 1000 },
      next: { statusTemplate: template.join("\n") },
    },
  };
}
