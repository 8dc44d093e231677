// Kubeconfigs as people have them, and how kubectl interprets each: a request with these credentials, or a refusal.
// tests/e2e/kubectl.test.ts checks the table against a real kubectl, and `npm test` checks our own readers against it.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { dirname, join } from "node:path";
import type { TLSSocket } from "node:tls";
import { kubeconfigNeighbours } from "./kubeconfig-neighbours.ts";
import { base64, bearer, config, script } from "./kubeconfig-parts.ts";

/** How an API server sees the client. */
export interface Seen {
  /** Header `Authorization`; a certificate's subject. */
  authorization?: string;
  certificate?: string;
  /** Headers `Impersonate-…`, as `name: value`, sorted. */
  acting?: string[];
  /** The name that was asked for in the handshake. */
  servername?: string;
  /** It came by way of the proxy. */
  proxied?: boolean;
}

export interface KubeconfigCase {
  what: string;
  /** By name in the folder; `config` is the kubeconfig unless `kubeconfig` says otherwise. */
  files: Record<string, string | Buffer>;
  /** Names of the files in $KUBECONFIG. Default: `config`. */
  kubeconfig?: string[];
  context?: string;
  env?: NodeJS.ProcessEnv;
  /** How the server sees the client; "refused": no request reaches it. */
  expected: Seen | "refused";
}

/** Where the cases' servers listen. */
export interface Places {
  /** `http://…` */
  plain: string;
  /** `https://…`, with a certificate for 127.0.0.1 and `kubernetes`. */
  secure: string;
  /** `https://…`, with a certificate that an authority in the middle of a chain has signed. */
  chained: string;
  /** `https://localhost:…`, with a certificate for that name as its common name alone. */
  nameless: string;
  /** `http://…`, which takes CONNECT, and a name and a password, if any, that are "pi" and "p@ss". */
  proxy: string;
  /** `socks5://…`, the same. */
  socks: string;
  /** PEM. */
  authority: string;
  /** The one that has signed the certificate of `chained`. */
  middle: string;
  clientCertificate: string;
  clientKey: string;
}

/** A credential program that returns this token. */
const program = (token: string, apiVersion = "client.authentication.k8s.io/v1") =>
  `#!/bin/sh\necho '{"kind":"ExecCredential","apiVersion":"${apiVersion}","status":{"token":"${token}"}}'\n`;

