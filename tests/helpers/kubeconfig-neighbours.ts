// More kubeconfigs as in practice: styles of YAML, certificates and tokens, answers of credential programs, and proxies. The
// expected results are those of kubectl 1.34.2.
import type { KubeconfigCase, Places, Seen } from "./kubeconfig-cases.ts";
import { base64, bearer, config, script } from "./kubeconfig-parts.ts";

const execs = (command: string, more: object = {}) => ({
  exec: { apiVersion: "client.authentication.k8s.io/v1", command, interactiveMode: "Never", ...more },
});
/** A program's answer. */
const cred = (status: object, more: object = {}) =>
  JSON.stringify({ kind: "ExecCredential", apiVersion: "client.authentication.k8s.io/v1", status, ...more });
const jwt = (exp: number) =>
  `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from(JSON.stringify({ exp })).toString("base64url")}.x`;
const of = (
  what: string,
  expected: Seen | "refused",
  text: string | Buffer,
  files: Record<string, string> = {},
  more: Partial<KubeconfigCase> = {},
): KubeconfigCase => ({ what, files: { config: text, ...files }, expected, ...more });

export function kubeconfigNeighbours({
  plain,
  secure,
  chained,
  nameless,
  proxy,
  socks,
  authority,
  middle,
  clientCertificate,
  clientKey,
}: Places): KubeconfigCase[] {
  const https = { server: secure, "certificate-authority-data": base64(authority) };
  const far = { ...https, server: secure.replace("127.0.0.1", "api.pi.invalid"), "tls-server-name": "kubernetes" };
  const k = { ...https, server: secure.replace("127.0.0.1", "kubernetes") };
  /** In YAML, with these lines for the cluster and the user. */
  const y = (head: string, cluster: string, user: string) =>
    `apiVersion: v1\nkind: Config\n${head}\nclusters:\n- name: c\n  cluster:\n    server: ${secure}\n${cluster}\nusers:\n- name: u\n  user:\n${user}\ncontexts:\n- name: pi\n  context: {cluster: c, user: u}\n`;
  const ca = `    certificate-authority-data: ${base64(authority)}`;
  const tok = "    token: t";
  const wrapped = base64(authority).replace(/(.{76})/g, "$1\n");
  const tomorrow = new Date(Date.now() + 86400e3).toISOString();
  return [
    of(
      "base64 wrapped in a block",
      bearer("t"),
      y(
        "current-context: pi",
        `    certificate-authority-data: |\n${wrapped
          .split("\n")
          .map((l) => `      ${l}`)
          .join("\n")}`,
        tok,
      ),
    ),
    of(
      "base64 folded",
      "refused",
      y(
        "current-context: pi",
        `    certificate-authority-data: >\n${wrapped
          .split("\n")
          .map((l) => `      ${l}`)
          .join("\n")}`,
        tok,
      ),
    ),
    of(
      "base64 plain multi-line",
      "refused",
      y(
        "current-context: pi",
        `    certificate-authority-data:\n${wrapped
          .split("\n")
          .map((l) => `      ${l}`)
          .join("\n")}`,
        tok,
      ),
    ),
    of(
      "base64 with newline at its end in JSON",
      bearer("t"),
      config({ ...https, "certificate-authority-data": `${base64(authority)}\n` }, { token: "t" }),
    ),
    of(
      "base64 CRLF",
      bearer("t"),
      config(
        { ...https, "certificate-authority-data": base64(authority).replace(/(.{76})/g, "$1\r\n") },
        { token: "t" },
      ),
    ),
    of(
      "base64 with blank",
      "refused",
      config({ ...https, "certificate-authority-data": base64(authority).replace(/(.{76})/, "$1 ") }, { token: "t" }),
    ),
    of(
      "base64 that lacks its end",
      "refused",
      config({ ...https, "certificate-authority-data": base64(authority).slice(0, -1) }, { token: "t" }),
    ),
    // Three question marks in a row are "Pz8_" here and "Pz8/" in base64, for any certificate.
    of(
      "base64 as in URLs",
      "refused",
      config(
        { ...https, "certificate-authority-data": Buffer.from(`${authority}????????`).toString("base64url") },
        { token: "t" },
      ),
    ),
    of(
      "base64 with trash behind",
      "refused",
      config({ ...https, "certificate-authority-data": `${base64(authority)}%%` }, { token: "t" }),
    ),
    of(
      "client cert base64 with blank",
      "refused",
      config(https, {
        "client-certificate-data": base64(clientCertificate).replace(/(.{76})/, "$1 "),
        "client-key-data": base64(clientKey),
      }),
    ),
    of(
      "client cert base64 wrapped",
      { certificate: "pi" },
      config(https, {
        "client-certificate-data": base64(clientCertificate).replace(/(.{76})/g, "$1\n"),
        "client-key-data": base64(clientKey).replace(/(.{76})/g, "$1\n"),
      }),
    ),
    of("yes for true", bearer("t"), y("current-context: pi", "    insecure-skip-tls-verify: yes", tok)),
    of("on for true", bearer("t"), y("current-context: pi", "    insecure-skip-tls-verify: on", tok)),
    of("True for true", bearer("t"), y("current-context: pi", "    insecure-skip-tls-verify: True", tok)),
    of('"true" for true', "refused", y("current-context: pi", '    insecure-skip-tls-verify: "true"', tok)),
    of("y for true", bearer("t"), y("current-context: pi", "    insecure-skip-tls-verify: y", tok)),
    of("token yes", "refused", y("current-context: pi", ca, "    token: yes")),
    of("token no", "refused", y("current-context: pi", ca, "    token: no")),
    of("token off", "refused", y("current-context: pi", ca, "    token: Off")),
    of("token y", "refused", y("current-context: pi", ca, "    token: y")),
    of("token date", bearer("2024-01-01"), y("current-context: pi", ca, "    token: 2024-01-01")),
    of(
      "token datetime",
      bearer("2024-01-01T10:00:00Z"),
      y("current-context: pi", ca, "    token: 2024-01-01T10:00:00Z"),
    ),
    of("token time 12:30:45", bearer("12:30:45"), y("current-context: pi", ca, "    token: 12:30:45")),
    of("token 1_000", "refused", y("current-context: pi", ca, "    token: 1_000")),
    of("token 0o17", "refused", y("current-context: pi", ca, "    token: 0o17")),
    of("token 017", "refused", y("current-context: pi", ca, "    token: 017")),
    of("token 0b11", "refused", y("current-context: pi", ca, "    token: 0b11")),
    of("token 0x1f", "refused", y("current-context: pi", ca, "    token: 0x1f")),
    of("token 1e3", "refused", y("current-context: pi", ca, "    token: 1e3")),
    of("token 12e34 hex-like", "refused", y("current-context: pi", ca, "    token: 12e34")),
    of("token .inf", "refused", y("current-context: pi", ca, "    token: .inf")),
    of("token ~", { authorization: "Basic eDo=" }, y("current-context: pi", ca, "    token: ~\n    username: x")),
    of("token =", bearer("="), y("current-context: pi", ca, "    token: =")),
    of("token !!str 123", bearer("123"), y("current-context: pi", ca, "    token: !!str 123")),
    of("token !!binary", bearer("t"), y("current-context: pi", ca, `    token: !!binary ${base64("t")}`)),
    of("token !mine t", bearer("t"), y("current-context: pi", ca, "    token: !mine t")),
    of("token << ", bearer("<<"), y("current-context: pi", ca, "    token: <<")),
    of(
      "merge key",
      bearer("t"),
      `x-base: &b {server: ${secure}, certificate-authority-data: ${base64(authority)}}\napiVersion: v1\nkind: Config\ncurrent-context: pi\nclusters: [{name: c, cluster: {<<: *b}}]\nusers: [{name: u, user: {token: t}}]\ncontexts: [{name: pi, context: {cluster: c, user: u}}]\n`,
    ),
    of(
      "context named no",
      "refused",
      `apiVersion: v1\nkind: Config\ncurrent-context: no\nclusters: [{name: c, cluster: {server: '${secure}', certificate-authority-data: ${base64(authority)}}}]\nusers: [{name: u, user: {token: t}}]\ncontexts: [{name: no, context: {cluster: c, user: u}}]\n`,
    ),
    of(
      "context named date",
      bearer("t"),
      `apiVersion: v1\nkind: Config\ncurrent-context: 2024-01-01\nclusters: [{name: c, cluster: {server: '${secure}', certificate-authority-data: ${base64(authority)}}}]\nusers: [{name: u, user: {token: t}}]\ncontexts: [{name: 2024-01-01, context: {cluster: c, user: u}}]\n`,
    ),
    of("comment only", "refused", "# nothing\n"),
    of("leading ---", bearer("t"), `---\n${config(https, { token: "t" })}\n`),
    of("trailing ...", bearer("t"), `${config(https, { token: "t" })}\n...\n`),
    of("empty first document", "refused", `---\n---\n${config(https, { token: "t" })}\n`),
    of("comment first then document", bearer("t"), `# hi\n---\n${config(https, { token: "t" })}\n`),
    of("%YAML directive", bearer("t"), `%YAML 1.1\n---\n${y("current-context: pi", ca, tok)}`),
    of("second document damaged", bearer("t"), `${y("current-context: pi", ca, tok)}---\n{{{\n`),
    of("control character in a comment", "refused", `# \x07\n${y("current-context: pi", ca, tok)}`),
    of("NUL behind", "refused", `${config(https, { token: "t" })}\0\0`),
    of(
      "latin1 bytes in a comment",
      "refused",
      Buffer.concat([Buffer.from("# "), Buffer.from([0xfc]), Buffer.from(`\n${y("current-context: pi", ca, tok)}`)]),
    ),
    of("tab indented JSON", bearer("t"), JSON.stringify(JSON.parse(config(https, { token: "t" })), null, "\t")),
    of("JSON with trailing comma", bearer("t"), config(https, { token: "t" }).replace(/}$/, ",}")),
    of(
      "unicode name",
      bearer("t"),
      config(
        https,
        { token: "t" },
        { "current-context": "größe", contexts: [{ name: "größe", context: { cluster: "c", user: "u" } }] },
      ),
    ),
    of("HTTPS upper-case", bearer("t"), config({ ...https, server: secure.replace("https", "HTTPS") }, { token: "t" })),
    of("server blank behind", "refused", config({ ...https, server: `${secure} ` }, { token: "t" })),
    of("server newline behind", "refused", config({ ...https, server: `${secure}\n` }, { token: "t" })),
    of("server blank before", "refused", config({ ...https, server: ` ${secure}` }, { token: "t" })),
    of("server with query", bearer("t"), config({ ...https, server: `${secure}?x=1` }, { token: "t" })),
    of("server with fragment", bearer("t"), config({ ...https, server: `${secure}#x` }, { token: "t" })),
    of("server empty", "refused", config({ server: "" }, { token: "t" })),
    of("server without scheme localhost", {}, config({ server: plain.replace("http://", "") }, { token: "t" })),
    of("server with one slash", "refused", config({ ...https, server: secure.replace("//", "/") }, { token: "t" })),
    of("server backslashes", "refused", config({ ...https, server: secure.replace("//", "\\\\") }, { token: "t" })),
    of(
      "server of decimal address",
      "refused",
      config({ ...https, server: secure.replace("127.0.0.1", "2130706433") }, { token: "t" }),
    ),
    of(
      "server short address",
      "refused",
      config({ ...https, server: secure.replace("127.0.0.1", "127.1") }, { token: "t" }),
    ),
    of("server ws", "refused", config({ ...https, server: secure.replace("https", "wss") }, { token: "t" })),
    of(
      "cert text before",
      bearer("t"),
      config(
        { ...https, "certificate-authority-data": base64(`Certificate:\n   Data:\n  x\n${authority}`) },
        { token: "t" },
      ),
    ),
    of(
      "two authorities",
      bearer("t"),
      config({ ...https, "certificate-authority-data": base64(`${clientCertificate}${authority}`) }, { token: "t" }),
    ),
    of(
      "authority CRLF PEM",
      bearer("t"),
      config({ ...https, "certificate-authority-data": base64(authority.replace(/\n/g, "\r\n")) }, { token: "t" }),
    ),
    of(
      "authority with a key in it",
      bearer("t"),
      config({ ...https, "certificate-authority-data": base64(`${clientKey}${authority}`) }, { token: "t" }),
    ),
    of(
      "authority with BOM",
      "refused",
      config({ ...https, "certificate-authority-data": base64(`\ufeff${authority}`) }, { token: "t" }),
    ),
    of(
      "authority, one of two damaged",
      bearer("t"),
      config(
        {
          ...https,
          "certificate-authority-data": base64(
            `-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${authority}`,
          ),
        },
        { token: "t" },
      ),
    ),
    of(
      "combined cert and key file",
      { certificate: "pi" },
      config(https, { "client-certificate": "both.pem", "client-key": "both.pem" }),
      { "both.pem": `${clientKey}${clientCertificate}` },
    ),
    of("exec with installHint", "refused", config(https, execs("./gone", { installHint: "get it" }))),
    of("exec YAML answer", bearer("x"), config(https, execs("./g")), {
      g: script("kind: ExecCredential\napiVersion: client.authentication.k8s.io/v1\nstatus: {token: x}"),
    }),
    of("exec text before the answer", "refused", config(https, execs("./g")), {
      g: script(`Logged in\n${cred({ token: "x" })}`),
    }),
    of("exec text behind the answer", "refused", config(https, execs("./g")), {
      g: script(`${cred({ token: "x" })}\nLogged in`),
    }),
    of("exec blank lines around", bearer("x"), config(https, execs("./g")), {
      g: script(`\n\n${cred({ token: "x" })}\n\n`),
    }),
    of("exec certificate without key", "refused", config(https, execs("./g")), {
      g: script(cred({ clientCertificateData: clientCertificate })),
    }),
    of("exec key without certificate", "refused", config(https, execs("./g")), {
      g: script(cred({ token: "x", clientKeyData: clientKey })),
    }),
    of("exec nothing in status", "refused", config(https, execs("./g")), { g: script(cred({})) }),
    of("exec without status", "refused", config(https, execs("./g")), {
      g: script(JSON.stringify({ kind: "ExecCredential", apiVersion: "client.authentication.k8s.io/v1" })),
    }),
    of("exec bad expiry", "refused", config(https, execs("./g")), {
      g: script(cred({ token: "x", expirationTimestamp: "soon" })),
    }),
    of("exec expiry", bearer("x"), config(https, execs("./g")), {
      g: script(cred({ token: "x", expirationTimestamp: tomorrow })),
    }),
    of("exec expiry with offset", bearer("x"), config(https, execs("./g")), {
      g: script(cred({ token: "x", expirationTimestamp: "2099-01-01T00:00:00+02:00" })),
    }),
    of("exec expired at once", bearer("x"), config(https, execs("./g")), {
      g: script(cred({ token: "x", expirationTimestamp: "2001-01-01T00:00:00Z" })),
    }),
    of("exec expiry null", bearer("x"), config(https, execs("./g")), {
      g: script(cred({ token: "x", expirationTimestamp: null })),
    }),
    of("exec expiry local time", "refused", config(https, execs("./g")), {
      g: script(cred({ token: "x", expirationTimestamp: "2099-01-01 00:00:00" })),
    }),
    of("exec token newline", "refused", config(https, execs("./g")), { g: script(cred({ token: "x\n" })) }),
    of("exec token with a blank", bearer("a b"), config(https, execs("./g")), { g: script(cred({ token: "a b" })) }),
    of("exec other kind", "refused", config(https, execs("./g")), {
      g: script(cred({ token: "x" }, { kind: "Other" })),
    }),
    of("exec without kind", bearer("x"), config(https, execs("./g")), {
      g: script(cred({ token: "x" }, { kind: undefined })),
    }),
    of("exec token number", "refused", config(https, execs("./g")), { g: script(cred({ token: 123 })) }),
    of(
      "exec and basic auth",
      { authorization: "Basic dTpw" },
      config(https, { username: "u", password: "p", ...execs("./g") }),
      { g: script(cred({ token: "x" })) },
    ),
    of(
      "exec and client certificate",
      { certificate: "pi" },
      config(https, {
        "client-certificate-data": base64(clientCertificate),
        "client-key-data": base64(clientKey),
        ...execs("./g"),
      }),
      { g: script(cred({ token: "x" })) },
    ),
    of("exec and tokenFile", bearer("tt"), config(https, { tokenFile: "tf", ...execs("./g") }), {
      tf: "tt",
      g: script(cred({ token: "x" })),
    }),
    of("exec not executable", "refused", config(https, execs("./g.txt")), { "g.txt": "hi" }),
    of("exec is a folder", "refused", config(https, execs("./d")), { "d/x": "hi" }),
    of("exec env null", bearer("x"), config(https, execs("./g", { env: null, args: null })), {
      g: script(cred({ token: "x" })),
    }),
    of("exec env number", "refused", config(https, execs("./g", { env: [{ name: "A", value: 1 }] })), {
      g: script(cred({ token: "x" })),
    }),
    of("exec args number", "refused", config(https, execs("./g", { args: [1] })), { g: script(cred({ token: "x" })) }),
    of("exec env without value", bearer("x"), config(https, execs("./g", { env: [{ name: "A" }] })), {
      g: script(cred({ token: "x" })),
    }),
    of("exec mode in other letters", "refused", config(https, execs("./g", { interactiveMode: "never" })), {
      g: script(cred({ token: "x" })),
    }),
    of(
      "exec v1beta1 without mode",
      bearer("x"),
      config(https, { exec: { apiVersion: "client.authentication.k8s.io/v1beta1", command: "./g" } }),
      {
        g: script(
          JSON.stringify({
            kind: "ExecCredential",
            apiVersion: "client.authentication.k8s.io/v1beta1",
            status: { token: "x" },
          }),
        ),
      },
    ),
    of("exec IfAvailable", bearer("x"), config(https, execs("./g", { interactiveMode: "IfAvailable" })), {
      g: script(cred({ token: "x" })),
    }),
    of(
      "exec that wants its info",
      bearer("with"),
      config(
        { ...https, extensions: [{ name: "client.authentication.k8s.io/exec", extension: { audience: "aud" } }] },
        execs("./g", { provideClusterInfo: true }),
      ),
      {
        g: `#!/bin/sh\ncase "$KUBERNETES_EXEC_INFO" in *'"config":{"audience":"aud"}'*) echo '${cred({ token: "with" })}';; *) echo '${cred({ token: "without" })}';; esac\n`,
      },
    ),
    of("exec that wants the authority", bearer("with"), config(https, execs("./g", { provideClusterInfo: true })), {
      g: `#!/bin/sh\ncase "$KUBERNETES_EXEC_INFO" in *certificate-authority-data*) echo '${cred({ token: "with" })}';; *) echo '${cred({ token: "without" })}';; esac\n`,
    }),
    of("exec info without being asked", bearer("with"), config(https, execs("./g")), {
      g: `#!/bin/sh\ncase "$KUBERNETES_EXEC_INFO" in *'"interactive":false'*) echo '${cred({ token: "with" })}';; *) echo '${cred({ token: "without" })}';; esac\n`,
    }),
    of("exec that reads stdin", bearer("in"), config(https, execs("./g", { interactiveMode: "IfAvailable" })), {
      g: `#!/bin/sh\nread x; echo '${cred({ token: "in" })}'\n`,
    }),
    of("exec that exits 0 with nothing", "refused", config(https, execs("./g")), { g: "#!/bin/sh\nexit 0\n" }),
    of(
      "oidc with a good token",
      bearer("eyJhbGciOiJub25lIn0.eyJleHAiOjQwMDAwMDAwMDB9.x"),
      config(https, {
        "auth-provider": {
          name: "oidc",
          config: {
            "idp-issuer-url": "https://x.invalid",
            "client-id": "c",
            "id-token": jwt(4e9),
            "refresh-token": "r",
          },
        },
      }),
    ),
    of(
      "oidc with an old token",
      "refused",
      config(https, {
        "auth-provider": {
          name: "oidc",
          config: {
            "idp-issuer-url": "https://x.invalid",
            "client-id": "c",
            "id-token": jwt(1e9),
            "refresh-token": "r",
          },
        },
      }),
    ),
    of("oidc without config", "refused", config(https, { "auth-provider": { name: "oidc" } })),
    of(
      "oidc and a token",
      bearer("t"),
      config(https, {
        token: "t",
        "auth-provider": {
          name: "oidc",
          config: { "idp-issuer-url": "https://x.invalid", "client-id": "c", "id-token": jwt(4e9) },
        },
      }),
    ),
    of(
      "basic auth umlauts",
      { authorization: "Basic Z3LDtsOfZTpww6Rzc2U=" },
      config(https, { username: "größe", password: "pässe" }),
    ),
    of(
      "acting for umlauts",
      { authorization: "Bearer t", acting: ["impersonate-user: grÃ¶Ãe"] },
      config(https, { token: "t", as: "größe" }),
    ),
    of(
      "acting for groups with umlauts",
      { authorization: "Bearer t", acting: ["impersonate-group: grÃ¶Ãe", "impersonate-user: a"] },
      config(https, { token: "t", as: "a", "as-groups": ["größe"] }),
    ),
    of(
      "extra with odd keys",
      {
        authorization: "Bearer t",
        acting: [
          "impersonate-extra-%c3%bc: 4",
          "impersonate-extra-a%20b: 2",
          "impersonate-extra-a%28b%29: 1",
          "impersonate-extra-x%25y: 3",
          "impersonate-user: a",
        ],
      },
      config(https, { token: "t", as: "a", "as-user-extra": { "a(b)": ["1"], "A B": ["2"], "x%y": ["3"], ü: ["4"] } }),
    ),
    of(
      "as-groups empty group",
      { authorization: "Bearer t", acting: ["impersonate-group: ", "impersonate-user: a"] },
      config(https, { token: "t", as: "a", "as-groups": [""] }),
    ),
    of(
      "as-user-extra null",
      { authorization: "Bearer t", acting: ["impersonate-user: a"] },
      config(https, { token: "t", as: "a", "as-user-extra": { k: null } }),
    ),
    of(
      "extensions",
      bearer("t"),
      config(
        { ...https, extensions: [{ name: "minikube", extension: { "last-update": "x" } }] },
        { token: "t", extensions: null },
        {
          contexts: [
            {
              name: "pi",
              context: { cluster: "c", user: "u", namespace: "", extensions: [{ name: "a", extension: { b: 1 } }] },
            },
          ],
        },
      ),
    ),
    of("preferences", bearer("t"), config(https, { token: "t" }, { preferences: { colors: true } })),
    of(
      "cluster null",
      bearer("t"),
      config(
        https,
        { token: "t" },
        { clusters: [{ name: "c", cluster: https }, { name: "d" }, { name: "e", cluster: null }] },
      ),
    ),
    of(
      "another cluster is broken",
      bearer("t"),
      config(
        https,
        { token: "t" },
        {
          clusters: [
            { name: "c", cluster: https },
            { name: "d", cluster: { server: "::" } },
          ],
        },
      ),
    ),
    of(
      "another cluster without a server",
      bearer("t"),
      config(
        https,
        { token: "t" },
        {
          clusters: [
            { name: "c", cluster: https },
            { name: "d", cluster: { "insecure-skip-tls-verify": true } },
          ],
        },
      ),
    ),
    of(
      "another cluster's server is empty",
      bearer("t"),
      config(
        https,
        { token: "t" },
        {
          clusters: [
            { name: "c", cluster: https },
            { name: "d", cluster: { server: "" } },
          ],
        },
      ),
    ),
    of(
      "another user's token has a line break",
      bearer("t"),
      config(
        https,
        { token: "t" },
        {
          users: [
            { name: "u", user: { token: "t" } },
            { name: "v", user: { token: "x\n" } },
          ],
        },
      ),
    ),
    of(
      "another context without cluster",
      bearer("t"),
      config(
        https,
        { token: "t" },
        {
          contexts: [
            { name: "pi", context: { cluster: "c", user: "u" } },
            { name: "x", context: { user: "u" } },
            { name: "y" },
          ],
        },
      ),
    ),
    of(
      "another user with old exec",
      bearer("t"),
      config(
        https,
        { token: "t" },
        {
          users: [
            { name: "u", user: { token: "t" } },
            { name: "v", user: { exec: { command: "x", interactiveMode: "sometimes" } } },
          ],
        },
      ),
    ),
    of(
      "another user without exec command",
      bearer("t"),
      config(
        https,
        { token: "t" },
        {
          users: [
            { name: "u", user: { token: "t" } },
            { name: "v", user: { exec: { apiVersion: "x" } } },
          ],
        },
      ),
    ),
    of(
      "another user's auth-provider without name",
      bearer("t"),
      config(
        https,
        { token: "t" },
        {
          users: [
            { name: "u", user: { token: "t" } },
            { name: "v", user: { "auth-provider": {} } },
          ],
        },
      ),
    ),
    of("tls-server-name and IP", bearer("t"), config({ ...https, "tls-server-name": "127.0.0.1" }, { token: "t" })),
    of("disable-compression", bearer("t"), config({ ...https, "disable-compression": true }, { token: "t" })),
    of("disable-compression string", "refused", config({ ...https, "disable-compression": "true" }, { token: "t" })),
    of("tls-server-name number", "refused", config({ ...https, "tls-server-name": 5 }, { token: "t" })),
    of(
      "namespace number",
      "refused",
      config(https, { token: "t" }, { contexts: [{ name: "pi", context: { cluster: "c", user: "u", namespace: 5 } }] }),
    ),
    of("KUBECONFIG names a folder", "refused", config(https, { token: "t" }), { "d/x": "" }, { kubeconfig: ["d"] }),
    of("tokenFile with blanks", bearer("tt"), config(https, { tokenFile: "tf" }), { tf: "  tt \n\n" }),
    of("tokenFile several lines", "refused", config(https, { tokenFile: "tf" }), { tf: "a\nb\n" }),
    of("tokenFile only blanks", "refused", config(https, { tokenFile: "tf" }), { tf: " \n" }),
    of("tokenFile and username", "refused", config(https, { tokenFile: "tf", username: "x" }), { tf: "tt" }),
    of("password with colon", { authorization: "Basic dTphOmI=" }, config(https, { username: "u", password: "a:b" })),
    of(
      "authority in the middle",
      bearer("t"),
      config({ server: chained, "certificate-authority-data": base64(middle) }, { token: "t" }),
    ),
    of(
      "authority at the top, chain not sent",
      "refused",
      config({ server: chained, "certificate-authority-data": base64(authority) }, { token: "t" }),
    ),
    of(
      "both",
      bearer("t"),
      config({ server: chained, "certificate-authority-data": base64(authority + middle) }, { token: "t" }),
    ),
    of(
      "common name alone",
      "refused",
      config({ server: nameless, "certificate-authority-data": base64(authority) }, { token: "t" }),
    ),
    of(
      "common name alone, not verified",
      { authorization: "Bearer t", servername: "localhost" },
      config({ server: nameless, "insecure-skip-tls-verify": true }, { token: "t" }),
    ),
    of(
      "localhost with cert for IP",
      "refused",
      config({ ...https, server: secure.replace("127.0.0.1", "localhost") }, { token: "t" }),
    ),
    of(
      "socks in kubeconfig",
      { authorization: "Bearer t", servername: "kubernetes", proxied: true },
      config({ ...far, "proxy-url": socks }, { token: "t" }),
    ),
    of(
      "socks, IP",
      { authorization: "Bearer t", proxied: true },
      config({ ...https, "proxy-url": socks }, { token: "t" }),
    ),
    of(
      "socks, without tls-server-name",
      { authorization: "Bearer t", servername: "kubernetes", proxied: true },
      config({ ...k, "proxy-url": socks }, { token: "t" }),
    ),
    of(
      "socks, wrong tls name",
      "refused",
      config({ ...far, "tls-server-name": "elsewhere", "proxy-url": socks }, { token: "t" }),
    ),
    of(
      "socks with password",
      { authorization: "Bearer t", servername: "kubernetes", proxied: true },
      config({ ...far, "proxy-url": socks.replace("//", "//pi:p%40ss@") }, { token: "t" }),
    ),
    of(
      "socks with wrong password",
      "refused",
      config({ ...far, "proxy-url": socks.replace("//", "//pi:x@") }, { token: "t" }),
    ),
    of(
      "socks5h in kubeconfig",
      "refused",
      config({ ...far, "proxy-url": socks.replace("socks5", "socks5h") }, { token: "t" }),
    ),
    of(
      "socks4 in kubeconfig",
      "refused",
      config({ ...far, "proxy-url": socks.replace("socks5", "socks4") }, { token: "t" }),
    ),
    of(
      "socks not verified",
      { authorization: "Bearer t", servername: "api.pi.invalid", proxied: true },
      config({ server: far.server, "insecure-skip-tls-verify": true, "proxy-url": socks }, { token: "t" }),
    ),
    of(
      "socks with a client certificate",
      { certificate: "pi", servername: "kubernetes", proxied: true },
      config(
        { ...far, "proxy-url": socks },
        { "client-certificate-data": base64(clientCertificate), "client-key-data": base64(clientKey) },
      ),
    ),
    of(
      "socks with groups",
      {
        authorization: "Bearer t",
        acting: ["impersonate-group: g", "impersonate-group: h", "impersonate-user: a"],
        servername: "kubernetes",
        proxied: true,
      },
      config({ ...far, "proxy-url": socks }, { token: "t", as: "a", "as-groups": ["g", "h"] }),
    ),
    of(
      "socks of the environment",
      { authorization: "Bearer t", servername: "kubernetes", proxied: true },
      config(far, { token: "t" }),
      {},
      { env: { HTTPS_PROXY: socks } },
    ),
    of(
      "socks5h of the environment",
      { authorization: "Bearer t", servername: "kubernetes", proxied: true },
      config(far, { token: "t" }),
      {},
      { env: { HTTPS_PROXY: socks.replace("socks5", "socks5h") } },
    ),
    of(
      "SOCKS upper-case of the environment",
      { authorization: "Bearer t", servername: "kubernetes", proxied: true },
      config(far, { token: "t" }),
      {},
      { env: { HTTPS_PROXY: socks.replace("socks5", "SOCKS5") } },
    ),
    of("dead socks", "refused", config({ ...far, "proxy-url": "socks5://127.0.0.1:9" }, { token: "t" })),
    of(
      "proxy with password",
      { authorization: "Bearer t", servername: "kubernetes", proxied: true },
      config({ ...far, "proxy-url": proxy.replace("//", "//pi:p%40ss@") }, { token: "t" }),
    ),
    of(
      "proxy with wrong password",
      "refused",
      config({ ...far, "proxy-url": proxy.replace("//", "//pi:x@") }, { token: "t" }),
    ),
    of(
      "proxy of env with password",
      { authorization: "Bearer t", servername: "kubernetes", proxied: true },
      config(far, { token: "t" }),
      {},
      { env: { https_proxy: proxy.replace("//", "//pi:p%40ss@") } },
    ),
    of(
      "proxy of env without scheme",
      { authorization: "Bearer t", servername: "kubernetes", proxied: true },
      config(far, { token: "t" }),
      {},
      { env: { HTTPS_PROXY: proxy.replace("http://", "") } },
    ),
    of(
      "proxy of env without scheme with password",
      { authorization: "Bearer t", servername: "kubernetes", proxied: true },
      config(far, { token: "t" }),
      {},
      { env: { HTTPS_PROXY: proxy.replace("http://", "pi:p%40ss@") } },
    ),
    of(
      "proxy of env ftp",
      { authorization: "Bearer t", servername: "kubernetes", proxied: true },
      config(far, { token: "t" }),
      {},
      { env: { HTTPS_PROXY: proxy.replace("http", "ftp") } },
    ),
    of(
      "proxy-url upper-case",
      { authorization: "Bearer t", servername: "kubernetes", proxied: true },
      config({ ...far, "proxy-url": proxy.replace("http", "HTTP") }, { token: "t" }),
    ),
    of("proxy-url blank behind", "refused", config({ ...far, "proxy-url": `${proxy} ` }, { token: "t" })),
    of(
      "proxy-url with path",
      { authorization: "Bearer t", servername: "kubernetes", proxied: true },
      config({ ...far, "proxy-url": `${proxy}/x` }, { token: "t" }),
    ),
    of(
      "proxy-url and NO_PROXY",
      { authorization: "Bearer t", servername: "kubernetes", proxied: true },
      config({ ...far, "proxy-url": proxy }, { token: "t" }),
      {},
      { env: { NO_PROXY: "*" } },
    ),
    of("HTTP_PROXY for https", "refused", config(far, { token: "t" }), {}, { env: { HTTP_PROXY: proxy } }),
    of(
      "proxy dead and NO_PROXY suffix",
      bearer("t"),
      config({ ...https, server: secure }, { token: "t" }),
      {},
      { env: { HTTPS_PROXY: "http://127.0.0.1:9" } },
    ),
    of(
      "client-certificate chain",
      { certificate: "pi" },
      config(https, {
        "client-certificate-data": base64(clientCertificate + authority),
        "client-key-data": base64(clientKey),
      }),
    ),
    of(
      "client key encrypted-looking",
      "refused",
      config(https, {
        "client-certificate-data": base64(clientCertificate),
        "client-key-data": base64("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"),
      }),
    ),
    of(
      "client certificate twice",
      { certificate: "pi" },
      config(https, {
        "client-certificate-data": base64(clientKey + clientCertificate),
        "client-key-data": base64(clientKey + clientCertificate),
      }),
    ),
    of("tls-server-name of another IP", "refused", config({ ...https, "tls-server-name": "10.0.0.1" }, { token: "t" })),
    of(
      "tls-server-name with upper case",
      { authorization: "Bearer t", servername: "KUBERNETES" },
      config({ ...https, "tls-server-name": "KUBERNETES" }, { token: "t" }),
    ),
    of(
      "tls-server-name with a dot behind",
      { authorization: "Bearer t", servername: "kubernetes" },
      config({ ...https, "tls-server-name": "kubernetes." }, { token: "t" }),
    ),
  ];
}
