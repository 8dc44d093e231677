// What went wrong between us and an API server that is not the stack's own, in one sentence. Pure.
import { X509Certificate } from "node:crypto";
import { ApiException, type KubeConfig } from "@kubernetes/client-node";
import * as v from "valibot";
import { Failure } from "../failure.js";
import type { Access } from "./access.ts";

const statusSchema = v.pipe(v.string(), v.parseJson(), v.object({ message: v.string() }));
const forbidden =
  /User "(?<user>[^"]*)" cannot (?<verb>\w+) resource "(?<resource>[^"]*)"(?: in API group "(?<group>[^"]*)")?/;

/**
 * The failure that explains why an answer could not be had.
 * @param what was asked for, e.g. `read the nodes`.
 * @param now for credentials that have run out, milliseconds since the epoch.
 */
export function explainApiError(
  error: unknown,
  what: string,
  access: Access,
  config: KubeConfig,
  now: number = Date.now(),
): Failure {
  const { server, whose, remedy } = access;
  const api = `The API server ${whose} (${server})`;
  if (!(error instanceof ApiException)) return unanswered(error, access, config);
  const status = v.safeParse(statusSchema, error.body);
  if (error.code === 401) {
    return new Failure(
      `${api} does not accept its credentials (${expiry(config, now) ?? "no such user, or they have run out or been withdrawn"}): renew them where they are from, and run \`pulumi up\` again.`,
    );
  }
  if (!status.success) {
    return new Failure(
      `What answers at ${server} is not the API server ${whose} (HTTP status ${error.code} without a Kubernetes status, when asked to ${what}): ${remedy}, and run \`pulumi up\` again.`,
    );
  }
  const { message } = status.output;
  if (error.code !== 403) {
    return new Failure(
      `${api} could not ${what} (HTTP status ${error.code}: ${message}): run \`pulumi up\` again once the cause is gone.`,
    );
  }
  const { user, verb, resource, group } = forbidden.exec(message)?.groups ?? {};
  const who =
    user === undefined
      ? `refused to ${what} (${message})`
      : `refused to ${what}: the user «${user}» may not ${verb} ${resource}${group ? ` of ${group}` : ""}`;
  return new Failure(
    `${api} ${who}; expected are the rights in docs/rbac.yaml: have its administrator grant them with \`kubectl apply -f docs/rbac.yaml\`, or use another context.`,
  );
}

/** No answer at all: the network, the certificate, or the program that gives the credentials. */
function unanswered(error: unknown, { server, whose, remedy }: Access, config: KubeConfig): Failure {
  const { code, message } = causeOf(error);
  const api = `The API server ${whose}`;
  const exec = config.getCurrentUser()?.exec?.command;
  if (typeof exec === "string" && !isOfTheNetwork(error)) {
    const why = code === "ENOENT" ? "it is not there" : message.trim().split("\n").at(-1) || "it gave no reason";
    return new Failure(
      `The program «${exec}», which the kubeconfig names for its credentials ${whose}, failed (${why}): see that it works, as for \`kubectl\`, and run \`pulumi up\` again.`,
    );
  }
  if (/CERT|SIGNATURE|SELF_SIGNED|ERR_TLS|ERR_SSL/.test(code)) {
    return new Failure(
      `${api} shows a certificate at ${server} that is not the one to expect (${message}): see that the address is its own and the kubeconfig is of today, and run \`pulumi up\` again.`,
    );
  }
  return new Failure(`${api} can't be reached at ${server} (${message}): ${remedy}, and run \`pulumi up\` again.`);
}

/** What failed underneath: `fetch` says only that it failed. */
function causeOf(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  if (error.cause instanceof Error) return causeOf(error.cause);
  // Several addresses of one name were tried.
  if (error instanceof AggregateError && error.errors.length > 0) return causeOf(error.errors[0]);
  return { code: "code" in error ? String(error.code) : "", message: error.message || String(error) };
}

/** `fetch` wraps what the network did; what a program for credentials did comes as it is. */
function isOfTheNetwork(error: unknown): boolean {
  return error instanceof Error && (error.cause !== undefined || error.name === "TimeoutError");
}

/** When the credentials ran out, as far as they tell. */
function expiry(config: KubeConfig, now: number): string | undefined {
  const { certData, token } = config.getCurrentUser() ?? {};
  if (certData) {
    const end = new X509Certificate(Buffer.from(certData, "base64")).validToDate;
    if (end.getTime() < now) return `the client certificate ran out on ${day(end)}`;
  }
  const claims = v.safeParse(claimsSchema, token?.split(".")[1]);
  if (!claims.success) return undefined;
  const end = new Date(claims.output.exp * 1000);
  return end.getTime() < now ? `the token ran out on ${day(end)}` : undefined;
}

const claimsSchema = v.pipe(
  v.string(),
  v.transform((part) => Buffer.from(part, "base64url").toString()),
  v.parseJson(),
  v.object({ exp: v.number() }),
);

const day = (date: Date) => date.toISOString().slice(0, 10);
