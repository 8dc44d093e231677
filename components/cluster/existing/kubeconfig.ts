// Merges kubeconfigs as kubectl does, and extracts one context. kubeconfig-files.ts decides which files are read.
// Kubeconfigs contain secrets, so messages quote nothing from them but names and addresses.
import { dirname, isAbsolute, resolve } from "node:path";
import { dump, YAMLException } from "js-yaml";
import * as v from "valibot";
import { Failure } from "../../../analysis/failure.js";
import { isBase64, loadGoYaml } from "../../kubernetes/go-yaml.ts";
import { clusterFault, isWithoutTls, userFault } from "./kubeconfig-rules.ts";

// As for kubectl, all types in a file must be right, but values only matter if they are used.
const string = v.nullish(v.string());
const boolean = v.nullish(v.boolean());
const strings = v.nullish(v.array(v.nullish(v.string(), "")));
/** With or without line breaks. */
const base64 = v.nullish(
  v.pipe(
    v.string(),
    v.check(isBase64, "base64"),
    v.transform((data) => data.replaceAll(/[\r\n]/g, "")),
  ),
);
const clusterSchema = v.looseObject({
  server: string,
  "tls-server-name": string,
  "certificate-authority": string,
  "certificate-authority-data": base64,
  "insecure-skip-tls-verify": boolean,
  "proxy-url": string,
  "disable-compression": boolean,
});
const userSchema = v.looseObject({
  "client-certificate": string,
  "client-certificate-data": base64,
  "client-key": string,
  "client-key-data": base64,
  token: string,
  tokenFile: string,
  username: string,
  password: string,
  as: string,
  "as-uid": string,
  "as-groups": strings,
  "as-user-extra": v.nullish(v.record(v.string(), strings)),
  "auth-provider": v.nullish(
    v.looseObject({ name: v.nullish(v.string(), ""), config: v.nullish(v.record(v.string(), string)) }),
  ),
  exec: v.nullish(
    v.looseObject({
      apiVersion: string,
      command: v.nullish(v.string(), ""),
      args: strings,
      interactiveMode: string,
      env: v.nullish(v.array(v.object({ name: v.nullish(v.string(), ""), value: v.nullish(v.string(), "") }))),
      installHint: string,
      provideClusterInfo: boolean,
    }),
  ),
});
const contextSchema = v.looseObject({
  cluster: v.optional(v.nullish(v.string(), ""), ""),
  user: v.optional(v.nullish(v.string(), ""), ""),
  namespace: string,
});

/** Text for a header of a request, or for a command line. */
const printable = v.pipe(v.string(), v.regex(/^\P{Cc}*$/u, "text without control characters"));
const text = v.nullish(printable);
/** The cluster that is used. */
const usedCluster = v.looseObject({
  ...clusterSchema.entries,
  server: v.pipe(
    v.nullish(v.string(), ""),
    // As for kubectl, an address without a scheme means no TLS.
    v.transform((server) =>
      /^[a-z][a-z0-9+.-]*:\/\//i.test(server)
        ? server.replace(/^[^:]*/, (scheme) => scheme.toLowerCase())
        : `http://${server}`,
    ),
    v.regex(/^https?:\/\/[^\s/]+/, "an address such as https://HOST:6443"),
    v.check(isAddress, "an address such as https://HOST:6443"),
  ),
  "tls-server-name": text,
  "certificate-authority": text,
  "proxy-url": text,
});
/** The user that is used. */
const usedUser = v.looseObject({
  ...userSchema.entries,
  "client-certificate": text,
  "client-key": text,
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  as: text,
  "as-uid": text,
  "as-groups": v.nullish(v.array(v.nullish(printable, ""))),
  "as-user-extra": v.nullish(v.record(printable, v.nullish(v.array(v.nullish(printable, ""))))),
});

/**
 * Whether all programs read the same address from it. Browsers' URLs ignore white space, and read `127.1` and
 * `2130706433` as addresses. A name and a password in an address would appear in messages.
 */
function isAddress(server: string): boolean {
  if (/[\s\\]/.test(server) || !URL.canParse(server)) return false;
  const { hostname, username, password } = new URL(server);
  const written = /^https?:\/\/(\[[^\]]*\]|[^/:?#]*)/.exec(server)?.[1] ?? "";
  return username === "" && password === "" && (hostname === written.toLowerCase() || hostname.startsWith("["));
}

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
  clusters: named(v.object({ name: v.nullish(v.string(), ""), cluster: v.nullish(clusterSchema) })),
  users: named(v.object({ name: v.nullish(v.string(), ""), user: v.nullish(userSchema) })),
  contexts: named(v.object({ name: v.nullish(v.string(), ""), context: v.nullish(contextSchema) })),
});

