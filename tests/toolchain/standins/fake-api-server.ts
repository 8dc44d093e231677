// A Kubernetes API server of a few kinds and rules, in memory, for the stand-in's tests: creation, dry run, deletion
// that takes time, and server-side apply with field managers and conflicts.
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { isObject, type Json, type JsonObject } from "../../../toolchain/standins/wire.ts";

/** A stored object; the server itself sees to it that it has metadata. */
export type Thing = JsonObject & { metadata: JsonObject };

export interface FakeApiServer {
  kubeconfig: string;
  /** Objects by path. */
  things: Map<string, Thing>;
  /** Requests so far, as `POST /api/v1/namespaces?dryRun=All`. */
  requests: { line: string; body: Json; token: string | undefined }[];
  /** Milliseconds that deletions take; what is deleted stays visible for so long. */
  deletionTakes: number;
  /** Answers a request instead of the server, when it returns something; `after` asks for another try in so many seconds. */
  intercept: (line: string) => { code: number; message: string; reason: string; after?: number } | undefined;
  /** Adds an object as somebody else would: `manager` updated all its fields. */
  put(path: string, thing: JsonObject, manager: string): void;
  stop(): Promise<void>;
}

export async function startFakeApiServer(): Promise<FakeApiServer> {
  let versions = 0;
  const things = new Map<string, Thing>();
  const stamp = (thing: JsonObject, managers: JsonObject[], uid?: Json): Thing => {
    versions++;
    const metadata = isObject(thing.metadata) ? thing.metadata : {};
    const own = { uid: uid ?? `uid-${versions}`, resourceVersion: String(versions), managedFields: managers };
    return { ...thing, metadata: { ...metadata, ...own } };
  };

  const answer = async (
    request: IncomingMessage,
  ): Promise<[code: number, body: JsonObject, after?: number | undefined]> => {
    const url = new URL(request.url ?? "/", "http://server");
    let text = "";
    for await (const chunk of request) text += String(chunk);
    // Bodies come from the stand-in under test; a wrong one fails the test.
    const body = (text ? JSON.parse(text) : null) as JsonObject;
    const line = `${request.method} ${decodeURIComponent(request.url ?? "")}`.replace(/\?$/, "");
    server.requests.push({ line, body, token: request.headers.authorization });
    const refusal = server.intercept(line);
    if (refusal) return [...refuse(refusal.code, refusal.reason, refusal.message), refusal.after];
    const dryRun = url.searchParams.get("dryRun") === "All";
    const manager = url.searchParams.get("fieldManager") ?? "";
    const path = request.method === "POST" ? `${url.pathname}/${nameOf(body)}` : url.pathname;
    const [, plural = "", name = ""] = /\/(\w+)\/([^/]+)$/.exec(path) ?? [];
    const live = things.get(path);
    const keep = (thing: Thing): [number, JsonObject] => {
      if (!dryRun) things.set(path, thing);
      return [200, thing];
    };
    if (request.method === "POST") {
      const [, namespace] = /\/namespaces\/([^/]+)\/\w+\/[^/]+$/.exec(path) ?? [];
      if (namespace && !things.has(`/api/v1/namespaces/${namespace}`)) {
        return refuse(404, "NotFound", `namespaces "${namespace}" not found`, "namespaces");
      }
      if (live) return refuse(409, "AlreadyExists", `${plural} "${name}" already exists`, plural);
      return keep(stamp({ ...body, status: {} }, [entry(manager, "Update", body)]));
    }
    if (request.method === "PATCH" && request.headers["content-type"] === "application/apply-patch+yaml") {
      const applied = apply(live, body, manager, url.searchParams.get("force") === "true");
      if (typeof applied === "string") return refuse(409, "Conflict", applied);
      return keep(stamp(applied.thing, applied.managers, live?.metadata.uid));
    }
    if (!live) return refuse(404, "NotFound", `${plural} "${name}" not found`, plural);
    if (request.method === "PATCH") {
      const [fields, version] = Array.isArray(body) ? body : [];
      if (version?.value !== live.metadata.resourceVersion) return refuse(409, "Conflict", "changed meanwhile");
      return keep({ ...live, metadata: { ...live.metadata, managedFields: fields.value } });
    }
    if (request.method === "DELETE") {
      setTimeout(() => things.delete(path), server.deletionTakes).unref();
      return [200, { ...live, metadata: { ...live.metadata, deletionTimestamp: "now" } }];
    }
    return [200, live];
  };

  const http = createServer(async (request, response) => {
    const [code, body, after] = await answer(request);
    if (after !== undefined) response.setHeader("retry-after", after);
    response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  // An address of a listening TCP server is never a string.
  const { port } = http.address() as AddressInfo;
  const server: FakeApiServer = {
    kubeconfig: kubeconfigOf(`http://127.0.0.1:${port}`),
    things,
    requests: [],
    deletionTakes: 0,
    intercept: () => undefined,
    put: (path, thing, manager) => {
      things.set(path, stamp(thing, [entry(manager, "Update", thing)]));
    },
    stop: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return server;

  function refuse(code: number, reason: string, message: string, kind = ""): [number, JsonObject] {
    return [code, { kind: "Status", code, reason, message, details: { kind } }];
  }
}

/** A kubeconfig as k3d writes it, but for a server without TLS. */
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

function nameOf(body: JsonObject): string {
  return isObject(body.metadata) ? String(body.metadata.name) : "";
}

/** Fields of an object as field managers own them: `f:metadata`, in it `f:labels`, and so on; lists are one field. */
function fieldsOf(body: Json): JsonObject {
  if (!isObject(body)) return {};
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [`f:${key}`, fieldsOf(value)]));
}

function entry(manager: string, operation: string, body: JsonObject): JsonObject {
  const { metadata, apiVersion: _, kind: __, ...rest } = body;
  const { name: ___, namespace: ____, uid: _____, ...owned } = isObject(metadata) ? metadata : {};
  const fields = { ...(Object.keys(owned).length > 0 && { metadata: owned }), ...rest };
  return { manager, operation, fieldsV1: fieldsOf(fields) };
}

function leaves(fields: JsonObject, path: string[] = []): string[][] {
  return Object.entries(fields).flatMap(([key, inner]) => {
    const steps = [...path, key.slice(2)];
    return isObject(inner) && Object.keys(inner).length ? leaves(inner, steps) : [steps];
  });
}

/** Server-side apply: the new object and its managers, or the message of a conflict. */
function apply(live: Thing | undefined, body: JsonObject, manager: string, force: boolean) {
  const thing = structuredClone(live ?? body) as Thing;
  const old = live?.metadata.managedFields;
  const others = (Array.isArray(old) ? (structuredClone(old) as JsonObject[]) : []).filter(
    (one) => one.manager !== manager || one.operation !== "Apply",
  );
  const former = Array.isArray(old)
    ? (old as JsonObject[]).filter(
        (one) => !others.some((o) => o.manager === one.manager && o.operation === one.operation),
      )
    : [];
  const mine = entry(manager, "Apply", body);
  const owned = (one: JsonObject) => new Set(leaves(one.fieldsV1 as JsonObject).map((path) => path.join(".")));
  for (const path of leaves(mine.fieldsV1 as JsonObject)) {
    const other = others.find((one) => owned(one).has(path.join(".")));
    const [was, will] = [live, body].map((value) => get(value, path));
    if (other && JSON.stringify(was) !== JSON.stringify(will)) {
      if (!force) return `Apply failed with 1 conflict: conflict with "${other.manager}" using v1: .${path.join(".")}`;
    }
    set(thing, path, will);
  }
  for (const path of former.flatMap((one) => leaves(one.fieldsV1 as JsonObject))) {
    const kept = [mine, ...others].some((one) => owned(one).has(path.join(".")));
    if (!kept) set(thing, path, undefined);
  }
  const owns = leaves(mine.fieldsV1 as JsonObject).length > 0;
  return { thing, managers: owns ? [...others, mine] : others };
}

function get(value: Json | undefined, path: string[]): Json | undefined {
  return path.reduce<Json | undefined>((part, step) => (isObject(part) ? part[step] : undefined), value);
}

function set(value: JsonObject, path: string[], to: Json | undefined): void {
  const [step = "", ...rest] = path;
  if (rest.length === 0) {
    if (to === undefined) delete value[step];
    else value[step] = to;
    return;
  }
  const inner = isObject(value[step]) ? value[step] : {};
  value[step] = inner;
  set(inner, rest, to);
}
