// A kubeconfig for client-node, with the features of kubectl and Pulumi's plugin that it lacks: impersonation with groups,
// uid and further attributes, proxies of the environment, Go's rules for certificates, and logins by a slow program. All
// requests to an API server use this class.
import {
  type ApiType,
  type Cluster,
  createConfiguration,
  IsomorphicFetchHttpLibrary,
  KubeConfig,
  type RequestContext,
  type ResponseContext,
  ServerConfiguration,
  wrapHttpLibrary,
} from "@kubernetes/client-node";
import { load } from "js-yaml";
import type { Dispatcher } from "undici";
import { getGlobalDispatcher } from "undici";
import * as v from "valibot";
import { runCredentialsProgram } from "./credentials.ts";
import { proxyFor } from "./proxy-for.ts";
import { socksDispatcher } from "./socks-dispatcher.ts";
import { type Trust, trustAsGo } from "./trust-as-go.ts";

type DispatcherOptions = ReturnType<KubeConfig["createDispatcherOptions"]>;
type AgentOptions = Parameters<KubeConfig["createDispatcherOptions"]>[1];

/** The impersonation settings that client-node ignores. */
const impersonationSchema = v.object({
  users: v.array(
    v.object({
      user: v.object({
        "as-uid": v.nullish(v.string()),
        "as-groups": v.nullish(v.array(v.string())),
        "as-user-extra": v.nullish(v.record(v.string(), v.nullish(v.array(v.string())))),
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
  private loggedIn = 0;
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
    // Credentials in the kubeconfig take precedence over its program.
    this.program = user?.token || user?.username || user?.certData ? undefined : (user?.exec ?? undefined);
    // client-node would run the program itself, hide its output, and set no time limit. It also sends "null" for a
    // missing password.
    this.users = this.users.map(({ exec: _, ...user }) => ({
      ...user,
      ...(user.username && { password: user.password ?? "" }),
      ...(user.impersonateUser && { impersonateUser: headerText(user.impersonateUser) }),
    }));
    this.known = this.users;
    this.clusters = this.clusters.map((cluster) => {
      const proxyUrl = cluster.proxyUrl || proxyFor(cluster.server, env);
      return { ...cluster, ...(proxyUrl !== undefined && { proxyUrl: proxyAddress(proxyUrl) }) };
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
    this.loggedIn = Date.now();
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
      const plain = this.socks ?? context.getDispatcher() ?? getGlobalDispatcher();
      this.shared = this.impersonation.length === 0 ? plain : plain.compose(withHeaders(this.impersonation));
    }
    context.setDispatcher(this.shared);
  }

  /** The connection through a SOCKS proxy, created with the options below; undefined if there is no such proxy. */
  private socks: Dispatcher | undefined;

  /** Shared by all requests, because a system trusts many certificates. */
  private trust: Trust | undefined;

  /** Adds Go's rules for certificates. client-node leaves these to Node.js. */
  override createDispatcherOptions(cluster: Cluster | null, agentOptions: AgentOptions): DispatcherOptions {
    const servername = agentOptions.servername?.replace(/\.$/, "");
    const options = { ...agentOptions, ...(servername !== undefined && { servername }) };
    const given = super.createDispatcherOptions(cluster, options);
    const isPlain = cluster?.server.startsWith("http:") ?? true;
    if (!isPlain && !cluster?.skipTLSVerify) this.trust ??= trustAsGo(agentOptions.ca, servername);
    const { trust = {} } = this;
    // A handshake can only ask for a name. An address is still compared with the certificate.
    const name = trust.isName === false ? { servername: undefined } : {};
    const tls = { ...trust.options, ...name };
    if (given.type === "agent" || given.type === "none") {
      const plain = given.type === "agent" ? given.connect : {};
      return { type: "agent", connect: { ...plain, ...tls } };
    }
    const requestTls = { ...given.requestTls, ...tls };
    if (given.type === "proxy") return { ...given, requestTls };
    // client-node's own dispatcher supports neither credentials for the proxy nor a name for the server.
    this.socks = socksDispatcher(given.uri, requestTls);
    return { type: "none" };
  }

  /** Like client-node's, but renews credentials that the server no longer accepts. */
  override makeApiClient<T extends ApiType>(apiType: Parameters<typeof KubeConfig.prototype.makeApiClient<T>>[0]): T {
    const cluster = this.getCurrentCluster();
    if (cluster === null) throw new Error("No active cluster!");
    const configuration = createConfiguration({
      baseServer: new ServerConfiguration(cluster.server, {}),
      authMethods: { default: this },
      httpApi: wrapHttpLibrary({ send: (request) => this.send(request) }),
    });
    return new apiType(configuration);
  }

  /** A program's credentials may become invalid before their stated time. Then the program runs again. */
  private async send(request: RequestContext): Promise<ResponseContext> {
    const library = new IsomorphicFetchHttpLibrary();
    const sent = Date.now();
    const answer = await library.send(request).toPromise();
    if (answer.httpStatusCode !== 401 || this.program === undefined) return answer;
    // If several requests are refused at once, the first one has already renewed them.
    if (this.loggedIn <= sent) this.goodUntil = 0;
    await this.applySecurityAuthentication(request);
    return library.send(request).toPromise();
  }
}

function impersonationHeaders(kubeconfig: string): string[] {
  const parsed = v.safeParse(impersonationSchema, load(kubeconfig));
  const user = parsed.success ? parsed.output.users[0]?.user : undefined;
  if (user === undefined) return [];
  const extra = Object.entries(user["as-user-extra"] ?? {}).flatMap(([key, values]) =>
    (values ?? []).map((value) => [`Impersonate-Extra-${headerKey(key)}`, headerText(value)]),
  );
  return [
    ...(user["as-uid"] ? [["Impersonate-Uid", headerText(user["as-uid"])]] : []),
    ...(user["as-groups"] ?? []).map((group) => ["Impersonate-Group", headerText(group)]),
    ...extra,
  ].flat();
}

/** A proxy's address as Go reads it. An unknown scheme means HTTP, and everything after the port is ignored. */
function proxyAddress(text: string): string {
  const [, scheme = "", rest = ""] = /^([^:]*):\/\/([^/?#]*)/.exec(text) ?? [];
  const kind = scheme.toLowerCase();
  if (kind.startsWith("socks5")) return `socks5://${rest}`;
  return `${kind === "https" ? "https" : "http"}://${rest}`;
}

/** Go writes text into a header as UTF-8. Node.js writes each character as one byte. */
function headerText(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** Percent-encodes characters that a header's name cannot contain, as client-go does. */
function headerKey(key: string): string {
  return Array.from(Buffer.from(key), (byte) => {
    const character = String.fromCharCode(byte);
    const stays = /[A-Za-z0-9!#$&'*+.^_`|~-]/.test(character);
    return stays ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
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
