// What kubectl rejects in a kubeconfig that can be parsed: contradictions that would otherwise lead to a refused or
// unintended login. The rules are those of client-go, and thus of Pulumi's plugin. tests/e2e/kubectl.test.ts checks a
// table of cases against a real kubectl.
import type { ClusterEntry, UserEntry } from "./kubeconfig.ts";

/** Whether requests to an API server go without TLS. client-go sends no credentials then, and neither do we. */
export function isWithoutTls(cluster: ClusterEntry): boolean {
  return !cluster.server.startsWith("https:");
}

/** Versions of the interface to credential programs that client-go still supports. */
const execVersions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

/**
 * What is wrong with a cluster entry, as the end of a sentence that begins with "its cluster"; undefined if nothing.
 */
export function clusterFault(cluster: ClusterEntry): string | undefined {
  const authority = "certificate-authority";
  const [file, data] = [cluster[authority], cluster[`${authority}-data`]];
  if (cluster["insecure-skip-tls-verify"] && (file || data)) {
    return `has an authority for its certificate, and insecure-skip-tls-verify, which would not use it`;
  }
  if (file && data) return `has both ${authority} and ${authority}-data`;
  const proxy = cluster["proxy-url"];
  if (proxy && !/^(https?|socks5):\/\/[^\s/]+\S*$/i.test(proxy)) {
    return "has a proxy-url that does not begin with http://, https:// or socks5://";
  }
  return undefined;
}

/** What is wrong with a user entry, as the end of a sentence that begins with "its user"; undefined if nothing. */
export function userFault(user: UserEntry, withoutTls: boolean): string | undefined {
  for (const part of ["client-certificate", "client-key"] as const) {
    if (user[part] && user[`${part}-data`]) return `has both ${part} and ${part}-data`;
  }
  const certificate = user["client-certificate"] || user["client-certificate-data"];
  const key = user["client-key"] || user["client-key-data"];
  if (certificate && !key) return "has a client certificate without its key";
  const token = user.token || user.tokenFile;
  if (token && user.username) return "has a token and a username, and only one of the two can be used";
  if (!user.as && (user["as-uid"] || user["as-groups"]?.length || Object.keys(user["as-user-extra"] ?? {}).length)) {
    return "acts for groups, a uid or further attributes (as-groups, as-uid, as-user-extra), but for nobody (as)";
  }
  const program = user.exec ? execFault(user.exec) : undefined;
  if (program !== undefined) return program;
  const provider = user["auth-provider"];
  if (provider && user.exec) return "has both exec and auth-provider";
  if (provider && provider.name !== "oidc") {
    return `has the auth-provider ${JSON.stringify(provider.name)}, which Kubernetes has removed; a program for credentials (exec) has taken its place`;
  }
  if (provider && !token && !(provider.config?.["idp-issuer-url"] && provider.config["client-id"])) {
    return "has the auth-provider oidc without an idp-issuer-url or a client-id";
  }
  if (!certificate && !token && !user.username && !user.exec && !provider && !withoutTls) {
    return "has no credentials, where kubectl would ask for a name";
  }
  return undefined;
}

function execFault(exec: NonNullable<UserEntry["exec"]>): string | undefined {
  if (exec.command === "") return "has a program for credentials (exec) without a command";
  if (!exec.apiVersion || !execVersions.includes(exec.apiVersion)) {
    return `has a program for credentials (exec) whose apiVersion is not one of ${execVersions.join(" and ")}`;
  }
  const mode = exec.interactiveMode;
  if (mode && !["Never", "IfAvailable", "Always"].includes(mode)) {
    return "has a program for credentials (exec) whose interactiveMode is not one of Never, IfAvailable and Always";
  }
  if (!mode && exec.apiVersion === execVersions[0]) {
    return "has a program for credentials (exec) without interactiveMode";
  }
  if (mode === "Always") {
    return "has a program for credentials (exec) that must ask at a terminal (interactiveMode: Always), and here is none";
  }
  return undefined;
}
