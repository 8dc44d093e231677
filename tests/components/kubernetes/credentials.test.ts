import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VersionApi } from "@kubernetes/client-node";
import test, { type ExecutionContext } from "ava";
import { Failure } from "../../../analysis/failure.js";
import { delays } from "../../../components/host/run-tool.ts";
import { ClusterConfig } from "../../../components/kubernetes/cluster-config.ts";
import { runCredentialsProgram } from "../../../components/kubernetes/credentials.ts";
import { assertFault } from "../../helpers/faults.ts";

const apiVersion = "client.authentication.k8s.io/v1";
/** A credential program that does this in a shell, which starts more quickly than Node.js. */
const program = (script: string, ...args: string[]) => ({
  apiVersion,
  command: "sh",
  args: ["-c", script, "sh", ...args],
  interactiveMode: "Never",
});
const credentials = (status: object, more: object = {}) =>
  JSON.stringify({ kind: "ExecCredential", apiVersion, status, ...more });
const gives = (status: object, more: object = {}) => program('printf "%s" "$1"', credentials(status, more));

/** A file that does not exist yet, in a folder for one test. */
function fileFor(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-login-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return join(folder, "file");
}

test("the program's credentials are used", async (t) => {
  const given = gives({
    token: "t",
    clientCertificateData: "C",
    clientKeyData: "K",
    expirationTimestamp: "2026-01-02T03:04:05Z",
  });
  t.deepEqual(await runCredentialsProgram(given, "of pi"), {
    token: "t",
    certificate: "C",
    key: "K",
    until: Date.UTC(2026, 0, 2, 3, 4, 5),
  });
});

test.serial("a slow login is waited for, and the program's output is shown meanwhile", async (t) => {
  const loggedIn = fileFor(t);
  const { write } = process.stderr;
  t.teardown(() => {
    process.stderr.write = write;
  });
  let shown = "";
  process.stderr.write = (text: string | Uint8Array) => {
    shown += text;
    // Who reads it logs in.
    writeFileSync(loggedIn, "");
    return true;
  };
  const login =
    'echo "Please visit http://localhost:8000" >&2; until [ -e "$1" ]; do sleep 0.1; done; printf "%s" "$2"';
  const { token } = await runCredentialsProgram(program(login, loggedIn, credentials({ token: "t" })), "of pi", 20);
  t.is(token, "t");
  t.is(shown, "sh: Please visit http://localhost:8000\n");
});

// Milliseconds. Nobody needs longer here.
delays.kill = 200;

const failures: [what: string, exec: unknown, why: RegExp][] = [
  ["that is not there", { apiVersion, command: "/nowhere/get-token" }, /failed \(it is not there\)/],
  [
    "that is not there, with what its maker says of that",
    { apiVersion, command: "/nowhere/get-token", installHint: "Install it from https://get.example.com\n" },
    /failed \(it is not there; Install it from https:\/\/get\.example\.com\)/,
  ],
  ["that gives a certificate without its key", gives({ clientCertificateData: "C" }), /: status/],
  ["that gives nothing to log in with", gives({}), /: status/],
  ["whose time is none", gives({ token: "t", expirationTimestamp: "soon" }), /: status\.expirationTimestamp/],
  ["that fails", program("echo log in first >&2; exit 1"), /failed \(log in first\)/],
  ["that fails without a word", program("exit 3"), /failed \(it ended with exit code 3 and gave no reason\)/],
  [
    "that hangs and takes no notice of SIGTERM",
    program("trap '' TERM; exec sleep 60"),
    /failed \(it was not done after 0\.3 s\)/,
  ],
  ["that prints something else", program("echo hello"), /it gave no credentials of the kind/],
  [
    "of another interface",
    gives({ token: "t" }, { apiVersion: "client.authentication.k8s.io/v1beta1" }),
    /it gave no credentials of the kind .*\/v1: apiVersion/,
  ],
  ["whose token can't be sent", gives({ token: "t\nX-Other: 1" }), /: status\.token/],
  ["that a kubeconfig does not describe", { command: 5 }, /the kubeconfig does not describe it/],
];
for (const [what, exec, why] of failures) {
  test(`a credential program ${what} is reported with the reason`, async (t) => {
    const { message } = await t.throwsAsync(
      runCredentialsProgram(exec, "of pi", 0.3 + (what.includes("hangs") ? 0 : 20)),
      { instanceOf: Failure },
    );
    assertFault(t, "credentials-program", message);
    t.regex(message, why);
  });
}

test("a program that prints endlessly is stopped", async (t) => {
  const exec = program("head -c 2000000 /dev/zero; exec sleep 60");
  await t.throwsAsync(runCredentialsProgram(exec, "of pi"), { message: /printed more than/ });
});

test("expired credentials are requested again", async (t) => {
  const soon = gives({ token: "t", expirationTimestamp: "2020-01-01T00:00:00Z" });
  const config = new ClusterConfig(
    JSON.stringify({
      "current-context": "pi",
      clusters: [{ name: "c", cluster: { server: "https://pi:6443" } }],
      users: [{ name: "u", user: { exec: soon } }],
      contexts: [{ name: "pi", context: { cluster: "c", user: "u" } }],
    }),
  );
  await config.login();
  t.is(config.getCurrentUser()?.token, "t");
  config.users = config.users.map(({ token: _, ...user }) => user);
  const context = new (await import("@kubernetes/client-node")).RequestContext(
    "https://pi:6443/version",
    "GET" as never,
  );
  await config.applySecurityAuthentication(context);
  t.is(context.getHeaders().Authorization, "Bearer t");
});

test("a login that the server takes back before its time is done again, once for all that ask", async (t) => {
  const count = fileFor(t);
  const exec = program('printf x >> "$1"; printf "$2" "$(cat "$1")"', count, credentials({ token: "%s" }));
  let good = "x";
  const server = createServer((request, response) => {
    const known = request.headers.authorization === `Bearer ${good}`;
    response.writeHead(known ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify({ major: "1", minor: "34", gitVersion: "v1.34.2" }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  t.teardown(() => server.closeAllConnections());
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo; // of TCP
  const config = new ClusterConfig(
    JSON.stringify({
      "current-context": "pi",
      clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
      users: [{ name: "u", user: { exec } }],
      contexts: [{ name: "pi", context: { cluster: "c", user: "u" } }],
    }),
  );
  await config.login();
  const api = config.makeApiClient(VersionApi);
  t.is((await api.getCode()).minor, "34");
  good = "xx";
  const answers = await Promise.all([api.getCode(), api.getCode(), api.getCode()]);
  t.deepEqual(
    answers.map(({ minor }) => minor),
    ["34", "34", "34"],
  );
  t.is(readFileSync(count, "utf8"), "xx");
  good = "another";
  await t.throwsAsync(api.getCode(), { message: /401/ });
});
