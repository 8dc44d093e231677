// Merges kubeconfigs as kubectl does, and extracts one context. kubeconfig-files.ts decides which files are read.
// Kubeconfigs contain secrets, so messages quote nothing from them but names and addresses.
import { dirname, isAbsolute, resolve } from "node:path";
import { dump, loadAll, YAMLException } from "js-yaml";
import * as v from "valibot";
import { Failure } from "../../failure.js";
import { clusterFault, isWithoutTls, userFault } from "./kubeconfig-rules.ts";

/** Text that goes into a request header or onto a command line. */
const text = v.pipe(v.string(), v.regex(/^\P{Cc}*$/u, "text without control characters"));
const optional = v.nullish(text);
const clusterSchema = v.looseObject({
  server: v.pipe(
    v.string(),
    // As kubectl interprets it, an address without a scheme has no TLS.
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

/** A list of named entries, in the form that client-go expects. */
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

/** A part of a kubeconfig, and its file. Relative paths in it start from that file's folder. */
interface Sourced<T> {
  value: T;
  file: string;
}

/** The content of one or several kubeconfigs, by name. */
export interface Kubeconfig {
  /** For messages: the file or files. */
  source: string;
  currentContext: string | undefined;
  clusters: Map<string, Sourced<ClusterEntry>>;
  users: Map<string, Sourced<UserEntry>>;
  contexts: Map<string, Sourced<v.InferOutput<typeof contextSchema>>>;
}

/** One context, and the files of its parts. */
export interface ChosenContext {
  name: string;
  /** Default namespace, and any other fields of the context. */
  context: v.InferOutput<typeof contextSchema>;
  cluster: Sourced<ClusterEntry>;
  user: Sourced<UserEntry>;
}

/**
 * Which YAML a kubeconfig may contain. `"bounded"` allows aliases as long as the result stays small, as kubectl does.
 * `"none"` is for text from another machine.
 */
export type Aliases = "bounded" | "none";

/**
 * Parses one kubeconfig.
 * @param file its source, for messages.
 * @throws Failure for anything that is not a kubeconfig. It names the line or the place, but never the content.
 */
export function parseKubeconfig(text: string, file: string, aliases: Aliases = "bounded"): Kubeconfig {
  const parsed = v.safeParse(fileSchema, parseYaml(text, file, aliases));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const place = v.getDotPath(issue) ?? "the whole of it";
    const expected = ["regex", "check"].includes(issue.type) ? issue.message : (issue.expected ?? "something else");
    throw new Failure(
      `«${file}» is no kubeconfig (${place}: expected ${expected}): mend it, or name another file as pi-speedup:kubeconfig.`,
    );
  }
  const { "current-context": currentContext, clusters, users, contexts } = parsed.output;
  const entries = <T>(list: [name: string, value: T | null | undefined][]) =>
    new Map(list.flatMap(([name, value]) => (value ? [[name, { value, file }] as const] : [])));
  return {
    source: `«${file}»`,
    currentContext: currentContext || undefined,
    clusters: entries((clusters ?? []).map(({ name, cluster }) => [name, cluster])),
    users: entries((users ?? []).map(({ name, user }) => [name, user ?? {}])),
    contexts: entries((contexts ?? []).map(({ name, context }) => [name, context])),
  };
}

/** Maximum number of values in a kubeconfig after expanding its aliases. A hundred clusters have a few thousand. */
const mostValues = 100_000;
/** Maximum number of characters in all its strings after expansion. A file of that size is accepted. */
const mostCharacters = 8 * 2 ** 20;

function parseYaml(text: string, file: string, aliases: Aliases): unknown {
  // kubectl accepts an empty file as an empty kubeconfig.
  if (text.trim() === "") return {};
  // If there are several documents, it reads the first. If a key occurs twice, it uses the last.
  const limits = { maxAliases: aliases === "none" ? 0 : 1_000, maxTotalMergeKeys: 1_000, maxDepth: 50, json: true };
  try {
    const value = loadAll(text, limits)[0] ?? {};
    if (staysSmall(value)) return value;
    throw new Failure(
      `«${file}» is no kubeconfig: its YAML aliases make more than ${mostValues} values of it. Write out what it means, or name another file as pi-speedup:kubeconfig.`,
    );
  } catch (error) {
    if (error instanceof Failure) throw error;
    const mark = error instanceof YAMLException ? error.mark : undefined;
    const line = mark === undefined ? "" : ` from line ${mark.line + 1} on`;
    throw new Failure(
      `«${file}» is no kubeconfig: it can't be read as YAML${line}; mend it, or name another file as pi-speedup:kubeconfig.`,
    );
  }
}

/** Whether a value stays small when all its aliases are expanded, as the next program will do. */
function staysSmall(value: unknown): boolean {
  const open = [value];
  let [values, characters] = [0, 0];
  for (let each = open.pop(); each !== undefined || open.length > 0; each = open.pop()) {
    // A value that contains itself never ends, so it also reaches the maximum.
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

/**
 * Merges several files. Of two entries with the same name, the first file's is used, and so is the first current
 * context.
 */
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
 * Finds a context and the entries that it refers to.
 * @param wanted name of the context; empty: the current one.
 * @throws Failure if there is no such context, or if its cluster or user does not exist.
 */
export function chooseContext(kubeconfig: Kubeconfig, wanted: string): ChosenContext {
  const { source, currentContext, contexts, clusters, users } = kubeconfig;
  const name = wanted || currentContext;
  const there = [...contexts.keys()].sort().join(", ");
  const choice = there === "" ? "it has none" : `set one of ${there}`;
  const how = "with `pulumi config set pi-speedup:context NAME`";
  if (name === undefined) {
    throw new Failure(
      `Config key pi-speedup:context: it is empty, and the kubeconfig ${source} has no current context; ${choice} ${how}.`,
    );
  }
  const context = contexts.get(name)?.value;
  if (context === undefined) {
    const whose = wanted === "" ? "current context" : "context";
    throw new Failure(
      `Config key pi-speedup:context: the kubeconfig ${source} has no context of the name «${name}»${wanted === "" ? `, which it calls its ${whose}` : ""}; ${choice} ${how}.`,
    );
  }
  const missing = (kind: string, which: string, has: Map<string, unknown>) =>
    new Failure(
      `The context «${name}» of the kubeconfig ${source} refers to the ${kind} «${which}», which is not there (there are: ${[...has.keys()].sort().join(", ") || "none"}): mend the kubeconfig, or set another context ${how}.`,
    );
  const cluster = clusters.get(context.cluster);
  if (cluster === undefined) throw missing("cluster", context.cluster, clusters);
  const nobody = { value: {}, file: cluster.file };
  // Without TLS no credentials are sent, so the user does not matter.
  const user =
    context.user === "" || isWithoutTls(cluster.value) ? (users.get(context.user) ?? nobody) : users.get(context.user);
  if (user === undefined) throw missing("user", context.user, users);
  const [ofCluster, ofUser] = [clusterFault(cluster.value), userFault(user.value, isWithoutTls(cluster.value))];
  const fault = ofCluster === undefined ? ofUser && `its user ${ofUser}` : `its cluster ${ofCluster}`;
  if (fault !== undefined) {
    throw new Failure(
      `The context "${name}" of the kubeconfig ${source} can't be used, and kubectl refuses it too: ${fault}. Correct the kubeconfig, or set another context ${how}.`,
    );
  }
  return { name, context, cluster, user };
}

/**
 * A kubeconfig with a single context that needs no other file, except a credential program. The same cluster and
 * credentials always give the same text.
 */
export function serializeContext(
  name: string,
  context: ChosenContext["context"],
  cluster: ClusterEntry,
  user: UserEntry,
): string {
  // Clients other than kubectl reject a user without a name.
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

/** Without TLS, anyone on the network could read the credentials. So none are sent, as with kubectl. */
function actingAlone(user: UserEntry): UserEntry {
  return Object.fromEntries(Object.entries(user).filter(([key]) => /^as(-|$)/.test(key)));
}

/**
 * Without TLS, settings for verifying a server have no meaning. Clients other than kubectl then require an explicit
 * statement that nothing is verified.
 */
function withoutTls(cluster: ClusterEntry): ClusterEntry {
  if (!isWithoutTls(cluster)) return cluster;
  const { "certificate-authority-data": _, "tls-server-name": __, ...rest } = cluster;
  return { ...rest, "insecure-skip-tls-verify": true };
}

/** kubectl describes the request to a credential program in the environment; not every client does. */
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

/** A path in a kubeconfig, as kubectl resolves it. */
export function resolveFrom(file: string, path: string): string {
  return isAbsolute(path) ? path : resolve(dirname(file), path);
}