/** How to reach a cluster. */
export type ClusterEntry = v.InferOutput<typeof usedCluster>;
/** How to log in there. */
export type UserEntry = v.InferOutput<typeof usedUser>;

/** A part of a kubeconfig, and its file. Relative paths in it start from that file's folder. */
interface Sourced<T> {
  value: T;
  file: string;
  /** Where in it, for messages. */
  place: string;
}

/** The content of one or several kubeconfigs, by name. */
export interface Kubeconfig {
  /** For messages: the file or files. */
  source: string;
  currentContext: string | undefined;
  clusters: Map<string, Sourced<v.InferOutput<typeof clusterSchema>>>;
  users: Map<string, Sourced<v.InferOutput<typeof userSchema>>>;
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
  if (!parsed.success) throw malformed(file, parsed.issues[0]);
  const { "current-context": currentContext, clusters, users, contexts } = parsed.output;
  const entries = <T>(place: string, list: [name: string, value: T | null | undefined][]) =>
    new Map(
      list.flatMap(([name, value], i) =>
        value ? [[name, { value, file, place: `${place}s.${i}.${place}` }] as const] : [],
      ),
    );
  return {
    source: `"${file}"`,
    currentContext: currentContext || undefined,
    clusters: entries(
      "cluster",
      (clusters ?? []).map(({ name, cluster }) => [name, cluster]),
    ),
    users: entries(
      "user",
      (users ?? []).map(({ name, user }) => [name, user ?? {}]),
    ),
    contexts: entries(
      "context",
      (contexts ?? []).map(({ name, context }) => [name, context]),
    ),
  };
}

/** @param within the part that was searched; empty: the whole file. */
function malformed(file: string, issue: v.BaseIssue<unknown>, within = ""): Failure {
  const place = [within, v.getDotPath(issue)].filter(Boolean).join(".") || "the whole of it";
  const expected = ["regex", "check"].includes(issue.type) ? issue.message : (issue.expected ?? "something else");
  return new Failure(
    "kubeconfig-malformed",
    `"${file}" is not a kubeconfig (${place}: expected ${expected}). Correct it, or set pi-speedup:kubeconfig to another file.`,
  );
}

/** The used parts of a kubeconfig must have valid values. */
function used<Schema extends v.GenericSchema>(schema: Schema, { value, file, place }: Sourced<unknown>) {
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw malformed(file, parsed.issues[0], place);
  return { value: parsed.output, file, place };
}

/** Maximum number of values in a kubeconfig after expanding its aliases. A hundred clusters have a few thousand. */
const mostValues = 100_000;
/** Maximum number of characters in all its strings after expansion. A file of that size is accepted. */
const mostCharacters = 8 * 2 ** 20;

function parseYaml(text: string, file: string, aliases: Aliases): unknown {
  // kubectl accepts an empty file as an empty kubeconfig.
  if (text.trim() === "") return {};
  const limits = { maxAliases: aliases === "none" ? 0 : 1_000, maxTotalMergeKeys: 1_000, maxDepth: 50 };
  try {
    const value = loadGoYaml(text, limits) ?? {};
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
  const entry = clusters.get(context.cluster);
  if (entry === undefined) throw missing("cluster", context.cluster, clusters);
  const cluster = used(usedCluster, entry);
  const nobody = { value: {}, file: cluster.file, place: "" };
  // Without TLS no credentials are sent, so the user does not matter.
  const login =
    context.user === "" || isWithoutTls(cluster.value) ? (users.get(context.user) ?? nobody) : users.get(context.user);
  if (login === undefined) throw missing("user", context.user, users);
  const user = used(usedUser, login);
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
    spec: { interactive: false, ...(exec.provideClusterInfo && { cluster: clusterInfo(cluster) }) },
  };
  const execInfo = { name: "KUBERNETES_EXEC_INFO", value: JSON.stringify(info) };
  return { ...user, exec: { ...exec, env: [...(exec.env ?? []), execInfo] } };
}

const extensionsSchema = v.array(v.looseObject({ name: v.string(), extension: v.unknown() }));

/** A cluster as a credential program receives it, with the extension that the kubeconfig has for such programs. */
function clusterInfo({ extensions, ...cluster }: ClusterEntry): object {
  const own = v.is(extensionsSchema, extensions)
    ? extensions.find(({ name }) => name === "client.authentication.k8s.io/exec")
    : undefined;
  return { ...cluster, ...(own !== undefined && { config: own.extension }) };
}

/** A path in a kubeconfig, as kubectl resolves it. */
export function resolveFrom(file: string, path: string): string {
  return isAbsolute(path) ? path : resolve(dirname(file), path);
}
