// Chooses the proxy for an address from the environment, as Go does, and thus kubectl and Pulumi's plugin. All programs
// must reach the cluster in the same way. Node's own support for these variables does not include networks
// (10.0.0.0/8).
import { BlockList, isIP } from "node:net";

/**
 * The proxy for a server; undefined: a direct connection. This machine itself never uses one.
 * @param env HTTPS_PROXY, HTTP_PROXY and NO_PROXY; the lower-case names if these are empty.
 */
export function proxyFor(server: string, env: NodeJS.ProcessEnv): string | undefined {
  const url = new URL(server);
  const secure = url.protocol === "https:";
  const proxy = secure ? env.HTTPS_PROXY || env.https_proxy : env.HTTP_PROXY || env.http_proxy;
  if (!proxy) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port || (secure ? "443" : "80");
  const entries = (env.NO_PROXY || env.no_proxy || "").split(",").map((each) => each.trim().toLowerCase());
  if (isHere(host) || entries.some((entry) => entry !== "" && excepts(entry, host, port))) return undefined;
  // A proxy given as HOST:PORT uses HTTP.
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

const isHere = (host: string) => host === "localhost" || contains(loopback, host);

/**
 * One entry of NO_PROXY: `*`, a network, an address, or a name with its subdomains; addresses and names with or without
 * a port.
 */
function excepts(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  const list = new BlockList();
  const [network = "", bits = ""] = entry.split("/");
  const family = isIP(network);
  if (family > 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)) {
    list.addSubnet(network, Number(bits), family === 4 ? "ipv4" : "ipv6");
    return contains(list, host);
  }
  const withPort = /^(?:\[([^\]]*)\]|([^:]*)):(\d*)$/.exec(entry);
  const name = withPort?.[1] ?? withPort?.[2] ?? entry;
  const only = withPort?.[3] ?? "";
  if (name === "" || (only !== "" && only !== port)) return false;
  if (isIP(name) > 0) {
    list.addAddress(name, isIP(name) === 4 ? "ipv4" : "ipv6");
    return contains(list, host);
  }
  if (isIP(host) > 0) return false;
  const domain = name.replace(/^\*(?=\.)/, "");
  return domain.startsWith(".") ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function contains(list: BlockList, host: string): boolean {
  const family = isIP(host);
  return family > 0 && list.check(host, family === 4 ? "ipv4" : "ipv6");
}
