// Sends one request to an API server as the holder of a token, and returns its answer.
import { request } from "node:https";
import { text } from "node:stream/consumers";
import * as v from "valibot";

/** The server's address, and the user. */
export interface TokenAccess {
  server: string;
  /** Base64. */
  authority: string;
  token: string;
}

/** The request; for a patch, also its type. */
export interface ApiRequest {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  path: string;
  body?: object;
  /** Default: `merge`. `apply` is server-side apply, which also creates missing objects. */
  patch?: "merge" | "apply";
}

export interface ApiAnswer {
  code: number;
  /** From a Kubernetes status; empty if the answer is none. */
  message: string;
}

const statusSchema = v.pipe(v.string(), v.parseJson(), v.object({ message: v.string() }));

export async function askApi(
  { server, authority, token }: TokenAccess,
  { method, path, body, patch = "merge" }: ApiRequest,
): Promise<ApiAnswer> {
  const manager = method === "PATCH" && patch === "apply" ? "?fieldManager=test&force=true" : "";
  const type = { merge: "application/merge-patch+json", apply: "application/apply-patch+yaml" }[patch];
  const asked = request(`${server}${path}${manager}`, {
    method,
    ca: Buffer.from(authority, "base64"),
    headers: { authorization: `Bearer ${token}`, "content-type": method === "PATCH" ? type : "application/json" },
  });
  asked.end(body === undefined ? undefined : JSON.stringify(body));
  const answer = await new Promise<import("node:http").IncomingMessage>((resolve, reject) => {
    asked.once("response", resolve);
    asked.once("error", reject);
  });
  const status = v.safeParse(statusSchema, await text(answer));
  return { code: answer.statusCode ?? 0, message: status.success ? status.output.message : "" };
}
