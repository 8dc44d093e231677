// A kubeconfig as client-node takes it, with what kubectl and Pulumi's plugin do besides: whom to act for, with groups, uid
// and further attributes, and the proxy that the environment names. Whoever asks an API server does so by this one class.
import { KubeConfig } from "@kubernetes/client-node";
import { load } from "js-yaml";
import type { Dispatcher } from "undici";
import { getGlobalDispatcher } from "undici";
import * as v from "valibot";
import { proxyFor } from "./proxy-for.ts";

type RequestContext = Parameters<KubeConfig["applySecurityAuthentication"]>[0];

/** Whom the user of a kubeconfig acts for, as far as client-node leaves it out. */
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
  /** Name and value in turn; a name may come more than once. */
  private readonly impersonation: readonly string[];
  /** For as long as its certificates stay what they are, that is where no program gives them. */
  private shared: Dispatcher | undefined;

  /**
   * @param kubeconfig with one context, as `serializeContext` writes it.
   * @param env names the proxy, where the kubeconfig names none.
   */
  constructor(kubeconfig: string, env: NodeJS.ProcessEnv = process.env) {
    super();
    this.loadFromString(kubeconfig);
    this.impersonation = impersonationHeaders(kubeconfig);
    this.clusters = this.clusters.map((cluster) => {
      const proxyUrl = cluster.proxyUrl || proxyFor(cluster.server, env);
      return { ...cluster, ...(proxyUrl !== undefined && { proxyUrl }) };
    });
  }

  /** Called for each request. All go by the same connections, and none is left open for each. */
  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    if (this.shared === undefined || this.getCurrentUser()?.exec) {
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

/** `fetch` joins equal headers by commas, which would make one group of several. */
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
