// The stack's configuration as one typed value. Pulumi.yaml holds the keys, their types and defaults; the
// rules that it cannot state are here. Whatever is wrong ends the preview, in one message.
import { isIP } from "node:net";
import * as v from "valibot";
import { parseRequirement, type Requirement } from "../analysis/requirements.ts";
import { type Study, studySchema } from "../analysis/scaling/plan.ts";
import { type ScalingKind, scalingKindSchema } from "../analysis/scaling/study-records.ts";
import type { Workload } from "../analysis/workload.ts";
import { runError } from "./run-error.ts";

export type { Workload };

/** The single machine: a container or a process on this computer, one worker of the cluster, or given seconds. */
export type BaselineMode =
  | { kind: "docker" }
  | { kind: "host" }
  | { kind: "worker"; node: string | undefined }
  | { kind: "given"; seconds: number };

/** Where to run: on a cluster that the stack creates, or on one that is reached by a kubeconfig or through ssh. */
export type ClusterSettings =
  | {
      kind: "embedded";
      /** Number of worker nodes. */
      agents: number;
    }
  | {
      kind: "kubeconfig";
      /** Path of the file; empty: where kubectl looks. */
      path: string;
      /** Empty: the current one. */
      context: string;
      /** Names of the nodes to use; empty: all suitable ones. */
      workers: string[];
    }
  | {
      kind: "ssh";
      /** The K3s server, as given to ssh. */
      master: string;
      /** The address of its API server; empty: the host name that ssh uses. */
      masterAddress: string;
      /** As above. */
      workers: string[];
    };

/** The settings of a scaling study. */
export interface StudySettings {
  /** The worker counts. */
  counts: Study;
  kind: ScalingKind;
  /** How often each point is measured. */
  repeats: number;
}

export interface Settings {
  cluster: ClusterSettings;
  namespace: string;
  /** Whether the stack creates and removes it. Otherwise, its administrator has created it. */
  createNamespace: boolean;
  job: string;
  workload: Workload;
  baseline: BaselineMode;
  /** Changing it measures again. */
  run: string;
  /** Conditions for the run. If it misses one, the deployment fails but keeps the results. */
  require: Requirement[];
  /** Null: no study. */
  study: StudySettings | null;
}

const dnsLabel = (most: number) =>
  v.pipe(
    v.string(),
    v.maxLength(most, `a name of at most ${most} characters`),
    v.regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "a name of lower-case letters, digits and hyphens, as Kubernetes uses"),
  );

/** An integer between two bounds, in decimal digits as Pulumi passes it. */
const whole = (least: number, most: number) => {
  const allowed = `a whole number from ${least} to ${most}`;
  return v.pipe(
    v.string(allowed),
    v.maxLength(20, allowed),
    v.regex(/^[0-9]+$/, allowed),
    v.transform(Number),
    v.minValue(least, allowed),
    v.maxValue(most, allowed),
  );
};

const text = (most: number) =>
  v.pipe(
    v.string(),
    v.maxLength(most, `at most ${most} characters`),
    v.regex(/^\P{Cc}*$/u, "text without control characters"),
  );
/** The maximum length of a path. */
const printable = text(4_096);

const path = v.pipe(v.string("a path"), printable);

/**
 * A destination for ssh. Nothing that could be an option, or that a command in its configuration could interpret as
 * more than a name.
 */
const destination = v.pipe(
  v.string("a destination as for ssh"),
  v.maxLength(1_024, "a destination of at most 1024 characters"),
  v.regex(
    /^([A-Za-z0-9_][A-Za-z0-9_.:@/%+[\]-]*)?$/,
    "a destination as for ssh, such as red, pi@192.168.1.10 or ssh://pi@red:2222",
  ),
);

const address = v.pipe(
  v.string("a host name or IP address"),
  v.maxLength(253, "a host name or IP address of at most 253 characters"),
  v.check(
    (text) => text === "" || isIP(text) > 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text),
    "a host name or IP address",
  ),
);

/** A list of node names, which Pulumi passes as JSON. */
const nodeNames = v.pipe(
  v.string("a list of node names"),
  v.maxLength(1_000_000, "a list of at most a few thousand node names"),
  v.parseJson(undefined, "a list of node names"),
  v.array(
    v.pipe(
      v.string("a list of node names"),
      v.maxLength(253, "names of nodes, each of at most 253 characters"),
      v.regex(
        /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
        "names of nodes, which consist of lower-case letters, digits, hyphens and dots",
      ),
    ),
    "a list of node names",
  ),
  v.check((names) => new Set(names).size === names.length, "a list of node names without duplicates"),
);

const processes = v.pipe(
  v.string(),
  v.regex(/^(cores|[1-9][0-9]{0,3})$/, '"cores" or a number from 1 to 9999'),
  v.transform((text) => (text === "cores" ? ("cores" as const) : Number(text))),
);

