// The provider's kubeconfig: which cluster it means, and how to get in.
import { Agent as PlainAgent } from "node:http";
import { Agent, type RequestOptions } from "node:https";
import { load } from "js-yaml";
import * as v from "valibot";

const context = v.object({
  cluster: v.string(),
  user: v.optional(v.string(), ""),
  namespace: v.optional(v.string(), "default"),
});
const kubeconfig = v.object({
  "current-context": v.optional(v.string(), ""),
  clusters: v.nullish(v.array(v.object({ name: v.string(), cluster: v.looseObject({ server: v.string() }) })), []),
  contexts: v.nullish(v.array(v.object({ name: v.string(), context })), []),
  users: v.nullish(v.array(v.object({ name: v.string(), user: v.nullish(v.looseObject({}), {}) })), []),
});

export interface Connection {
  server: string;
  /** Namespace of what names none. */
  namespace: string;
  /** What a request needs to be let in; asked for every time, since tokens run out. */
  options(): Promise<RequestOptions>;
}

function parse(text: string) {
  const { success, output, issues } = v.safeParse(kubeconfig, yamlOf(text));
  if (success) return output;
  // Only the place is named: kubeconfigs hold secrets.
  const place = v.getDotPath(issues[0]) ?? "the whole text";
  throw new Error(
    `The Kubernetes provider's kubeconfig is not valid (${place} must be ${issues[0].expected}): give it the text of a kubeconfig, not a path.`,
  );
}

/** Undefined where the text is no YAML: the parser's own error would quote it. */
function yamlOf(text: string): unknown {
  try {
    return load(text);
  } catch {
    return undefined;
  }
}

/** Cluster entry of the context in use, undefined where the kubeconfig doesn't say: the identity that a change of cluster is judged by. */
export function activeCluster(text: string, contextName: string | undefined): unknown {
  if (!text) return undefined;
  const { clusters, contexts, "current-context": current } = parse(text);
  const wanted = contexts.find(({ name }) => name === (contextName || current))?.context.cluster;
  return clusters.find(({ name }) => name === wanted)?.cluster;
}

// Members that need no more than Node to be honoured; any other is left to @kubernetes/client-node, whose import alone
// takes longer than all else that a deployment without changes does.
const plainCluster = v.strictObject({
  server: v.string(),
  "certificate-authority-data": v.optional(v.string()),
  "insecure-skip-tls-verify": v.optional(v.boolean(), false),
  "tls-server-name": v.optional(v.string()),
});
const plainUser = v.strictObject({
  "client-certificate-data": v.optional(v.string()),
  "client-key-data": v.optional(v.string()),
  token: v.optional(v.string()),
});

/** How to reach the API server of a context, of the current one where none is named. Throws when there is no such context. */
export function connectionTo(text: string, contextName: string | undefined): Connection {
  const { clusters, contexts, users, "current-context": current } = parse(text);
  const wanted = contextName || current;
  const chosen = contexts.find(({ name }) => name === wanted)?.context;
  const cluster = clusters.find(({ name }) => name === chosen?.cluster)?.cluster;
  if (!chosen || !cluster) {
    throw new Error(
      `The Kubernetes provider's kubeconfig has no context «${wanted}» with a cluster, only ${contexts.map(({ name }) => name).join(", ") || "none"}: name one of them as \`context\`.`,
    );
  }
  const user = users.find(({ name }) => name === chosen.user)?.user ?? {};
  const { server, namespace } = { server: cluster.server, namespace: chosen.namespace };
  const [way, who] = [v.safeParse(plainCluster, cluster), v.safeParse(plainUser, user)];
  if (!way.success || !who.success) return { server, namespace, options: () => clientNodeOptions(text, wanted) };
  const decoded = (data: string | undefined) => (data === undefined ? undefined : Buffer.from(data, "base64"));
  const agentOptions = {
    keepAlive: true,
    timeout: 30_000,
    ca: decoded(way.output["certificate-authority-data"]),
    cert: decoded(who.output["client-certificate-data"]),
    key: decoded(who.output["client-key-data"]),
    servername: way.output["tls-server-name"],
    rejectUnauthorized: !way.output["insecure-skip-tls-verify"],
  };
  const options = {
    agent: server.startsWith("https:") ? new Agent(agentOptions) : new PlainAgent(agentOptions),
    headers: who.output.token === undefined ? {} : { authorization: `Bearer ${who.output.token}` },
  };
  return { server, namespace, options: async () => options };
}

async function clientNodeOptions(text: string, contextName: string): Promise<RequestOptions> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromString(text);
  config.setCurrentContext(contextName);
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  return options;
}
