// The address of an API server in a form that all who ask it understand. Names of a home network (`red.local`, `red`) are
// found by this machine's own resolver, by multicast or whatever else it is set up for; Pulumi's plugin is a Go program that
// asks DNS servers and /etc/hosts alone, so of such a name it would get no answer where we do.
import { lookup } from "node:dns/promises";
import { isIP, isIPv4, isIPv6 } from "node:net";

/** Milliseconds that the resolver may take: multicast waits some seconds for who may answer. */
const patience = 15_000;

/** All addresses of a name; none where nobody knows it. */
export type Resolver = (name: string) => Promise<readonly string[]>;

/** This machine's own. */
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

/** Whether a name is one of a home network: one that DNS has nothing to say about, or not for everybody. */
export function isHomeName(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  return isIP(name) === 0 && name !== "localhost" && (name.endsWith(".local") || !name.includes("."));
}

/** The address to use of several: one that is good without the name of a network interface, and rather of IPv4. */
export function preferred(addresses: readonly string[]): string | undefined {
  const usable = addresses.filter((address) => isIP(address) > 0 && !/^fe[89ab][0-9a-f]:/i.test(address));
  return usable.find(isIPv4) ?? usable[0];
}

/** A host as it is written in a URL. */
export function inUrl(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}