const baseline = v.pipe(
  v.string(),
  v.maxLength(260, "at most 260 characters"),
  v.regex(
    /^(docker|host|worker|worker:[a-z0-9]([-.a-z0-9]*[a-z0-9])?|([0-9]*[1-9][0-9]*(\.[0-9]+)?|0*\.[0-9]*[1-9][0-9]*))$/,
    '"docker", "host", "worker", "worker:NAME" or a number of seconds above 0',
  ),
  v.transform((text): BaselineMode => {
    if (text === "docker" || text === "host") return { kind: text };
    if (text.startsWith("worker")) return { kind: "worker", node: text.split(":")[1] };
    return { kind: "given", seconds: Number(text) };
  }),
);

/** Conditions, which Pulumi passes as JSON. */
const conditions = v.pipe(
  v.string("a list of conditions"),
  v.parseJson(undefined, "a list of conditions"),
  v.array(
    v.pipe(
      v.string('a condition such as "throughputSpeedup >= 2"'),
      v.maxLength(200, "conditions of at most 200 characters"),
      v.rawTransform(({ dataset, addIssue, NEVER }) => {
        const requirement = parseRequirement(dataset.value);
        if ("text" in requirement) return requirement;
        addIssue({ message: requirement.expected });
        return NEVER;
      }),
    ),
    "a list of conditions",
  ),
  v.maxLength(100, "at most 100 conditions"),
);

const keys = v.object({
  cluster: v.picklist(["embedded", "kubeconfig", "ssh"], '"embedded", "kubeconfig" or "ssh"'),
  agents: whole(1, 100),
  kubeconfig: path,
  context: printable,
  master: destination,
  masterAddress: address,
  workers: nodeNames,
  namespace: dnsLabel(63),
  createNamespace: v.pipe(
    v.picklist(["true", "false"], '"true" or "false"'),
    v.transform((text) => text === "true"),
  ),
  // A pod's host name has at most 63 characters. The Job for a half of the baseline adds 16, `-baseline-before`, and
  // its pod adds `-0`.
  job: dnsLabel(45),
  image: v.pipe(
    v.string(),
    v.maxLength(512, "a name of at most 512 characters"),
    v.regex(/^[a-zA-Z0-9][^\s\p{Cc}]*$/u, "the name of a container image, such as python:3.9-slim"),
  ),
  samples: whole(1, 1_000_000_000_000),
  rounds: whole(1, 10_000),
  processes,
  seed: text(256),
  baseline,
  run: printable,
  timeout: whole(1, 604_800),
  require: conditions,
  study: studySchema,
  scaling: v.pipe(v.string(), v.picklist(scalingKindSchema.options, '"weak" or "strong"')),
  // The name of a point's Job has two digits for it.
  studyRepeats: whole(2, 99),
});

/**
 * Reads and validates the stack's configuration.
 * @throws one sentence that names the key, the value, and what is allowed.
 */
export function readSettings(config: { name: string; get(key: string): string | undefined }): Settings {
  const raw = Object.fromEntries(Object.keys(keys.entries).map((key) => [key, config.get(key)]));
  const parsed = v.safeParse(keys, raw, { abortEarly: true });
  if (!parsed.success) {
    const [{ path, input: part, message }] = parsed.issues;
    const key = String(path?.[0]?.key);
    // The value as it was given, not as a schema has converted it. For a list, the invalid item.
    const input = path?.[1] === undefined ? raw[key] : part;
    const text = typeof input === "string" ? input : JSON.stringify(input);
    const item = path?.[1]?.key ?? 0;
    const how =
      key === "workers" || key === "require"
        ? `--path '${config.name}:${key}[${item}]' ${key === "workers" ? "NAME" : "CONDITION"}`
        : `${config.name}:${key} VALUE`;
    const set = `Use ${message}, and set it with \`pulumi config set ${how}\`.`;
    throw input === undefined
      ? runError("config-missing", `${config.name}:${key} is not set. ${set}`)
      : runError("config-value", `Invalid value "${text}" for ${config.name}:${key}. ${set}`);
  }
  const { cluster, agents, kubeconfig, context, master, masterAddress, workers, ...rest } = parsed.output;
  const {
    namespace,
    createNamespace,
    job,
    baseline,
    run,
    require,
    study: counts,
    scaling: kind,
    studyRepeats: repeats,
    ...workload
  } = rest;
  if (cluster === "ssh" && master === "") {
    throw runError(
      "ssh-without-master",
      `${config.name}:cluster is "ssh", but ${config.name}:master is not set. Set your K3s server, as you would pass it to ssh, with \`pulumi config set ${config.name}:master VALUE\`.`,
    );
  }
  if (cluster === "embedded" && !createNamespace) {
    throw runError(
      "create-namespace-embedded",
      `${config.name}:createNamespace cannot be "false" if ${config.name}:cluster is "embedded", because nobody else creates a namespace on the stack's own cluster. Set it to "true" with \`pulumi config set ${config.name}:createNamespace true\`, or use another cluster with \`pulumi config set ${config.name}:cluster kubeconfig\`.`,
    );
  }
  const study = counts && { counts, kind, repeats };
  const clusters = {
    embedded: { kind: "embedded", agents },
    kubeconfig: { kind: "kubeconfig", path: kubeconfig, context, workers },
    ssh: { kind: "ssh", master, masterAddress, workers },
  } as const;
  return { cluster: clusters[cluster], namespace, createNamespace, job, workload, baseline, run, require, study };
}
