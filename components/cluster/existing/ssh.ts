// Reads the kubeconfig of a K3s server with the user's own ssh. It goes from ssh's stdout into memory, and never into a
// file.
import { isIP } from "node:net";
import * as v from "valibot";
import { Failure } from "../../../analysis/failure.js";
import { runTool, ToolEndless, type ToolResult } from "../../host/run-tool.ts";
import type { Access } from "../../kubernetes/access.ts";
import { proxyFor } from "../../kubernetes/proxy-for.ts";
import { type ChosenContext, chooseContext, parseKubeconfig, serializeContext } from "./kubeconfig.ts";
import { inUrl, isHomeName, preferred, type Resolver, resolveHere } from "./reachable-address.ts";
import { exits, explainSsh } from "./ssh-fault.ts";

/** The K3s server, as the user names it. */
export interface SshSource {
  /** As given to ssh. */
  master: string;
  /** Address at which the API server is reached; empty: the host name that ssh uses. */
  masterAddress: string;
}

/** Where K3s writes its administrator's kubeconfig. By default, only root can read it. */
export const remoteFile = "/etc/rancher/k3s/k3s.yaml";

/**
 * Works in any shell that the user may have there. Uses sudo only if the file or a folder on the way cannot be read. Each
 * way to fail has its own exit code. A comment before the file contains the address at which ssh reached the machine.
 */
export function readingCommand(file: string): string {
  const parts = file.split("/").slice(1);
  const places = parts.map((_, i) => [`/${parts.slice(0, i).join("/")}`, `/${parts.slice(0, i + 1).join("/")}`]);
  const missing = places.map(([folder, place]) => `[ -x ${folder} ] && [ ! -e ${place} ] && exit ${exits.noFile};`);
  const script = [
    'echo "# $SSH_CONNECTION";',
    `[ -r ${file} ] && exec cat ${file};`,
    ...missing,
    `command -v sudo >/dev/null 2>&1 || exit ${exits.noSudo};`,
    `sudo -n cat ${file} || exit ${exits.sudo}`,
  ];
  return `exec env LC_ALL=C sh -c '${script.join(" ")}'`;
}
const remoteCommand = readingCommand(remoteFile);

/**
 * Never a prompt, never an unverified host key, and none of the user's settings that would disturb a single command.
 * Other settings (aliases, users, keys, agent, jumps, known hosts) apply.
 */
const options = [
  "BatchMode=yes",
  "StrictHostKeyChecking=yes",
  "ConnectTimeout=20",
  "LogLevel=ERROR",
  "ClearAllForwardings=yes",
  "ForwardAgent=no",
  "ForwardX11=no",
  "PermitLocalCommand=no",
  "RemoteCommand=none",
  "RequestTTY=no",
].flatMap((option) => ["-o", option]);

/**
 * Access to the cluster of a K3s server.
 * @param timeoutSeconds for everything: `ConnectTimeout` does not cover the connection through a jump host.
 * @param resolve finds the addresses of a name.
 * @throws Failure if ssh can't connect, the file can't be read, or it is not what K3s writes.
 */
export async function fetchKubeconfig(
  { master, masterAddress }: SshSource,
  timeoutSeconds = 60,
  resolve: Resolver = resolveHere,
): Promise<Access> {
  const text = await readRemoteFile(master, timeoutSeconds);
  const { name, context, cluster, user } = parseSentKubeconfig(text, master);
  const server = new URL(cluster.value.server);
  if (masterAddress !== "" || isLoopback(server.hostname)) {
    const host = masterAddress || (await hostNameOf(master));
    server.hostname = inUrl(await reachable(host, resolve, masterAddress === "" ? addressIn(text) : undefined));
  }
  const address = server.href.replace(/\/$/, "");
  return {
    // K3s' certificate contains this name whatever the address.
    kubeconfig: serializeContext(
      name,
      context,
      { ...cluster.value, server: address, "tls-server-name": "kubernetes" },
      user.value,
    ),
    server: address,
    whose: `of "${master}"`,
    remedy:
      "Check that it runs, or set the address at which this machine reaches it with `pulumi config set pi-speedup:masterAddress ADDRESS`",
    unreachable: "master-address",
  };
}

/**
 * An address instead of a name that only a home network or ssh knows, such as an alias. @param reached the address at
 * which ssh reached the master, as the master reports it.
 */
async function reachable(host: string, resolve: Resolver, reached: string | undefined): Promise<string> {
  // A proxy looks names up itself. NO_PROXY may contain the name but not its address.
  const isBehindProxy = (place: string) => proxyFor(`https://${inUrl(place)}`, process.env) !== undefined;
  if (isIP(host) > 0 || isLoopback(host) || isBehindProxy(host)) return host;
  if (!isHomeName(host) && reached === undefined) return host;
  const addresses = await resolve(host);
  const found = addresses.length === 0 ? reached : isHomeName(host) ? preferred(addresses) : undefined;
  return found === undefined || isBehindProxy(found) ? host : found;
}