export function kubeconfigCases(places: Places): KubeconfigCase[] {
  const { plain, secure, proxy, authority, clientCertificate, clientKey } = places;
  const https = { server: secure, "certificate-authority-data": base64(authority) };
  const yaml = (text: string) => text.replaceAll("SECURE", secure).replaceAll("AUTHORITY", base64(authority));
  const good = config(https, { token: "t" });
  const execs = (command: string, more: object = {}) => ({
    exec: { apiVersion: "client.authentication.k8s.io/v1", command, interactiveMode: "Never", ...more },
  });
  const utf16 = (order: "le" | "be") => {
    const body = Buffer.from(`\ufeff${good}`, "utf16le");
    return order === "le" ? body : body.swap16();
  };
  return [
    { what: "a token", files: { config: good }, expected: bearer("t") },
    {
      what: "nobody in particular, whom kubectl would ask for a name",
      files: { config: config(https, {}) },
      expected: "refused",
    },
    { what: "a token without TLS", files: { config: config({ server: plain }, { token: "t" }) }, expected: {} },
    { what: "nobody in particular, without TLS", files: { config: config({ server: plain }, {}) }, expected: {} },
    {
      what: "a program for credentials without TLS",
      files: { config: config({ server: plain }, execs("./get-token")), "get-token": program("x") },
      expected: {},
    },
    {
      what: "acting for somebody without TLS",
      files: { config: config({ server: plain }, { token: "t", as: "admin" }) },
      expected: { acting: ["impersonate-user: admin"] },
    },
    {
      what: "a user who is not there, without TLS",
      files: {
        config: config({ server: plain }, {}, { contexts: [{ name: "pi", context: { cluster: "c", user: "gone" } }] }),
      },
      expected: {},
    },
    {
      what: "a user and a password",
      files: { config: config(https, { username: "pi", password: "p" }) },
      expected: { authorization: `Basic ${base64("pi:p")}` },
    },
    {
      what: "a token in a file",
      files: { config: config(https, { tokenFile: "token" }), token: "from a file\n" },
      expected: bearer("from a file"),
    },
    {
      what: "a token, and one in a file",
      files: { config: config(https, { token: "t", tokenFile: "token" }), token: "f" },
      expected: bearer("f"),
    },
    {
      what: "a token, and a file that is gone",
      files: { config: config(https, { token: "t", tokenFile: "gone" }) },
      expected: bearer("t"),
    },
    {
      what: "a file for the token that is gone",
      files: { config: config(https, { tokenFile: "gone" }) },
      expected: "refused",
    },
    {
      what: "a file for the token that is empty, and a token",
      files: { config: config(https, { token: "t", tokenFile: "token" }), token: "" },
      expected: bearer("t"),
    },
    {
      what: "a token with a certificate's authority",
      files: { config: config(https, { token: "t" }) },
      expected: { ...bearer("t") },
    },
    {
      what: "an authority in a file",
      files: {
        "home/config": config({ server: secure, "certificate-authority": "../ca.crt" }, { token: "t" }),
        "ca.crt": authority,
      },
      kubeconfig: ["home/config"],
      expected: bearer("t"),
    },
    {
      what: "an authority's file that is gone",
      files: { config: config({ server: secure, "certificate-authority": "gone.crt" }, { token: "t" }) },
      expected: "refused",
    },
    {
      what: "an authority as data, and a file that is gone",
      files: { config: config({ ...https, "certificate-authority": "gone.crt" }, { token: "t" }) },
      expected: "refused",
    },
    {
      what: "an authority as data and in a file",
      files: { config: config({ ...https, "certificate-authority": "ca.crt" }, { token: "t" }), "ca.crt": authority },
      expected: "refused",
    },
    { what: "no authority", files: { config: config({ server: secure }, { token: "t" }) }, expected: "refused" },
    {
      what: "no verification",
      files: { config: config({ server: secure, "insecure-skip-tls-verify": true }, { token: "t" }) },
      expected: bearer("t"),
    },
    {
      what: "no verification, and an authority all the same",
      files: { config: config({ ...https, "insecure-skip-tls-verify": true }, { token: "t" }) },
      expected: "refused",
    },
    {
      what: "an authority that is no certificate",
      files: { config: config({ server: secure, "certificate-authority-data": base64("nothing") }, { token: "t" }) },
      expected: "refused",
    },
    {
      what: "an authority that is not in base64",
      files: { config: config({ server: secure, "certificate-authority-data": "%%%" }, { token: "t" }) },
      expected: "refused",
    },
    {
      what: "another name for the certificate",
      files: { config: config({ ...https, "tls-server-name": "kubernetes" }, { token: "t" }) },
      expected: { ...bearer("t"), servername: "kubernetes" },
    },
    {
      what: "a name that the certificate has not",
      files: { config: config({ ...https, "tls-server-name": "elsewhere" }, { token: "t" }) },
      expected: "refused",
    },
    {
      what: "a client's certificate as data",
      files: {
        config: config(https, {
          "client-certificate-data": base64(clientCertificate),
          "client-key-data": base64(clientKey),
        }),
      },
      expected: { certificate: "pi" },
    },
    {
      what: "a client's certificate in files",
      files: {
        config: config(https, { "client-certificate": "pi.crt", "client-key": "keys/pi.key" }),
        "pi.crt": clientCertificate,
        "keys/pi.key": clientKey,
      },
      expected: { certificate: "pi" },
    },
    {
      what: "a client's certificate as data and in a file",
      files: {
        config: config(https, {
          "client-certificate-data": base64(clientCertificate),
          "client-key-data": base64(clientKey),
          "client-certificate": "pi.crt",
        }),
        "pi.crt": clientCertificate,
      },
      expected: "refused",
    },
    {
      what: "a client's key as data and in a file",
      files: {
        config: config(https, {
          "client-certificate-data": base64(clientCertificate),
          "client-key-data": base64(clientKey),
          "client-key": "pi.key",
        }),
        "pi.key": clientKey,
      },
      expected: "refused",
    },
    {
      what: "a client's certificate and a token",
      files: {
        config: config(https, {
          "client-certificate-data": base64(clientCertificate),
          "client-key-data": base64(clientKey),
          token: "t",
        }),
      },
      expected: { ...bearer("t"), certificate: "pi" },
    },
    {
      what: "a client's certificate's file that is gone",
      files: { config: config(https, { "client-certificate": "gone.crt", "client-key-data": base64(clientKey) }) },
      expected: "refused",
    },
    {
      what: "a key without its certificate",
      files: { config: config(https, { token: "t", "client-key-data": base64(clientKey) }) },
      expected: bearer("t"),
    },
    {
      what: "a certificate and the key of another",
      files: {
        config: config(https, { "client-certificate-data": base64(authority), "client-key-data": base64(clientKey) }),
      },
      expected: "refused",
    },
    {
      what: "a token, and a user with a password",
      files: { config: config(https, { token: "t", username: "pi", password: "p" }) },
      expected: "refused",
    },
    {
      what: "a user without a password",
      files: { config: config(https, { username: "pi" }) },
      expected: { authorization: `Basic ${base64("pi:")}` },
    },
    { what: "a password without a user", files: { config: config(https, { password: "p" }) }, expected: "refused" },
    { what: "a token that is empty", files: { config: config(https, { token: "" }) }, expected: "refused" },
    {
      what: "a token with a line break behind it",
      files: { config: config(https, { token: "t\n" }) },
      expected: "refused",
    },
    {
      what: "a certificate without its key",
      files: { config: config(https, { "client-certificate-data": base64(clientCertificate) }) },
      expected: "refused",
    },
    {
      what: "acting for somebody",
      files: { config: config(https, { token: "t", as: "admin" }) },
      expected: { ...bearer("t"), acting: ["impersonate-user: admin"] },
    },
    {
      what: "acting for somebody of groups",
      files: { config: config(https, { token: "t", as: "admin", "as-groups": ["system:masters", "b, c"] }) },
      expected: {
        ...bearer("t"),
        acting: ["impersonate-group: b, c", "impersonate-group: system:masters", "impersonate-user: admin"],
      },
    },
    {
      what: "acting for somebody with an identity and more",
      files: {
        config: config(https, {
          token: "t",
          as: "admin",
          "as-uid": "42",
          "as-user-extra": { "example.com/reason": ["a", "b"] },
        }),
      },
      expected: {
        ...bearer("t"),
        acting: [
          "impersonate-extra-example.com%2freason: a",
          "impersonate-extra-example.com%2freason: b",
          "impersonate-uid: 42",
          "impersonate-user: admin",
        ],
      },
    },
    {
      what: "groups without somebody to act for",
      files: { config: config(https, { token: "t", "as-groups": ["g"] }) },
      expected: "refused",
    },
    {
      what: "an identity without somebody to act for",
      files: { config: config(https, { token: "t", "as-uid": "42" }) },
      expected: "refused",
    },
    {
      what: "a program for credentials by its path",
      files: { "home/config": config(https, execs("./get-token")), "home/get-token": program("x") },
      kubeconfig: ["home/config"],
      expected: bearer("x"),
    },
    {
      what: "a program for credentials on PATH",
      files: { config: config(https, execs("sh", { args: ["-c", program("p").split("\n")[1]] })) },
      expected: bearer("p"),
    },
    {
      what: "a program that gets a variable",
      files: {
        config: config(https, execs("./get-token", { env: [{ name: "WORD", value: "v" }] })),
        "get-token": `#!/bin/sh\necho "{\\"kind\\":\\"ExecCredential\\",\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",\\"status\\":{\\"token\\":\\"$WORD\\"}}"\n`,
      },
      expected: bearer("v"),
    },
    {
      what: "a program for credentials of the beta interface",
      files: {
        config: config(https, execs("./get-token", { apiVersion: "client.authentication.k8s.io/v1beta1" })),
        "get-token": program("b", "client.authentication.k8s.io/v1beta1"),
      },
      expected: bearer("b"),
    },
    {
      what: "a program that answers by another interface",
      files: {
        config: config(https, execs("./get-token")),
        "get-token": program("b", "client.authentication.k8s.io/v1beta1"),
      },
      expected: "refused",
    },
    {
      what: "a program of an interface that is gone",
      files: {
        config: config(https, execs("./get-token", { apiVersion: "client.authentication.k8s.io/v1alpha1" })),
        "get-token": program("b", "client.authentication.k8s.io/v1alpha1"),
      },
      expected: "refused",
    },
    {
      what: "a program without an interface",
      files: {
        config: config(https, { exec: { command: "./get-token", interactiveMode: "Never" } }),
        "get-token": program("b"),
      },
      expected: "refused",
    },
    {
      what: "a program that does not say whether it asks",
      files: {
        config: config(https, { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "./get-token" } }),
        "get-token": program("b"),
      },
      expected: "refused",
    },
    {
      what: "a program that must ask",
      files: { config: config(https, execs("./get-token", { interactiveMode: "Always" })), "get-token": program("b") },
      expected: "refused",
    },
    {
      what: "a program that fails",
      files: { config: config(https, execs("./get-token")), "get-token": "#!/bin/sh\necho no login >&2; exit 3\n" },
      expected: "refused",
    },
    { what: "a program that is not there", files: { config: config(https, execs("./gone")) }, expected: "refused" },
    {
      what: "a program, and a token",
      files: { config: config(https, { token: "t", ...execs("./get-token") }), "get-token": program("x") },
      expected: bearer("t"),
    },
    {
      what: "a program's certificate",
      files: {
        config: config(https, execs("./get-token")),
        "get-token": script(
          JSON.stringify({
            kind: "ExecCredential",
            apiVersion: "client.authentication.k8s.io/v1",
            status: { clientCertificateData: clientCertificate, clientKeyData: clientKey },
          }),
        ),
      },
      expected: { certificate: "pi" },
    },
    {
      what: "a login of a cloud that was built in once",
      files: { config: config(https, { "auth-provider": { name: "gcp" } }) },
      expected: "refused",
    },
    { what: "UTF-8 with a mark", files: { config: `\ufeff${good}` }, expected: bearer("t") },
    { what: "UTF-16, as PowerShell writes it", files: { config: utf16("le") }, expected: bearer("t") },
    { what: "UTF-16 the other way round", files: { config: utf16("be") }, expected: bearer("t") },
    {
      what: "lines that end as on Windows",
      files: {
        config: yaml(
          "apiVersion: v1\r\nkind: Config\r\ncurrent-context: pi\r\nclusters:\r\n- name: c\r\n  cluster: {server: 'SECURE', certificate-authority-data: AUTHORITY}\r\nusers:\r\n- name: u\r\n  user: {token: t}\r\ncontexts:\r\n- name: pi\r\n  context: {cluster: c, user: u}\r\n",
        ),
      },
      expected: bearer("t"),
    },
    {
      what: "a tab where YAML has none",
      files: { config: yaml("current-context: pi\nclusters:\n\t- name: c\n") },
      expected: "refused",
    },
    {
      what: "YAML's short names for parts",
      files: {
        config: yaml(
          "apiVersion: v1\nkind: Config\ncurrent-context: pi\nclusters: [{name: c, cluster: &here {server: 'SECURE', certificate-authority-data: AUTHORITY}}, {name: d, cluster: *here}]\nusers: [{name: u, user: {token: t}}]\ncontexts: [{name: pi, context: {cluster: d, user: u}}]\n",
        ),
      },
      expected: bearer("t"),
    },
    {
      what: "two documents in one file",
      files: { config: `${good}\n---\n${config(https, { token: "second" })}\n` },
      expected: bearer("t"),
    },
    {
      what: "a key twice",
      files: {
        config: yaml(
          "apiVersion: v1\nkind: Config\ncurrent-context: no\ncurrent-context: pi\nclusters: [{name: c, cluster: {server: 'SECURE', certificate-authority-data: AUTHORITY}}]\nusers: [{name: u, user: {token: t}}]\ncontexts: [{name: pi, context: {cluster: c, user: u}}]\n",
        ),
      },
      expected: bearer("t"),
    },
    {
      what: "keys that nobody knows",
      files: {
        config: config(
          { ...https, colour: "red" },
          { token: "t", shoe: 42 },
          { preferences: {}, extensions: null, more: [1] },
        ),
      },
      expected: bearer("t"),
    },
    {
      what: "no version and no kind",
      files: { config: config(https, { token: "t" }, { apiVersion: undefined, kind: undefined }) },
      expected: bearer("t"),
    },
    {
      what: "another version",
      files: { config: config(https, { token: "t" }, { apiVersion: "v2" }) },
      expected: "refused",
    },
    { what: "another kind", files: { config: config(https, { token: "t" }, { kind: "Pod" }) }, expected: "refused" },
    {
      what: "two clusters of one name",
      files: {
        config: config(
          https,
          { token: "t" },
          {
            clusters: [
              { name: "c", cluster: https },
              { name: "c", cluster: { server: "http://127.0.0.1:9" } },
            ],
          },
        ),
      },
      expected: "refused",
    },
    {
      what: "two users of one name",
      files: {
        config: config(
          https,
          {},
          {
            users: [
              { name: "u", user: { token: "one" } },
              { name: "u", user: { token: "two" } },
            ],
          },
        ),
      },
      expected: "refused",
    },
    {
      what: "two contexts of one name",
      files: {
        config: config(
          https,
          { token: "t" },
          {
            contexts: [
              { name: "pi", context: { cluster: "c", user: "u" } },
              { name: "pi", context: { cluster: "c", user: "gone" } },
            ],
          },
        ),
      },
      expected: "refused",
    },
    {
      what: "a token that is a number",
      files: {
        config: yaml(
          "apiVersion: v1\nkind: Config\ncurrent-context: pi\nclusters: [{name: c, cluster: {server: 'SECURE', certificate-authority-data: AUTHORITY}}]\nusers: [{name: u, user: {token: 123}}]\ncontexts: [{name: pi, context: {cluster: c, user: u}}]\n",
        ),
      },
      expected: "refused",
    },
    {
      what: "a name that is a number",
      files: {
        config: yaml(
          "apiVersion: v1\nkind: Config\ncurrent-context: pi\nclusters: [{name: 1, cluster: {server: 'SECURE', certificate-authority-data: AUTHORITY}}]\nusers: [{name: u, user: {token: t}}]\ncontexts: [{name: pi, context: {cluster: '1', user: u}}]\n",
        ),
      },
      expected: "refused",
    },
    {
      what: "a user that is nothing",
      files: { config: config(https, {}, { users: [{ name: "u", user: null }] }) },
      expected: "refused",
    },
    {
      what: "a context without a user",
      files: { config: config(https, { token: "t" }, { contexts: [{ name: "pi", context: { cluster: "c" } }] }) },
      expected: "refused",
    },
    {
      what: "a context with a user who is not there",
      files: {
        config: config(https, { token: "t" }, { contexts: [{ name: "pi", context: { cluster: "c", user: "gone" } }] }),
      },
      expected: "refused",
    },
    {
      what: "a context with a cluster that is not there",
      files: {
        config: config(https, { token: "t" }, { contexts: [{ name: "pi", context: { cluster: "gone", user: "u" } }] }),
      },
      expected: "refused",
    },
    {
      what: "a current context that is not there",
      files: { config: config(https, { token: "t" }, { "current-context": "gone" }) },
      expected: "refused",
    },
    {
      what: "another context than the current one",
      files: { config: config(https, { token: "t" }, { "current-context": "gone" }) },
      context: "pi",
      expected: bearer("t"),
    },
    {
      what: "several files: of one name the first counts",
      files: { one: config(https, { token: "one" }), two: config(https, { token: "two" }) },
      kubeconfig: ["gone", "one", "two"],
      expected: bearer("one"),
    },
    {
      what: "several files: parts from each",
      files: {
        one: JSON.stringify({ "current-context": "pi", users: [{ name: "u", user: { token: "one" } }] }),
        two: JSON.stringify({
          clusters: [{ name: "c", cluster: https }],
          contexts: [{ name: "pi", context: { cluster: "c", user: "u" } }],
        }),
      },
      kubeconfig: ["one", "two"],
      expected: bearer("one"),
    },
    {
      what: "several files: an empty one among them",
      files: { one: "", two: good },
      kubeconfig: ["one", "two"],
      expected: bearer("t"),
    },
    {
      what: "several files: a damaged one among them",
      files: { one: "clusters: [", two: good },
      kubeconfig: ["one", "two"],
      expected: "refused",
    },
    {
      what: "a server without a scheme",
      files: { config: config({ server: plain.replace("http://", "") }, { token: "t" }) },
      expected: {},
    },
    {
      what: "a server with a slash at its end",
      files: { config: config({ ...https, server: `${secure}/` }, { token: "t" }) },
      expected: bearer("t"),
    },
    {
      what: "a server behind a path",
      files: { config: config({ ...https, server: `${secure}/k8s/clusters/c-1` }, { token: "t" }) },
      expected: bearer("t"),
    },
    {
      what: "a proxy in the kubeconfig",
      files: { config: config({ ...https, "proxy-url": proxy }, { token: "t" }) },
      expected: { ...bearer("t"), proxied: true },
    },
    {
      what: "a proxy that is no address",
      files: { config: config({ ...https, "proxy-url": "pi" }, { token: "t" }) },
      expected: "refused",
    },
    {
      what: "a proxy in the environment, for another machine",
      files: {
        config: config(
          { ...https, server: secure.replace("127.0.0.1", "api.pi.invalid"), "tls-server-name": "kubernetes" },
          { token: "t" },
        ),
      },
      env: { HTTPS_PROXY: proxy },
      expected: { ...bearer("t"), proxied: true, servername: "kubernetes" },
    },
    {
      what: "a proxy in the environment, for this machine",
      files: { config: config(https, { token: "t" }) },
      env: { HTTPS_PROXY: "http://127.0.0.1:9" },
      expected: bearer("t"),
    },
    {
      what: "a proxy in the environment that is not for this name",
      files: { config: config({ ...https, server: secure.replace("127.0.0.1", "api.pi.invalid") }, { token: "t" }) },
      env: { HTTPS_PROXY: proxy, NO_PROXY: ".pi.invalid" },
      expected: "refused",
    },
    ...kubeconfigNeighbours(places),
  ];
}

