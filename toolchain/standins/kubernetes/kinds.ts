// The kinds of resources that this stand-in knows, and what of them can't change in place.

export interface Kind {
  apiVersion: string;
  kind: string;
  /** Path of the kind's API group and version. */
  api: string;
  plural: string;
  namespaced: boolean;
  /** Sets fields of a thing that someone else made. */
  patch: boolean;
  /** Beginnings of property paths whose change makes a new thing. */
  fixed: string[][];
}

const identity = [
  ["metadata", "name"],
  ["metadata", "namespace"],
];
const core = { apiVersion: "v1", api: "/api/v1", namespaced: false, fixed: identity };

const kinds: Record<string, Kind> = {
  "kubernetes:core/v1:Namespace": { ...core, kind: "Namespace", plural: "namespaces", patch: false },
  "kubernetes:core/v1:NodePatch": { ...core, kind: "Node", plural: "nodes", patch: true },
  "kubernetes:batch/v1:Job": {
    apiVersion: "batch/v1",
    kind: "Job",
    api: "/apis/batch/v1",
    plural: "jobs",
    namespaced: true,
    patch: false,
    fixed: [...identity, ...["completions", "parallelism", "selector", "template"].map((field) => ["spec", field])],
  },
};

/** The kind of a type token, as `kubernetes:batch/v1:Job`. Throws for those that this stand-in doesn't know. */
export function kindOf(type: string): Kind {
  const kind = kinds[type];
  if (kind) return kind;
  throw new Error(
    `${type} is not known to the stand-in for the Kubernetes plugin, only ${Object.keys(kinds).join(", ")} are: use the official plugin.`,
  );
}

/** Whether a change at this path needs a new thing. */
export function isFixed({ fixed }: Kind, path: readonly (string | number)[]): boolean {
  return fixed.some((fields) => fields.every((field, i) => field === path[i]));
}
