// Finds and reads the user's kubeconfig files. Never writes them.
import { homedir } from "node:os";
import { delimiter, join, resolve as resolvePath } from "node:path";
import { Failure } from "../../../analysis/failure.js";
import { readBounded, readBytes } from "../../host/text-file.ts";
import type { Access } from "../../kubernetes/access.ts";
import { proxyFor } from "../../kubernetes/proxy-for.ts";
import {
  type ClusterEntry,
  chooseContext,
  type Kubeconfig,
  mergeKubeconfigs,
  parseKubeconfig,
  resolveFrom,
  serializeContext,
  type UserEntry,
} from "./kubeconfig.ts";
import { inUrl, preferred, type Resolver, resolveHere } from "./reachable-address.ts";

/** Where the user keeps the kubeconfig. */
export interface KubeconfigLocation {
  /** Path of the file, relative to this folder; empty: `$KUBECONFIG`, else `~/.kube/config`. */
  path: string;
  /** Empty: the current one. */
  context: string;
}

/**
 * Access to the cluster of a context, as kubectl determines it.
 * @param resolve finds the addresses of a name.
 * @throws Failure if a file is missing or is not a kubeconfig, or if none has the context.
 */
export async function readKubeconfig(
  { path, context }: KubeconfigLocation,
  env: NodeJS.ProcessEnv,
  resolve: Resolver = resolveHere,
): Promise<Access> {
  const chosen = chooseContext(await mergedKubeconfig(path, env), context);
  const [cluster, user] = await Promise.all([
    inlineCluster(chosen.cluster.value, chosen.cluster.file),
    inlineUser(chosen.user.value, chosen.user.file),
  ]);
  const there = await withAddress(cluster, env, resolve);
  return {
    kubeconfig: serializeContext(chosen.name, chosen.context, there, user),
    server: there.server,
    whose: `of context "${chosen.name}" in "${chosen.cluster.file}"`,
    remedy: "Check that it runs and that `kubectl get nodes` works with this context",
  };
}

/**
 * The address instead of a name that only this machine's resolver knows (`red.local`). The certificate must still match
 * the name.
 */
async function withAddress(cluster: ClusterEntry, env: NodeJS.ProcessEnv, resolve: Resolver): Promise<ClusterEntry> {
  const url = new URL(cluster.server);
  const isBehindProxy = () => cluster["proxy-url"] || proxyFor(url.href, env) !== undefined;
  // A proxy looks names up itself.
  if (!/\.local\.?$/i.test(url.hostname) || isBehindProxy()) return cluster;
  const address = preferred(await resolve(url.hostname));
  if (address === undefined) return cluster;
  const name = cluster["tls-server-name"] || url.hostname.replace(/\.$/, "");
  url.hostname = inUrl(address);
  // NO_PROXY may contain the name but not the address.
  if (isBehindProxy()) return cluster;
  return { ...cluster, "tls-server-name": name, server: url.href.replace(/\/$/, "") };
}

async function mergedKubeconfig(path: string, env: NodeJS.ProcessEnv): Promise<Kubeconfig> {
  const how = "with `pulumi config set pi-speedup:kubeconfig PATH`";
  if (path !== "") {
    const file = resolvePath(path.replace(/^~(?=\/|$)/, homedir()));
    const text = await readIfExists(file);
    if (text !== undefined) return parseKubeconfig(text, file);
    throw new Failure(
      "kubeconfig-missing",
      `There is no file "${file}", which pi-speedup:kubeconfig names. Set the path of your kubeconfig ${how}.`,
    );
  }
  const fromEnvironment = [...new Set((env.KUBECONFIG ?? "").split(delimiter).filter(Boolean))].map((each) =>
    resolvePath(each),
  );
  if (fromEnvironment.length === 0) {
    const file = join(homedir(), ".kube", "config");
    const text = await readIfExists(file);
    if (text !== undefined) return parseKubeconfig(text, file);
    throw new Failure(
      "kubeconfig-default-missing",
      `There is no kubeconfig: pi-speedup:kubeconfig is empty, $KUBECONFIG is not set, and there is no file "${file}". Set the path of yours ${how}.`,
    );
  }
  // As with kubectl, some of them may be missing, but not all.
  const found: Kubeconfig[] = [];
  for (const file of fromEnvironment) {
    const text = await readIfExists(file);
    if (text !== undefined) found.push(parseKubeconfig(text, file));
  }
  if (found.length > 0) return mergeKubeconfigs(found);
  throw new Failure(
    "kubeconfig-none",
    `None of the files in $KUBECONFIG exists (${fromEnvironment.map((file) => `"${file}"`).join(", ")}), and pi-speedup:kubeconfig is empty. Correct $KUBECONFIG, or set the path of your kubeconfig ${how}.`,
  );
}

