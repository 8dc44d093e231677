// Requests to the Kubernetes API server.
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import type { Json, JsonObject } from "../wire.ts";
import type { Kind } from "./kinds.ts";
import type { Connection } from "./kubeconfig.ts";

/** The API server's refusal. */
export class Refusal extends Error {
  readonly code: number;
  readonly reason: string;
  /** Kind of thing that the refusal is about, as in `namespaces`. */
  readonly about: string;

  constructor(status: v.InferOutput<typeof statusSchema>) {
    super(status.message);
    this.code = status.code;
    this.reason = status.reason;
    this.about = status.details.kind;
  }
}

/** No answer from the API server. */
export class Unreachable extends Error {}

const statusSchema = v.object({
  code: v.number(),
  message: v.optional(v.string(), ""),
  reason: v.optional(v.string(), ""),
  details: v.optional(v.object({ kind: v.optional(v.string(), "") }), {}),
});
const jsonObject = v.custom<JsonObject>((value) => typeof value === "object" && value !== null);

export interface Place {
  kind: Kind;
  namespace: string | undefined;
  name: string;
}

export interface ApplyOptions {
  manager: string;
  force: boolean;
  dryRun: boolean;
}

interface Content {
  body?: Json;
  query?: Record<string, string>;
  type?: string;
}

export class Api {
  readonly #connection: Connection;
  readonly #cancelled: AbortSignal;

  constructor(connection: Connection, cancelled: AbortSignal) {
    this.#connection = connection;
    this.#cancelled = cancelled;
  }

  read(place: Place): Promise<JsonObject> {
    return this.#call("GET", path(place));
  }

  create({ kind, namespace }: Place, body: JsonObject, dryRun: boolean): Promise<JsonObject> {
    const query = { fieldManager: "pulumi-kubernetes", ...(dryRun && { dryRun: "All" }) };
    return this.#call("POST", collection(kind, namespace), { body, query });
  }

  /** Server-side apply. */
  apply(place: Place, body: JsonObject, { manager, force, dryRun }: ApplyOptions): Promise<JsonObject> {
    const query = { fieldManager: manager, force: String(force), ...(dryRun && { dryRun: "All" }) };
    return this.#call("PATCH", path(place), { body, query, type: "application/apply-patch+yaml" });
  }

  jsonPatch(place: Place, body: JsonObject[]): Promise<JsonObject> {
    return this.#call("PATCH", path(place), { body, type: "application/json-patch+json" });
  }

  /** Asks for a thing's deletion, its dependants first; it may go on after the answer. */
  remove(place: Place): Promise<JsonObject> {
    return this.#call("DELETE", path(place), { body: { propagationPolicy: "Foreground" } });
  }

  async #call(method: string, path: string, content: Content = {}): Promise<JsonObject> {
    const { server } = this.#connection;
    let [code, answer, after] = await this.#send(method, path, content);
    // A server that is starting or overloaded says when to come back; it has not done anything yet.
    for (let tries = 0; after > 0 && tries < 10; tries++) {
      await sleep(after * 1000, undefined, { signal: this.#cancelled });
      [code, answer, after] = await this.#send(method, path, content);
    }
    if (code >= 200 && code < 300) return v.parse(jsonObject, JSON.parse(answer));
    // A proxy in between may answer something else than a Status.
    const status = v.safeParse(v.pipe(v.string(), v.parseJson(), statusSchema), answer);
    const refusal = status.success
      ? status.output
      : { code, message: `status ${code}: ${answer}`, reason: "", details: { kind: "" } };
    // Whoever is not known here, or finds only a gateway, has not reached the cluster that was meant.
    if (code === 401 || code > 500) throw new Unreachable(`${method} ${server}: ${refusal.message}`);
    throw new Refusal(refusal);
  }

  /** Status code and body of the answer, and the seconds after which to ask again, 0 where it says none. */
  async #send(
    method: string,
    path: string,
    { body, query, type = "application/json" }: Content,
  ): Promise<[code: number, answer: string, after: number]> {
    const { server, options } = this.#connection;
    const url = `${server.replace(/\/$/, "")}${path}?${new URLSearchParams(query)}`;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const { headers, ...access } = await options();
    return new Promise((resolve, reject) => {
      const fail = (error: Error) =>
        reject(this.#cancelled.aborted ? error : new Unreachable(`${method} ${server}: ${error.message}`));
      const send = server.startsWith("https:") ? tlsRequest : plainRequest;
      const request = send(
        url,
        {
          ...access,
          method,
          signal: this.#cancelled,
          timeout: 30_000,
          // The length is said by hand: Node leaves it out of a DELETE.
          headers: {
            ...headers,
            accept: "application/json",
            ...(text && { "content-type": type, "content-length": Buffer.byteLength(text) }),
          },
        },
        (response) => {
          const { statusCode: code = 0, headers } = response;
          const after = code === 429 || code >= 500 ? Number(headers["retry-after"] ?? 0) : 0;
          let received = "";
          response.setEncoding("utf8").on("data", (chunk: string) => {
            received += chunk;
          });
          response.on("end", () => resolve([code, received, after])).on("error", fail);
        },
      );
      request.on("timeout", () => request.destroy(new Error("no answer within 30 s"))).on("error", fail);
      request.end(text);
    });
  }
}

function collection({ api, plural, namespaced }: Kind, namespace: string | undefined): string {
  return namespaced ? `${api}/namespaces/${encodeURIComponent(namespace ?? "default")}/${plural}` : `${api}/${plural}`;
}

function path({ kind, namespace, name }: Place): string {
  return `${collection(kind, namespace)}/${encodeURIComponent(name)}`;
}