/** From `CLIENT PORT SERVER PORT` in the comment before the file. */
function addressIn(text: string): string | undefined {
  const [, address = ""] = /^# \S+ \d+ (\S+) \d+$/m.exec(text.slice(0, 300)) ?? [];
  return isLoopback(address) ? undefined : preferred([address]);
}

async function readRemoteFile(master: string, timeoutSeconds: number): Promise<string> {
  const { code, stdout, stderr, timedOut } = await runSsh([...options, "--", master, remoteCommand], master, {
    seconds: timeoutSeconds,
  });
  if (timedOut) {
    throw new Failure(
      "ssh-late",
      `Reading the kubeconfig of "${master}" by ssh took more than ${timeoutSeconds} s. Check that \`ssh ${master} true\` works, and run \`pulumi up\` again.`,
    );
  }
  if (code !== 0) {
    const knownHosts = await setting(master, "userknownhostsfile");
    const { id, text } = explainSsh({ code, stderr, master, file: remoteFile, knownHosts });
    throw new Failure(id, text);
  }
  return stdout;
}

/** ssh's configuration for this host; empty if unknown. Does not use the network. */
async function setting(master: string, key: string): Promise<string[]> {
  const { code, stdout } = await runSsh(["-G", "--", master], master, { seconds: 20 });
  const line = code === 0 ? stdout.split("\n").find((each) => each.startsWith(`${key} `)) : undefined;
  return line?.split(/\s+/).slice(1).filter(Boolean) ?? [];
}

/** Maximum number of characters to read from ssh. K3s' file has three thousand. */
const most = 2 ** 20;

/** @throws Failure if there is more than a kubeconfig can have. */
async function runSsh(args: string[], master: string, options: { seconds: number }): Promise<ToolResult> {
  try {
    return await runTool("ssh", args, { ...options, withoutTerminal: true, most });
  } catch (error) {
    throw error instanceof ToolEndless ? notFromK3s(master) : error;
  }
}

/** The host name that ssh would connect to. Does not use the network. */
async function hostNameOf(master: string): Promise<string> {
  const { code, stdout, stderr } = await runSsh(["-G", "--", master], master, { seconds: 20 });
  const name = /^hostname (\S+)$/m.exec(stdout)?.[1];
  if (code !== 0 || name === undefined) {
    const { id, text } = explainSsh({ code, stderr, master, file: remoteFile });
    throw new Failure(id, text);
  }
  return name;
}

function isLoopback(host: string): boolean {
  // If K3s listens on all addresses, its kubeconfig may contain 0.0.0.0 or ::.
  return /^(127(\.\d+){3}|0\.0\.0\.0|\[?::1?\]?|localhost)$/.test(host);
}

// A kubeconfig can make a client read files, run programs and contact any server. One from another machine must not do
// that here; it may only name an API server.
const sentText = v.pipe(v.string(), v.maxLength(65_536), v.regex(/^[\x20-\x7e]*$/));
const sentServer = v.pipe(
  v.string(),
  v.maxLength(300),
  // No user, no path, no query, and nothing that a URL parser would normalize.
  v.regex(/^https:\/\/([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?\/?$/),
  v.check((text) => URL.canParse(text)),
);
const sentName = v.pipe(v.string(), v.minLength(1), v.maxLength(253), v.regex(/^[\w.:@/-]+$/));
const sent = v.object({
  name: sentName,
  context: v.strictObject({ cluster: sentName, user: sentName, namespace: v.optional(sentName) }),
  cluster: v.object({ value: v.strictObject({ server: sentServer, "certificate-authority-data": sentText }) }),
  user: v.object({
    value: v.union([
      v.strictObject({ "client-certificate-data": sentText, "client-key-data": sentText }),
      v.strictObject({ token: sentText }),
    ]),
  }),
});

/** K3s' only context. A file from the other machine is not a local file, so its errors are worded differently. */
export function parseSentKubeconfig(text: string, master: string): ChosenContext {
  const chosen = (() => {
    try {
      return chooseContext(parseKubeconfig(text, remoteFile, "none"), "");
    } catch (error) {
      if (error instanceof Failure) return undefined;
      throw error;
    }
  })();
  if (chosen !== undefined && v.is(sent, chosen)) return chosen;
  throw notFromK3s(master);
}

function notFromK3s(master: string): Failure {
  return new Failure(
    "ssh-no-kubeconfig",
    `The file ${remoteFile} from "${master}" is not a kubeconfig of K3s, which has an address, an authority, a certificate and its key. Check that \`ssh ${master} true\` prints nothing and that K3s runs there, and run \`pulumi up\` again.`,
  );
}
