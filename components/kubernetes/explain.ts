// What goes wrong between us and an API server: what may pass by itself, and all of it in one sentence for the user.
import { X509Certificate } from "node:crypto";
import { ApiException, type KubeConfig } from "@kubernetes/client-node";
import * as v from "valibot";
import { Failure } from "../../analysis/failure.js";
import type { Access } from "./access.ts";
import { UnusableAnswer } from "./answers.ts";

/** An error's reason, as the user reads it in parentheses. */
export interface Cause {
  /** Of the system or of Node.js, such as ENOENT; empty where there is none. */
  code: string;
  message: string;
}

/** What failed underneath: `fetch` says only that it failed, and a client quotes the API server with all its headers. */
export function causeOf(error: unknown): Cause {
  if (error instanceof ApiException) {
    return { code: "", message: statusMessage(error) ?? `HTTP status ${error.code}` };
  }
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  if (error.cause instanceof Error) return causeOf(error.cause);
  // Several addresses of one name were tried.
  if (error instanceof AggregateError && error.errors.length > 0) return causeOf(error.errors[0]);
  return { code: "code" in error ? String(error.code) : "", message: error.message || String(error) };
}

const statusSchema = v.pipe(v.string(), v.parseJson(), v.object({ message: v.string() }));

/** What the API server says of its refusal; undefined for what is no answer of Kubernetes. */
function statusMessage({ body }: ApiException<unknown>): string | undefined {
  const status = v.safeParse(statusSchema, body);
  return status.success ? status.output.message : undefined;
}

/** Whether another attempt may help: the network gave no answer, or the answer says so, or the fault is the server's own. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ApiException) return isTransientStatus(error.code);
  if (!(error instanceof Error)) return false;
  if (error.name === "TimeoutError" || error.name === "AbortError") return true;
  // What `fetch` throws when there is no connection. Anything else, such as credentials that are missing, stays as it is.
  return isOfFetch(error) && !/CERT|TLS|SSL|SIGNATURE/.test(causeOf(error).code);
}

/** `fetch` wraps what the network did. A TypeError without a cause comes from an answer that the client can't make sense of. */
function isOfFetch(error: Error): boolean {
  return error instanceof TypeError && error.cause !== undefined;
}

/** Why an answer can't be used; undefined for every other error. */
function unusable(error: unknown): string | undefined {
  if (error instanceof UnusableAnswer) return error.message;
  const garbled = error instanceof SyntaxError || (error instanceof TypeError && !isOfFetch(error));
  return garbled ? "it is not as Kubernetes writes it" : undefined;
}

/** @param of completes "the API server"; empty where there is only one. */
function explainUnusable(why: string, what: string, of = ""): Failure {
  return new Failure(
    "api-answer-unusable",
    `Could not ${what}: the answer of the API server${of} cannot be used, because ${why}. Check that this address is the cluster's own API server, and run \`pulumi up\` again.`,
  );
}

/** Whether an HTTP status is no final refusal. */
function isTransientStatus(status: number): boolean {
  return status === 408 || status === 410 || status === 429 || status >= 500;
}

/** Whether the API server says that the thing asked for does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiException && error.code === 404;
}

/** Whether the API server says that it has forgotten the version that was asked for. */
export function isExpired(error: unknown): boolean {
  return error instanceof ApiException && error.code === 410;
}

/** Whether the API server says that the user may not ask. */
export function isForbidden(error: unknown): boolean {
  return error instanceof ApiException && error.code === 403;
}

/**
 * The failure that explains a final refusal of a cluster that has worked before.
 * @param what was asked for: completes the sentence "Could not …".
 */
export function explainRefusal(error: unknown, what: string): Failure {
  const why = unusable(error);
  if (why !== undefined) return explainUnusable(why, what);
  const found = `Could not ${what}: the API server refused it (${causeOf(error).message}).`;
  return isForbidden(error)
    ? new Failure(
        "api-refused",
        `${found} Ask its administrator for the rights in docs/rbac.yaml (\`kubectl apply -f docs/rbac.yaml\`), or for those in docs/rbac-namespace.yaml if pi-speedup:createNamespace is "false". Then run \`pulumi up\` again.`,
      )
    : new Failure("api-rejected", `${found} Remove the cause and run \`pulumi up\` again.`);
}

