// The stack's configuration as one typed value. Pulumi.yaml holds the keys, their types and defaults; the
// rules that it cannot state are here. Whatever is wrong ends the preview, in one sentence.
import { RunError } from "@pulumi/pulumi/errors.js";
import * as v from "valibot";

/** What the single machine is: a container or a process on this computer, one worker of the cluster, or seconds known from before. */
export type BaselineMode =
  | { kind: "docker" }
  | { kind: "host" }
  | { kind: "worker"; node: string | undefined }
  | { kind: "given"; seconds: number };

/** The work that each pod and the baseline do alike. */
export interface Workload {
  /** Container image with Python 3.9 or newer. */
  image: string;
  /** Samples per worker and round. */
  samples: number;
  /** Timed rounds, after one untimed. */
  rounds: number;
  /** Processes per pod, or as many as it has cores. */
  processes: number | "cores";
  /** Empty: drawn anew by every run. */
  seed: string;
  /** Seconds until a pod, or the baseline, is given up. */
  timeout: number;
}

export interface Settings {
  cluster: { kind: "embedded"; agents: number };
  namespace: string;
  job: string;
  workload: Workload;
  baseline: BaselineMode;
  /** Changing it measures again. */
  run: string;
}

const dnsLabel = (most: number) =>
  v.pipe(
    v.string(),
    v.maxLength(most, `a name of at most ${most} characters`),
    v.regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "lower-case letters, digits and «-», as Kubernetes names things"),
  );

/** A whole number between two bounds, written as Pulumi hands it over: in decimal digits. */
const whole = (least: number, most: number) => {
  const allowed = `a whole number from ${least} to ${most}`;
  return v.pipe(
    v.string(allowed),
    v.regex(/^[0-9]+$/, allowed),
    v.transform(Number),
    v.minValue(least, allowed),
    v.maxValue(most, allowed),
  );
};

const printable = v.pipe(v.string(), v.regex(/^\P{Cc}*$/u, "text without control characters"));

const processes = v.pipe(
  v.string(),
  v.regex(/^(cores|[1-9][0-9]{0,3})$/, "«cores», or a number from 1 to 9999"),
  v.transform((text) => (text === "cores" ? ("cores" as const) : Number(text))),
);

const baseline = v.pipe(
  v.string(),
  v.regex(
    /^(docker|host|worker|worker:[a-z0-9]([-.a-z0-9]*[a-z0-9])?|([0-9]*[1-9][0-9]*(\.[0-9]+)?|0*\.[0-9]*[1-9][0-9]*))$/,
    "«docker», «host», «worker», «worker:NAME», or a number of seconds above 0",
  ),
  v.transform((text): BaselineMode => {
    if (text === "docker" || text === "host") return { kind: text };
    if (text.startsWith("worker")) return { kind: "worker", node: text.split(":")[1] };
    return { kind: "given", seconds: Number(text) };
  }),
);

const keys = v.object({
  cluster: v.picklist(["embedded", "kubeconfig", "ssh"], "«embedded», «kubeconfig» or «ssh»"),
  agents: whole(1, 100),
  namespace: dnsLabel(63),
  // A baseline's Job has nine characters more.
  job: dnsLabel(54),
  image: v.pipe(
    v.string(),
    v.regex(/^[a-zA-Z0-9][^\s\p{Cc}]*$/u, "the name of a container image, such as python:3.9-slim"),
  ),
  samples: whole(1, 1_000_000_000_000),
  rounds: whole(1, 10_000),
  processes,
  seed: v.pipe(printable, v.maxLength(256, "at most 256 characters")),
  baseline,
  run: printable,
  timeout: whole(1, 604_800),
});

/**
 * Reads and checks the stack's configuration.
 * @throws one sentence that names the key, what was found, and what is allowed.
 */
export function readSettings(config: { name: string; get(key: string): string | undefined }): Settings {
  const raw = Object.fromEntries(Object.keys(keys.entries).map((key) => [key, config.get(key)]));
  const parsed = v.safeParse(keys, raw, { abortEarly: true });
  if (!parsed.success) {
    const [{ path, input, message }] = parsed.issues;
    const key = String(path?.[0]?.key);
    const found = input === undefined ? "nothing is set" : `«${input}» is not allowed`;
    throw new RunError(
      `Config key ${config.name}:${key}: ${found}; set ${message} with \`pulumi config set ${config.name}:${key} VALUE\`.`,
    );
  }
  const { cluster, agents, namespace, job, baseline, run, ...workload } = parsed.output;
  if (cluster !== "embedded") {
    throw new RunError(
      `Config key ${config.name}:cluster: «${cluster}» is not built yet; set «embedded» with \`pulumi config set ${config.name}:cluster embedded\`.`,
    );
  }
  return { cluster: { kind: cluster, agents }, namespace, job, workload, baseline, run };
}
