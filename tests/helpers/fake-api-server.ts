// A read-only Kubernetes API server in memory: objects by path, as they were stored.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type JsonObject = { [key: string]: unknown };

/** A stored object; the server adds a uid. */
export type Thing = JsonObject & { metadata: JsonObject };

export interface FakeApiServer {
  kubeconfig: string;
  /** Objects by path. */
  things: Map<string, Thing>;
  /** Requests so far, as `GET /api/v1/namespaces/x`. */
  requests: { line: string; token: string | undefined }[];
  /** Answers a request instead of the server if it returns something. */
  intercept: (line: string) => { code: number; message: string; reason: string } | undefined;
  put(path: string, thing: JsonObject): void;
  stop(): Promise<void>;
}

export async function startFakeApiServer(): Promise<FakeApiServer> {
  const things = new Map<string, Thing>();
  const http = createServer((request, response) => {
    const line = `${request.method} ${decodeURIComponent(request.url ?? "")}`.replace(/\?$/, "");
    server.requests.push({ line, token: request.headers.authorization });
    const { pathname } = new URL(request.url ?? "/", "http://server");
    const found = things.get(pathname);
    const name = pathname.split("/").at(-1);
    const refusal =
      server.intercept(line) ??
      (request.method !== "GET"
        ? { code: 405, reason: "MethodNotAllowed", message: "this server can only be read" }
        : { code: 404, reason: "NotFound", message: `"${name}" not found` });
    const refused = server.intercept(line) !== undefined || request.method !== "GET" || found === undefined;
    const { code, reason, message } = refusal;
    response.writeHead(refused ? code : 200, { "content-type": "application/json" });
    response.end(
      JSON.stringify(refused ? { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message } : found),
    );
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo; // listening on TCP
  const server: FakeApiServer = {
    kubeconfig: kubeconfigOf(`http://127.0.0.1:${port}`),
    things,
    requests: [],
    intercept: () => undefined,
    put(path, thing) {
      const metadata = typeof thing.metadata === "object" ? thing.metadata : {};
      things.set(path, { ...thing, metadata: { uid: `uid-${things.size + 1}`, ...metadata } });
    },
    stop: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return server;
}

export function kubeconfigOf(server: string, context = "only", more: JsonObject = {}): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": context,
    clusters: [{ name: "c", cluster: { server, ...more } }],
    contexts: [{ name: "only", context: { cluster: "c", user: "u" } }],
    users: [{ name: "u", user: { token: "let-me-in" } }],
  });
}
