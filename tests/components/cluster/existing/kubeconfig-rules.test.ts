import test from "ava";
import { Failure } from "../../../../analysis/failure.js";
import { chooseContext, parseKubeconfig } from "../../../../components/cluster/existing/kubeconfig.ts";
import { assertFault } from "../../../helpers/faults.ts";

// Checks our messages. tests/e2e/kubectl.test.ts checks against a real kubectl which of these are refused.
const contradictions: [what: string, cluster: string, user: string, said: RegExp][] = [
  [
    "a cluster that is verified and is not",
    "insecure-skip-tls-verify: true, certificate-authority: ca.crt",
    "token: secret",
    /its cluster has an authority for its certificate, and insecure-skip-tls-verify/,
  ],
  [
    "an authority twice",
    "certificate-authority: ca.crt, certificate-authority-data: eA==",
    "token: secret",
    /its cluster has both certificate-authority and certificate-authority-data/,
  ],
  ["a proxy that is no address", "proxy-url: pi", "token: secret", /its cluster has a proxy-url that does not begin/],
  [
    "a certificate twice",
    "",
    "client-certificate: a, client-certificate-data: c2VjcmV0, client-key: b",
    /its user has both client-certificate and client-certificate-data/,
  ],
  [
    "a key twice",
    "",
    "client-certificate: a, client-key: b, client-key-data: c2VjcmV0",
    /its user has both client-key and client-key-data/,
  ],
  [
    "a certificate without its key",
    "",
    "client-certificate-data: c2VjcmV0",
    /its user has a client certificate without its key/,
  ],
  ["a token beside a name", "", "token: secret, username: pi", /its user has a token and a username/],
  ["groups without a name", "", "token: secret, as-groups: [a]", /its user acts for groups, .* but for nobody \(as\)/],
  ["nothing", "", "", /its user has no credentials/],
  [
    "a program without an interface",
    "",
    "exec: {command: secret}",
    /whose apiVersion is not one of client\.authentication\.k8s\.io\/v1 and/,
  ],
  [
    "a program of another interface",
    "",
    "exec: {command: secret, apiVersion: client.authentication.k8s.io/v1alpha1}",
    /whose apiVersion is not one of/,
  ],
  [
    "a program that does not say whether it asks",
    "",
    "exec: {command: secret, apiVersion: client.authentication.k8s.io/v1}",
    /without interactiveMode/,
  ],
  [
    "a program that must ask",
    "",
    "exec: {command: secret, apiVersion: client.authentication.k8s.io/v1beta1, interactiveMode: Always}",
    /must ask at a terminal/,
  ],
  [
    "a program without a command",
    "",
    "exec: {command: '', apiVersion: client.authentication.k8s.io/v1beta1}",
    /without a command/,
  ],
  [
    "a login that Kubernetes has removed",
    "",
    "auth-provider: {name: gcp}",
    /the auth-provider "gcp", which Kubernetes has removed/,
  ],
];
for (const [what, cluster, user, said] of contradictions) {
  test(`a kubeconfig with ${what} is refused in words that name the part, and nothing secret`, (t) => {
    const text = `
current-context: pi
clusters: [{name: c, cluster: {server: "https://pi:6443", ${cluster}}}]
users: [{name: u, user: {${user}}}]
contexts: [{name: pi, context: {cluster: c, user: u}}]
`;
    const { message } = t.throws(() => chooseContext(parseKubeconfig(text, "/home/pi"), ""), { instanceOf: Failure });
    assertFault(t, "kubeconfig-unusable", message);
    t.regex(message, said);
    t.notRegex(message, /secret|\n/);
  });
}
