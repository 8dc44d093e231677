// Kubeconfigs: several merged into one as kubectl does it, and one context of them cut out. What is read from
// where is in kubeconfig-files.ts. They hold secrets, so no message quotes what they say beyond names and addresses.
import { dirname, isAbsolute, resolve } from "node:path";
import { dump, loadAll, YAMLException } from "js-yaml";
import * as v from "valibot";
import { Failure } from "../../../analysis/failure.js";
import { clusterFault, isWithoutTls, userFault } from "./kubeconfig-rules.ts";

/** What goes into a header of a request, or on a command line. */
const text = v.pipe(v.string(), v.regex(/^\P{Cc}*$/u, "text without control characters"));
const optional = v.nullish(text);
const clusterSchema = v.looseObject({
  server: v.pipe(
    v.string(),
    // As kubectl takes it, an address without a scheme is one without TLS.
    v.transform((server) => (/^[a-z][a-z0-9+.-]*:\/\//i.test(server) ? server : `http://${server}`)),
    v.regex(/^https?:\/\/[^\s/]+/, "an address such as https://HOST:6443"),
    v.check((server) => URL.canParse(server), "an address such as https://HOST:6443"),
  ),
  "certificate-authority": optional,
  "certificate-authority-data": optional,
  "insecure-skip-tls-verify": v.nullish(v.boolean()),
  "proxy-url": optional,
});
const userSchema = v.looseObject({
  "client-certificate": optional,
  "client-certificate-data": optional,
  "client-key": optional,
  "client-key-data": optional,
  token: optional,
  tokenFile: optional,
  username: optional,
  password: optional,
  as: optional,
  "as-uid": optional,
  "as-groups": v.nullish(v.array(text)),
  "as-user-extra": v.nullish(v.record(text, v.array(text))),
  "auth-provider": v.nullish(v.looseObject({ name: v.string() })),
  exec: v.nullish(
    v.looseObject({
      apiVersion: optional,
      command: text,
      interactiveMode: v.nullish(v.picklist(["Never", "IfAvailable", "Always"])),
      env: v.nullish(v.array(v.object({ name: v.string(), value: v.string() }))),
      provideClusterInfo: v.nullish(v.boolean()),
    }),
  ),
});
const contextSchema = v.looseObject({ cluster: v.string(), user: v.optional(v.string(), "") });

/** A list whose things have names of their own, as client-go wants it. */
const named = <T extends v.GenericSchema<unknown, { name: string }>>(thing: T) =>
  v.nullish(
    v.pipe(
      v.array(thing),
      v.check(
        (things) => new Set(things.map(({ name }) => name)).size === things.length,
        "names of which none comes twice",
      ),
    ),
  );

const fileSchema = v.looseObject({
  apiVersion: v.nullish(v.literal("v1")),
  kind: v.nullish(v.literal("Config")),
  "current-context": v.nullish(v.string()),
  clusters: named(v.object({ name: v.string(), cluster: v.nullish(clusterSchema) })),
  users: named(v.object({ name: v.string(), user: v.nullish(userSchema) })),
  contexts: named(v.object({ name: v.string(), context: v.nullish(contextSchema) })),
});

/** How to reach a cluster. */
export type ClusterEntry = v.InferOutput<typeof clusterSchema>;
/** How to log in there. */
export type UserEntry = v.InferOutput<typeof userSchema>;

/** A part of a kubeconfig, and the file that it is from: relative paths in it start from that file's folder. */
interface Sourced<T> {
  value: T;
  file: string;
}

/** What is in one kubeconfig or several, by name. */
export interface Kubeconfig {
  /** For messages: the file, or the files. */
  source: string;
  currentContext: string | undefined;
  clusters: Map<string, Sourced<ClusterEntry>>;
  users: Map<string, Sourced<UserEntry>>;
  contexts: Map<string, Sourced<v.InferOutput<typeof contextSchema>>>;
}

/** One context, and where its parts are from. */
export interface ChosenContext {
  name: string;
  /** Namespace of what names none, and whatever else the context says. */
  context: v.InferOutput<typeof contextSchema>;
  cluster: Sourced<ClusterEntry>;
  user: Sourced<UserEntry>;
}

/**
 * What the YAML of a kubeconfig may do: `"bounded"` lets it name parts of itself again as long as that stays small, as
 * kubectl does; `"none"` is for what another machine sends.
 */
export type Aliases = "bounded" | "none";

/**
 * Reads the text of one kubeconfig.
 * @param file where it is from, to be named in messages.
 * @throws Failure for what is no kubeconfig; says the line or the place, never what is written there.
 */
export function parseKubeconfig(text: string, file: string, aliases: Aliases = "bounded"): Kubeconfig {
  const parsed = v.safeParse(fileSchema, parseYaml(text, file, aliases));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const place = v.getDotPath(issue) ?? "the whole of it";
    const expected = ["regex", "check"].includes(issue.type) ? issue.message : (issue.expected ?? "something else");
    throw new Failure(
      "kubeconfig-malformed",
      `"${file}" is not a kubeconfig (${place}: expected ${expected}). Correct it, or set pi-speedup:kubeconfig to another file.`,
    );
  }
  const { "current-context": currentContext, clusters, users, contexts } = parsed.output;
  const entries = <T>(list: [name: string, value: T | null | undefined][]) =>
    new Map(list.flatMap(([name, value]) => (value ? [[name, { value, file }] as const] : [])));
  return {
    source: `"${file}"`,
    currentContext: currentContext || undefined,
    clusters: entries((clusters ?? []).map(({ name, cluster }) => [name, cluster])),
    users: entries((users ?? []).map(({ name, user }) => [name, user ?? {}])),
    contexts: entries((contexts ?? []).map(({ name, context }) => [name, context])),
  };
}

/** Values of a kubeconfig once its aliases are written out: a hundred clusters have a few thousand. */
const mostValues = 100_000;
/** Characters of all its texts then. A file of that size is read. */
const mostCharacters = 8 * 2 ** 20;

function parseYaml(text: string, file: string, aliases: Aliases): unknown {
  // kubectl takes an empty file for a kubeconfig in which nothing is.
  if (text.trim() === "") return {};
  // Of several documents it takes the first, and of a key that comes twice the last.
  const limits = { maxAliases: aliases === "none" ? 0 : 1_000, maxTotalMergeKeys: 1_000, maxDepth: 50, json: true };
  try {
    const value = loadAll(text, limits)[0] ?? {};
    if (staysSmall(value)) return value;
    throw new Failure(
      "kubeconfig-expanding",
      `"${file}" is not a kubeconfig: its YAML aliases expand to more than ${mostValues} values. Write out what they stand for, or set pi-speedup:kubeconfig to another file.`,
    );
  } catch (error) {
    if (error instanceof Failure) throw error;
    const mark = error instanceof YAMLException ? error.mark : undefined;
    const line = mark === undefined ? "" : ` (line ${mark.line + 1})`;
    throw new Failure(
      "kubeconfig-no-yaml",
      `"${file}" is not a kubeconfig, because it is not valid YAML${line}. Correct it, or set pi-speedup:kubeconfig to another file.`,
    );
  }
}

/** Whether a value stays small where everything that it names again is written out, as it is for the next program. */
function staysSmall(value: unknown): boolean {
  const open = [value];
  let [values, characters] = [0, 0];
  for (let each = open.pop(); each !== undefined || open.length > 0; each = open.pop()) {
    // What contains itself never ends, so it reaches the most as well.
    if (++values > mostValues || characters > mostCharacters) return false;
    if (typeof each === "string") characters += each.length;
    else if (typeof each === "object" && each !== null) {
      if (values + open.length > mostValues) return false;
      for (const [key, part] of Object.entries(each)) {
        characters += key.length;
        open.push(part);
      }
    }
  }
  return true;
}

/** Several files as one: of two entries of one name the first file's counts, and so does the first current context. */
export function mergeKubeconfigs(files: readonly Kubeconfig[]): Kubeconfig {
  const union = <T>(maps: Map<string, T>[]) => new Map(maps.toReversed().flatMap((map) => [...map]));
  return {
    source: files.map(({ source }) => source).join(", "),
    currentContext: files.find(({ currentContext }) => currentContext !== undefined)?.currentContext,
    clusters: union(files.map(({ clusters }) => clusters)),
    users: union(files.map(({ users }) => users)),
    contexts: union(files.map(({ contexts }) => contexts)),
  };
}

/**
 * Finds a context and what it refers to.
 * @param wanted name of the context; empty: the current one.
 * @throws Failure when there is no such context, or it refers to a cluster or user that isn't there.
 */
export function chooseContext(kubeconfig: Kubeconfig, wanted: string): ChosenContext {
  const { source, currentContext, contexts, clusters, users } = kubeconfig;
  const name = wanted || currentContext;
  const there = [...contexts.keys()].sort().join(", ");
  const how = "with `pulumi config set pi-speedup:context NAME`";
  const choice = there === "" ? "Set pi-speedup:kubeconfig to another file." : `Set one of ${there} ${how}.`;
  if (name === undefined) {
    throw new Failure(
      "context-none",
      `pi-speedup:context is empty, and the kubeconfig ${source} has no current context. ${choice}`,
    );
  }
  const context = contexts.get(name)?.value;
  if (context === undefined) {
    throw new Failure(
      "context-unknown",
      `The kubeconfig ${source} has no context "${name}"${wanted === "" ? ", although it calls it its current one" : ""}. ${choice}`,
    );
  }
  const missing = (kind: string, which: string, has: Map<string, unknown>) =>
    new Failure(
      "context-dangling",
      `Context "${name}" of the kubeconfig ${source} refers to the ${kind} "${which}", which does not exist (it has: ${[...has.keys()].sort().join(", ") || "none"}). Correct the kubeconfig, or set another context ${how}.`,
    );
  const cluster = clusters.get(context.cluster);
  if (cluster === undefined) throw missing("cluster", context.cluster, clusters);
  const nobody = { value: {}, file: cluster.file };
  // Without TLS no credentials are sent, so it does not matter whose they are.
  const user =
    context.user === "" || isWithoutTls(cluster.value) ? (users.get(context.user) ?? nobody) : users.get(context.user);
  if (user === undefined) throw missing("user", context.user, users);
  const [ofCluster, ofUser] = [clusterFault(cluster.value), userFault(user.value, isWithoutTls(cluster.value))];
  const fault = ofCluster === undefined ? ofUser && `its user ${ofUser}` : `its cluster ${ofCluster}`;
  if (fault !== undefined) {
    throw new Failure(
      "kubeconfig-unusable",
      `Context "${name}" of the kubeconfig ${source} cannot be used, and kubectl refuses it too: ${fault}. Correct the kubeconfig, or set another context ${how}.`,
    );
  }
  return { name, context, cluster, user };
}

/**
 * A kubeconfig with one context and nothing else, that needs no other file but a program for credentials. The same
 * cluster and credentials always give the same text.
 */
export function serializeContext(
  name: string,
  context: ChosenContext["context"],
  cluster: ClusterEntry,
  user: UserEntry,
): string {
  // Clients other than kubectl refuse a user without a name.
  const userName = context.user || "nobody";
  return dump(
    {
      apiVersion: "v1",
      kind: "Config",
      "current-context": name,
      clusters: [{ name: context.cluster, cluster: withoutTls(cluster) }],
      users: [{ name: userName, user: isWithoutTls(cluster) ? actingAlone(user) : withExecInfo(user, cluster) }],
      contexts: [{ name, context: { ...context, user: userName } }],
    },
    { lineWidth: -1, noRefs: true },
  );
}

/** Without TLS anybody on the way could read the credentials, so none are sent, as by kubectl. */
function actingAlone(user: UserEntry): UserEntry {
  return Object.fromEntries(Object.entries(user).filter(([key]) => /^as(-|$)/.test(key)));
}

/** What says how to verify a server means nothing without TLS, where clients other than kubectl want it said that nothing is verified. */
function withoutTls(cluster: ClusterEntry): ClusterEntry {
  if (!isWithoutTls(cluster)) return cluster;
  const { "certificate-authority-data": _, "tls-server-name": __, ...rest } = cluster;
  return { ...rest, "insecure-skip-tls-verify": true };
}

/** kubectl tells a program for credentials by its environment what is asked of it; not every client does. */
function withExecInfo(user: UserEntry, cluster: ClusterEntry): UserEntry {
  const { exec } = user;
  if (!exec) return user;
  const info = {
    kind: "ExecCredential",
    apiVersion: exec.apiVersion ?? "client.authentication.k8s.io/v1",
    spec: { interactive: false, ...(exec.provideClusterInfo && { cluster: cluster }) },
  };
  const execInfo = { name: "KUBERNETES_EXEC_INFO", value: JSON.stringify(info) };
  return { ...user, exec: { ...exec, env: [...(exec.env ?? []), execInfo] } };
}

/** A path in a kubeconfig, as kubectl takes it. */
export function resolveFrom(file: string, path: string): string {
  return isAbsolute(path) ? path : resolve(dirname(file), path);
}
