// Adapts a kubeconfig for client-node, and adds what kubectl and Pulumi's plugin also do: impersonation with groups,
// uid and extra attributes, the proxy from the environment, and login by a program that may take its time. All requests
// to an API server use this class.
import { KubeConfig } from "@kubernetes/client-node";
import { load } from "js-yaml";
import type { Dispatcher } from "undici";
import { getGlobalDispatcher } from "undici";
import * as v from "valibot";
import { runCredentialsProgram } from "./credentials.ts";
import { proxyFor } from "./proxy-for.ts";

type RequestContext = Parameters<KubeConfig["applySecurityAuthentication"]>[0];

/** The impersonation settings that client-node ignores. */
const impersonationSchema = v.object({
  users: v.array(
    v.object({
      user: v.object({
        "as-uid": v.nullish(v.string()),
        "as-groups": v.nullish(v.array(v.string())),
        "as-user-extra": v.nullish(v.record(v.string(), v.array(v.string()))),
      }),
    }),
  ),
});

/** One context's cluster and user. */
export class ClusterConfig extends KubeConfig {
  /** Name and value alternately. A name may occur more than once. */
  private readonly impersonation: readonly string[];
  /** The credential program, not validated yet; undefined if there is none. */
  private readonly program: unknown;
  private readonly whose: string;
  /** All requests share the same connections, as long as the credentials stay the same. */
  private shared: Dispatcher | undefined;
  /** The users as the kubeconfig lists them. */
  private readonly known: KubeConfig["users"];
  /** Milliseconds since the epoch. */
  private goodUntil = 0;
  private renewal: Promise<void> | undefined;

  /**
   * @param kubeconfig with one context, as `serializeContext` writes it.
   * @param whose owner of the cluster, for messages: `of …`.
   * @param env names the proxy if the kubeconfig does not.
   */
  constructor(kubeconfig: string, whose = "of this cluster", env: NodeJS.ProcessEnv = process.env) {
    super();
    this.loadFromString(kubeconfig);
    this.whose = whose;
    this.impersonation = impersonationHeaders(kubeconfig);
    const user = this.getCurrentUser();
    // A token in the kubeconfig takes precedence over its program.
    this.program = user?.token ? undefined : (user?.exec ?? undefined);
    // client-node would run the program itself, with hidden output and without a limit. It also sends "null" for a
    // missing password.
    this.users = this.users.map(({ exec: _, ...user }) => ({
      ...user,
      ...(user.username && { password: user.password ?? "" }),
    }));
    this.known = this.users;
    this.clusters = this.clusters.map((cluster) => {
      const proxyUrl = cluster.proxyUrl || proxyFor(cluster.server, env);
      return { ...cluster, ...(proxyUrl !== undefined && { proxyUrl }) };
    });
  }

  /**
   * Gets the credentials if a program provides them. It may need a person, so it must not run under a request's
   * deadline.
   * @param seconds time limit.
   * @throws Failure if it was not found, fails, takes too long, or returns something else.
   */
  async login(seconds?: number): Promise<void> {
    if (this.program === undefined) return;
    const { token, certificate, key, until } = await runCredentialsProgram(this.program, this.whose, seconds);
    const pem = (text: string | undefined) => text && Buffer.from(text).toString("base64");
    const given = { token, certData: pem(certificate), keyData: pem(key) };
    this.users = this.known.map((user) => ({
      ...user,
      ...Object.fromEntries(Object.entries(given).filter(([, part]) => part)),
    }));
    this.goodUntil = until ?? Number.POSITIVE_INFINITY;
    this.shared = undefined;
  }

  /** Called for each request. Expired credentials are requested again, only once for parallel requests. */
  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    if (this.program !== undefined && this.goodUntil <= Date.now()) {
      this.renewal ??= this.login().finally(() => {
        this.renewal = undefined;
      });
      await this.renewal;
    }
    await super.applySecurityAuthentication(context);
    if (this.shared === undefined) {
      const plain = context.getDispatcher() ?? getGlobalDispatcher();
      this.shared = this.impersonation.length === 0 ? plain : plain.compose(withHeaders(this.impersonation));
    }
    context.setDispatcher(this.shared);
  }
}

function impersonationHeaders(kubeconfig: string): string[] {
  const parsed = v.safeParse(impersonationSchema, load(kubeconfig));
  const user = parsed.success ? parsed.output.users[0]?.user : undefined;
  if (user === undefined) return [];
  const extra = Object.entries(user["as-user-extra"] ?? {}).flatMap(([key, values]) =>
    values.map((value) => [`Impersonate-Extra-${encodeURIComponent(key)}`, value]),
  );
  return [
    ...(user["as-uid"] ? [["Impersonate-Uid", user["as-uid"]]] : []),
    ...(user["as-groups"] ?? []).map((group) => ["Impersonate-Group", group]),
    ...extra,
  ].flat();
}

/** `fetch` joins repeated headers with commas, which would merge several groups into one. */
function withHeaders(added: readonly string[]): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) =>
    dispatch({ ...options, headers: [...flat(options.headers), ...added] }, handler);
}

function flat(headers: Dispatcher.DispatchOptions["headers"]): string[] {
  if (headers === undefined || headers === null) return [];
  if (Array.isArray(headers)) return headers;
  const pairs = Symbol.iterator in headers ? [...headers] : Object.entries(headers);
  return pairs.flatMap(([name, value]) =>
    [value].flat().flatMap((each) => (each === undefined ? [] : [name, String(each)])),
  );
}