/** Maximum bytes of a kubeconfig, and of each certificate, key or token file. */
const most = { kubeconfig: 4 * 2 ** 20, part: 2 ** 20 };

async function readIfExists(file: string): Promise<string | undefined> {
  try {
    return decode(await readBytes(file, most.kubeconfig));
  } catch (error) {
    if (error instanceof Failure) throw error;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") return undefined;
    const why = error instanceof Error ? error.message.replace(/,[^,]*$/, "") : String(error);
    throw new Failure(
      "kubeconfig-unreadable",
      `Cannot read the kubeconfig "${file}" (${why}). Check that you have permission to read it, or set pi-speedup:kubeconfig to another file.`,
    );
  }
}

/** PowerShell writes UTF-16 with a byte order mark, and kubectl reads it. */
function decode(bytes: Buffer): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding, { fatal: true }).decode(bytes);
}

async function inlineCluster(cluster: ClusterEntry, file: string): Promise<ClusterEntry> {
  const { "certificate-authority": authority, ...rest } = cluster;
  const data = rest["certificate-authority-data"] || (await readBase64(authority, file, "certificate-authority"));
  return { ...rest, ...(data && { "certificate-authority-data": data }) };
}

async function inlineUser(user: UserEntry, file: string): Promise<UserEntry> {
  const { "client-certificate": certificateFile, "client-key": keyFile, tokenFile, exec, ...rest } = user;
  const certificate =
    rest["client-certificate-data"] || (await readBase64(certificateFile, file, "client-certificate"));
  const key = rest["client-key-data"] || (await readBase64(keyFile, file, "client-key"));
  const token = (tokenFile && (await tokenIn(tokenFile, file, rest.token))) || rest.token;
  return {
    ...rest,
    ...(certificate && { "client-certificate-data": certificate }),
    ...(key && { "client-key-data": key }),
    ...(token && { token }),
    // A bare name is looked up on PATH. A path is relative to the kubeconfig's folder.
    ...(exec && {
      exec: { ...exec, command: /[/\\]/.test(exec.command) ? resolveFrom(file, exec.command) : exec.command },
    }),
  };
}

/** A token file takes precedence over an inline token, which is used if the file can't be read. */
async function tokenIn(path: string, file: string, other: string | null | undefined): Promise<string | undefined> {
  try {
    const token = (await readReferencedFile(path, file, "tokenFile")).trim();
    if (token === "" && !other) throw unreadable(file, resolveFrom(file, path), "tokenFile", "it is empty");
    return token;
  } catch (error) {
    if (error instanceof Failure && other) return undefined;
    throw error;
  }
}

async function readBase64(path: string | null | undefined, file: string, key: string): Promise<string | undefined> {
  return path ? Buffer.from(await readReferencedFile(path, file, key)).toString("base64") : undefined;
}

async function readReferencedFile(path: string, file: string, key: string): Promise<string> {
  const place = resolveFrom(file, path);
  try {
    return await readBounded(place, most.part);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw unreadable(file, place, key, error instanceof Error ? error.message.replace(/,[^,]*$/, "") : String(error));
  }
}

function unreadable(file: string, place: string, key: string, why: string): Failure {
  return new Failure(
    "kubeconfig-part-missing",
    `The kubeconfig "${file}" refers to "${place}" as ${key}, which cannot be read (${why}). Restore that file, or correct the kubeconfig.`,
  );
}
