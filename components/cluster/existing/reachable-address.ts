// Rewrites the address of an API server so that all clients understand it. This machine's resolver finds names of a
// home network (`red.local`, `red`) by multicast or other means. Pulumi's plugin is a Go program that only asks DNS
// servers and /etc/hosts, so it could not resolve them.
import { lookup } from "node:dns/promises";
import { isIP, isIPv4, isIPv6 } from "node:net";

/** Milliseconds that the resolver may take. Multicast waits a few seconds for answers. */
const patience = 15_000;

/** All addresses of a name; empty if it can't be resolved. */
export type Resolver = (name: string) => Promise<readonly string[]>;

/** This machine's own resolver. */
export const resolveHere: Resolver = async (name) => {
  const { promise, resolve } = Promise.withResolvers<readonly string[]>();
  const timer = setTimeout(() => resolve([]), patience);
  try {
    const found = lookup(name, { all: true }).then((all) => all.map(({ address }) => address));
    return await Promise.race([found, promise]);
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
};

/** Whether a name belongs to a home network: DNS has no answer for it, or not for everyone. */
export function isHomeName(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  return isIP(name) === 0 && name !== "localhost" && (name.endsWith(".local") || !name.includes("."));
}

/** Chooses one of several addresses: one that does not need the name of a network interface, preferably IPv4. */
export function preferred(addresses: readonly string[]): string | undefined {
  const usable = addresses.filter((address) => isIP(address) > 0 && !/^fe[89ab][0-9a-f]:/i.test(address));
  return usable.find(isIPv4) ?? usable[0];
}

/** A host in the syntax of a URL. */
export function inUrl(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}

/**
 * Whether names may be replaced by addresses. A proxy resolves names itself, and exceptions from the proxy are given by
 * name.
 */
export function isWithoutProxy(env: NodeJS.ProcessEnv): boolean {
  return !["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].some((name) => env[name]);
}
