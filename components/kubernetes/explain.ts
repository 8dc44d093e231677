// Errors between us and an API server: which are temporary, and how each is explained to the user in one sentence.
import { X509Certificate } from "node:crypto";
import { ApiException, type KubeConfig } from "@kubernetes/client-node";
import * as v from "valibot";
import { Failure } from "../../analysis/failure.js";
import type { Access } from "./access.ts";
import { UnusableAnswer } from "./answers.ts";

/** An error's reason, as shown to the user in parentheses. */
export interface Cause {
  /** A code of the system or of Node.js, such as ENOENT; empty if there is none. */
  code: string;
  message: string;
}

/**
 * The underlying error. `fetch` only says that it failed, and a client quotes the API server's answer with all its
 * headers.
 */
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

/** The API server's explanation of a refusal; undefined if Kubernetes sent no answer. */
function statusMessage({ body }: ApiException<unknown>): string | undefined {
  const status = v.safeParse(statusSchema, body);
  return status.success ? status.output.message : undefined;
}

/** An answer of another server, such as a node's kubelet, that the API server only passes on. */
export class PassedOn extends Error {
  readonly answer: ApiException<unknown>;
  constructor(answer: ApiException<unknown>) {
    super("the API server has passed on what another server answered", { cause: answer });
    this.answer = answer;
  }
}

const passedOnSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ details: v.object({ kind: v.pipe(v.string(), v.includes("/")) }) }),
);

/**
 * The same error, or a {@link PassedOn} if the answer is about a subresource such as `pods/log`. For a missing login, the
 * answer does not say which one. If it were our own, all other requests would be refused as well.
 */
export function asPassedOn(error: unknown): unknown {
  if (!(error instanceof ApiException)) return error;
  return error.code === 401 || v.is(passedOnSchema, error.body) ? new PassedOn(error) : error;
}

/** Whether another attempt may help: there was no answer, the answer says so, or the error is the server's own. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ApiException) return isTransientStatus(error.code);
  if (error instanceof PassedOn) return true;
  if (!(error instanceof Error)) return false;
  if (error.name === "TimeoutError" || error.name === "AbortError") return true;
  // What `fetch` throws if there is no connection. Other errors, such as missing credentials, stay as they are.
  return isOfFetch(error) && !/CERT|TLS|SSL|SIGNATURE/.test(causeOf(error).code);
}

/** `fetch` wraps network errors. A TypeError without a cause comes from an answer that the client can't parse. */
function isOfFetch(error: Error): boolean {
  return error instanceof TypeError && error.cause !== undefined;
}

/** Why an answer can't be used; undefined for every other error. */
function unusable(error: unknown): string | undefined {
  if (error instanceof UnusableAnswer) return error.message;
  const garbled = error instanceof SyntaxError || (error instanceof TypeError && !isOfFetch(error));
  return garbled ? "it is not as Kubernetes writes it" : undefined;
}

/** @param of completes "the API server"; empty if there is only one. */
function explainUnusable(why: string, what: string, of = ""): Failure {
  return new Failure(
    "api-answer-unusable",
    `Could not ${what}: the answer of the API server${of} cannot be used, because ${why}. Check that this address is the cluster's own API server, and run \`pulumi up\` again.`,
  );
}

/** Whether an HTTP status is temporary. */
function isTransientStatus(status: number): boolean {
  return status === 408 || status === 410 || status === 429 || status >= 500;
}

/** Whether the API server says that the requested object does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiException && error.code === 404;
}

/** Whether the API server says that the requested version has expired. */
export function isExpired(error: unknown): boolean {
  return error instanceof ApiException && error.code === 410;
}

/** Whether the API server says that the user lacks permission. */
export function isForbidden(error: unknown): boolean {
  return error instanceof ApiException && error.code === 403;
}

/**
 * Explains a final refusal from a cluster that has worked before.
 * @param what the request: completes the sentence "Could not …".
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

/** Explains that the API server of such a cluster has been unavailable for too long. */
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
 * Explains why the API server of a cluster that the user named gave no answer, or a wrong one.
 * @param what the request, e.g. `read the nodes`.
 * @param now for expired credentials, milliseconds since the epoch.
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
      `The server at ${server} is not the API server ${whose}. When asked to ${what}, it answered with HTTP status ${error.code} and no Kubernetes status. ${remedy}, and run \`pulumi up\` again.`,
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

/** When the credentials expired, if they say so. */
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

/** Undefined if it is not a certificate. */
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