/** The failure that explains that the API server of such a cluster has been away for too long. */
export function explainAbsence(error: unknown, what: string, milliseconds: number): Failure {
  if (error instanceof ApiException) {
    return new Failure(
      "api-errors",
      `Could not ${what}: for ${milliseconds / 1000} s, the API server has answered with an error (HTTP status ${error.code}: ${causeOf(error).message}). Remove its cause, for example by restarting the server, and run \`pulumi up\` again.`,
    );
  }
  return new Failure(
    "api-away",
    `Could not ${what}: for ${milliseconds / 1000} s, the API server has not answered (${causeOf(error).message}). Check that it runs and that this machine can reach it, and run \`pulumi up\` again.`,
  );
}

const forbidden =
  /User "(?<user>[^"]*)" cannot (?<verb>\w+) resource "(?<resource>[^"]*)"(?: in API group "(?<group>[^"]*)")?/;

/**
 * The failure that explains why the API server of a cluster that the user names gave no answer, or not the right one.
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
  const { server, whose, remedy, manifest = "docs/rbac.yaml" } = access;
  const api = `The API server ${whose} (${server})`;
  const why = unusable(error);
  if (why !== undefined) return explainUnusable(why, what, ` ${whose} (${server})`);
  if (!(error instanceof ApiException)) return unanswered(error, access);
  const message = statusMessage(error);
  if (error.code === 401) {
    const expired = expiry(config, now);
    return expired === undefined
      ? new Failure(
          "credentials-refused",
          `${api} does not accept these credentials. Either it does not know the user, or they have expired or been withdrawn. Get new ones and run \`pulumi up\` again.`,
        )
      : new Failure(
          "credentials-expired",
          `${api} does not accept these credentials: ${expired}. Get new ones and run \`pulumi up\` again.`,
        );
  }
  if (message === undefined) {
    return new Failure(
      "api-stranger",
      `What answers at ${server} is not the API server ${whose}: asked to ${what}, it answered with HTTP status ${error.code} and no Kubernetes status. ${remedy}, and run \`pulumi up\` again.`,
    );
  }
  if (error.code !== 403) {
    return new Failure(
      "api-trouble",
      `${api} could not ${what} (HTTP status ${error.code}: ${message}). Run \`pulumi up\` again once the cause is gone.`,
    );
  }
  const { user, verb, resource, group } = forbidden.exec(message)?.groups ?? {};
  const grant = `The rights in ${manifest} are needed. Ask its administrator to grant them with \`kubectl apply -f ${manifest}\`, or use another context.`;
  return user === undefined
    ? new Failure("forbidden-otherwise", `${api} refused to ${what} (${message}). ${grant}`)
    : new Failure(
        "forbidden",
        `${api} refused to ${what}, because user "${user}" may not ${verb} ${resource}${group ? ` of ${group}` : ""}. ${grant}`,
      );
}

/** No answer at all: the network, or the certificate. */
function unanswered(error: unknown, { server, whose, remedy, unreachable = "api-unreachable" }: Access): Failure {
  const { code, message } = causeOf(error);
  const api = `The API server ${whose}`;
  if (/CERT|SIGNATURE|SELF_SIGNED|ERR_TLS|ERR_SSL/.test(code)) {
    return new Failure(
      "api-certificate",
      `${api} presented an unexpected certificate at ${server} (${message}). Check that the address is right and the kubeconfig is up to date, and run \`pulumi up\` again.`,
    );
  }
  return new Failure(
    unreachable,
    `${api} cannot be reached at ${server} (${message}). ${remedy}, and run \`pulumi up\` again.`,
  );
}

/** When the credentials ran out, as far as they tell. */
function expiry(config: KubeConfig, now: number): string | undefined {
  const { certData, token } = config.getCurrentUser() ?? {};
  const certificate = certData ? certificateEnd(certData) : undefined;
  if (certificate !== undefined && certificate.getTime() < now) {
    return `the client certificate expired on ${day(certificate)}`;
  }
  const claims = v.safeParse(claimsSchema, token?.split(".")[1]);
  if (!claims.success) return undefined;
  const end = new Date(claims.output.exp * 1000);
  return end.getTime() < now ? `the token expired on ${day(end)}` : undefined;
}

/** Undefined for what is no certificate. */
function certificateEnd(data: string): Date | undefined {
  try {
    return new X509Certificate(Buffer.from(data, "base64")).validToDate;
  } catch {
    return undefined;
  }
}

const claimsSchema = v.pipe(
  v.string(),
  v.transform((part) => Buffer.from(part, "base64url").toString()),
  v.parseJson(),
  v.object({ exp: v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e12)) }),
);

const day = (date: Date) => date.toISOString().slice(0, 10);
