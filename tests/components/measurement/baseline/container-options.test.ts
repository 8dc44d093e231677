// Compares the single machine's container with the pods': the same restrictions, field by field.
import test from "ava";
import { containerOptions } from "../../../../components/measurement/baseline/container-options.ts";
import { jobSpec } from "../../../../components/workload/job-spec.ts";

const workload = { image: "python:3.9-slim", samples: 1000, rounds: 6, processes: 1, seed: "", timeout: 600 } as const;
// The spec is made of plain values; Pulumi's types allow Outputs everywhere.
const { spec } = JSON.parse(
  JSON.stringify(jobSpec({ workers: ["a"], nodeSelector: { role: "worker" }, workload, run: "1" })),
).template;
const options = containerOptions("name", "dev", ["--samples=1000", "--processes=1"]);

/**
 * The fields that determine the guards of a pod's container, and Docker's option for the same; none if it is Docker's
 * default.
 */
const same: Record<string, { pod: unknown; docker?: string }> = {
  "securityContext.runAsNonRoot": { pod: true, docker: "--user=65534:65534" },
  "securityContext.runAsUser": { pod: 65534, docker: "--user=65534:65534" },
  "securityContext.runAsGroup": { pod: 65534, docker: "--user=65534:65534" },
  "securityContext.seccompProfile": { pod: { type: "RuntimeDefault" } },
  "container.securityContext.allowPrivilegeEscalation": { pod: false, docker: "--security-opt=no-new-privileges" },
  "container.securityContext.readOnlyRootFilesystem": { pod: true, docker: "--read-only" },
  "container.securityContext.capabilities": { pod: { drop: ["ALL"] }, docker: "--cap-drop=ALL" },
};
const contexts = [
  ...Object.entries(spec.securityContext).map(([key, value]) => [`securityContext.${key}`, value] as const),
  ...Object.entries(spec.containers[0].securityContext).map(
    ([key, value]) => [`container.securityContext.${key}`, value] as const,
  ),
];

test("every field of the pods' security has its counterpart", (t) => {
  t.deepEqual(contexts.map(([field]) => field).sort(), Object.keys(same).sort());
});

for (const [field, value] of contexts) {
  test(`the single machine's container has what the pods have by ${field}`, (t) => {
    const counterpart = same[field];
    t.deepEqual(value, counterpart?.pod);
    if (counterpart?.docker !== undefined) t.true(options.includes(counterpart.docker), options.join(" "));
  });
}

test("nothing disables Docker's system call filter, and nothing grants a privilege", (t) => {
  const security = options.filter((each) =>
    /^--(security-opt|privileged|cap-add|device|pid=|ipc|userns|volume)/.test(each),
  );
  t.deepEqual(security, ["--security-opt=no-new-privileges"]);
});

test("the pods have no limit, and the container's are above what pi.py can use", (t) => {
  t.deepEqual(Object.keys(spec.containers[0].resources), ["requests"]);
  const bounds = (processes: string) =>
    containerOptions("name", "dev", [`--processes=${processes}`]).filter((each) => /^--(pids-limit|memory)/.test(each));
  t.deepEqual(bounds("1"), ["--pids-limit=4098", "--memory=2080m"]);
  t.deepEqual(bounds("64"), ["--pids-limit=4224", "--memory=4096m"]);
  t.regex(bounds("cores").join(" "), /^--pids-limit=\d{4,} --memory=\d{4,}m$/);
});

test("nothing else limits the container, especially not its processors", (t) => {
  t.deepEqual(
    options.filter((each) => /^--(cpu|cpus|cpuset|blkio|ulimit)/.test(each)),
    [],
  );
});