/** Writes a case's files. @returns $KUBECONFIG. */
export function writeCase({ files, kubeconfig = ["config"] }: KubeconfigCase, folder: string): string {
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    if (/^#!/.test(content.toString("utf8"))) chmodSync(file, 0o755);
  }
  return kubeconfig.map((name) => join(folder, name)).join(":");
}

/** Servers that answer `/version`, and report how they see the client. */
export async function startCaseServers(folder: string): Promise<Places & { seen: Seen[]; stop(): void }> {
  const pem = (name: string) => readFileSync(join(folder, name), "utf8");
  // By one shell: a process of Node.js starts a dozen others more slowly.
  const commands: string[] = [];
  const openssl = (...args: string[]) => commands.push(["openssl", ...args].map((word) => `'${word}'`).join(" "));
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  openssl("req", "-x509", ...ec, "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.crt");
  const signed = (name: string, subject: string, extensions: string, by = "ca") => {
    writeFileSync(join(folder, `${name}.ext`), extensions);
    openssl("req", ...ec.slice(0, -2), "-subj", subject, "-keyout", `${name}.key`, "-out", `${name}.csr`);
    openssl(
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      "-CA",
      `${by}.crt`,
      "-CAkey",
      `${by}.key`,
      "-CAcreateserial",
      "-days",
      "2",
      "-extfile",
      `${name}.ext`,
      "-out",
      `${name}.crt`,
    );
  };
  signed("server", "/CN=server", "subjectAltName=IP:127.0.0.1,DNS:kubernetes\n");
  signed("client", "/CN=pi", "extendedKeyUsage=clientAuth\n");
  signed("middle", "/CN=middle", "basicConstraints=critical,CA:TRUE\n");
  signed("chained", "/CN=chained", "subjectAltName=IP:127.0.0.1,DNS:kubernetes\n", "middle");
  signed("nameless", "/CN=localhost", "extendedKeyUsage=serverAuth\n");
  const made = spawnSync("sh", ["-ec", commands.join("\n")], { cwd: folder, encoding: "utf8" });
  if (made.status !== 0) throw new Error(`openssl: ${made.error ?? made.stderr}`);

  const seen: Seen[] = [];
  const proxiedPorts = new Set<number | undefined>();
  const answer: RequestListener = (request, response) => {
    seen.push(whoAsks(request, proxiedPorts));
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ major: "1", minor: "34", gitVersion: "v1.34.2" }));
  };
  const plain = createServer(answer);
  const withTls = (name: string) =>
    createTlsServer(
      {
        key: pem(`${name}.key`),
        cert: pem(`${name}.crt`),
        ca: pem("ca.crt"),
        requestCert: true,
        rejectUnauthorized: false,
      },
      answer,
    );
  const [secure, chained, nameless] = [withTls("server"), withTls("chained"), withTls("nameless")];
  const socks = createSocksServer(() => portOf(secure), proxiedPorts);
  const proxy = createServer();
  proxy.on("connect", (request, socket) => {
    const { "proxy-authorization": login = `Basic ${base64("pi:p@ss")}` } = request.headers;
    if (login !== `Basic ${base64("pi:p@ss")}`) return void socket.end("HTTP/1.1 407 Wrong\r\n\r\n");
    // All names are here.
    const onward = connect(portOf(secure), "127.0.0.1", () => {
      proxiedPorts.add(onward.localPort);
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    for (const each of [onward, socket]) each.on("error", () => onward.destroy());
    if (!request.url) socket.end();
  });
  const servers: Server[] = [plain, secure, chained, nameless, proxy];
  await new Promise<void>((listening) => socks.listen(0, "127.0.0.1", listening));
  for (const server of servers) await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    plain: `http://127.0.0.1:${portOf(plain)}`,
    secure: `https://127.0.0.1:${portOf(secure)}`,
    chained: `https://127.0.0.1:${portOf(chained)}`,
    nameless: `https://localhost:${portOf(nameless)}`,
    proxy: `http://127.0.0.1:${portOf(proxy)}`,
    socks: `socks5://127.0.0.1:${portOf(socks)}`,
    authority: pem("ca.crt"),
    middle: pem("middle.crt"),
    clientCertificate: pem("client.crt"),
    clientKey: pem("client.key"),
    seen,
    stop: () => {
      socks.close();
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

/** A SOCKS 5 proxy that maps all names to one port. It asks for a name and a password if the client offers them. */
function createSocksServer(target: () => number, proxiedPorts: Set<number | undefined>): TcpServer {
  return createTcpServer((socket) => {
    socket.on("error", () => {});
    const steps = [
      (data: Buffer) => {
        const withPassword = data.subarray(2).includes(2);
        socket.write(Buffer.from([5, withPassword ? 2 : 0]));
        if (!withPassword) steps.splice(1, 1);
      },
      (data: Buffer) => {
        const name = data.subarray(2, 2 + (data[1] ?? 0)).toString();
        const password = data.subarray(3 + (data[1] ?? 0)).toString();
        if (name === "pi" && password === "p@ss") socket.write(Buffer.from([1, 0]));
        else socket.end(Buffer.from([1, 1]));
      },
      () => {
        const onward = connect(target(), "127.0.0.1", () => {
          proxiedPorts.add(onward.localPort);
          socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
          onward.pipe(socket).pipe(onward);
        });
        onward.on("error", () => socket.destroy());
        socket.on("close", () => onward.destroy());
        socket.off("data", next);
      },
    ];
    let step = 0;
    const next = (data: Buffer) => steps[step++]?.(data);
    socket.on("data", next);
  });
}

// An address of a listening TCP server is never a string.
const portOf = (server: Server | TcpServer) => (server.address() as AddressInfo).port;

function whoAsks(request: IncomingMessage, proxied: ReadonlySet<number | undefined>): Seen {
  const acting: string[] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i]?.toLowerCase() ?? "";
    if (name.startsWith("impersonate-")) acting.push(`${name}: ${request.rawHeaders[i + 1]}`);
  }
  // Of the secure server's requests it is one of TLS.
  const socket = request.socket as TLSSocket;
  const subject = socket.encrypted ? socket.getPeerCertificate().subject?.CN : undefined;
  const { authorization } = request.headers;
  return {
    ...(authorization !== undefined && { authorization }),
    ...(subject !== undefined && { certificate: [subject].flat().join() }),
    ...(acting.length > 0 && { acting: acting.sort() }),
    ...(socket.encrypted && socket.servername && { servername: socket.servername }),
    ...(proxied.has(socket.remotePort) && { proxied: true }),
  };
}
