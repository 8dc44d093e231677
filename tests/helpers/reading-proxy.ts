// A proxy to a cluster's API server that only lets reads through, and records all requests.
import { createServer } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { load } from "js-yaml";

interface Administrator {
  clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
  users: { user: { "client-certificate-data": string; "client-key-data": string } }[];
}

export interface ReadingProxy {
  /** Leads through the proxy, and contains no secret. */
  kubeconfig: string;
  /** The requests, such as `GET /api/v1/nodes`. */
  asked: string[];
  stop(): Promise<void>;
}

/** Opens one to the cluster of this kubeconfig, as k3d writes it. A rehearsal (`dryRun=All`) changes nothing, so it is let through. */
export async function readingProxy(kubeconfig: string): Promise<ReadingProxy> {
  const { clusters, users } = load(kubeconfig) as Administrator;
  const [{ cluster } = { cluster: undefined }] = clusters;
  const [{ user } = { user: undefined }] = users;
  const decoded = (data = "") => Buffer.from(data, "base64");
  const access = {
    ca: decoded(cluster?.["certificate-authority-data"]),
    cert: decoded(user?.["client-certificate-data"]),
    key: decoded(user?.["client-key-data"]),
  };
  const asked: string[] = [];
  const proxy = createServer((incoming, outgoing) => {
    const { method = "", url = "", headers } = incoming;
    asked.push(`${method} ${url}`);
    if (method !== "GET" && !/[?&]dryRun=All(&|$)/.test(url)) {
      const message = `${method} ${url} is not reading`;
      outgoing.writeHead(405, { "content-type": "application/json" });
      outgoing.end(JSON.stringify({ kind: "Status", code: 405, reason: "MethodNotAllowed", message }));
      return;
    }
    const { host: _, authorization: __, ...passed } = headers;
    const on = request(`${cluster?.server}${url}`, { ...access, method, headers: passed }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    on.once("error", (error) => outgoing.writeHead(502).end(error.message));
    incoming.pipe(on);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  // An address of a listening TCP server is never a string.
  const { port } = proxy.address() as AddressInfo;
  return {
    kubeconfig: JSON.stringify({
      "current-context": "proxy",
      clusters: [{ name: "proxy", cluster: { server: `http://127.0.0.1:${port}` } }],
      contexts: [{ name: "proxy", context: { cluster: "proxy" } }],
    }),
    asked,
    stop: () =>
      new Promise((resolve) => {
        proxy.close(() => resolve());
        proxy.closeAllConnections();
      }),
  };
}
