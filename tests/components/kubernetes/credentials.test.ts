import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VersionApi } from "@kubernetes/client-node";
import test from "ava";
import { Failure } from "../../../analysis/failure.js";
import { ClusterConfig } from "../../../components/kubernetes/cluster-config.ts";
import { runCredentialsProgram } from "../../../components/kubernetes/credentials.ts";
import { assertFault } from "../../helpers/faults.ts";

const apiVersion = "client.authentication.k8s.io/v1";
/** A credential program that does this, in JavaScript. */
const program = (script: string) => ({ apiVersion, command: "node", args: ["-e", script], interactiveMode: "Never" });
const gives = (status: object, more: object = {}) =>
  program(`console.log(${JSON.stringify(JSON.stringify({ kind: "ExecCredential", apiVersion, status, ...more }))})`);

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

test("a slow login is waited for, and the program's output is shown meanwhile", (t) => {
  const exec = program(`
    console.error("Please visit http://localhost:8000");
    setTimeout(() => console.log(JSON.stringify({ kind: "ExecCredential", apiVersion: "${apiVersion}", status: { token: "t" } })), 700)`);
  const script = `
    const { runCredentialsProgram } = await import("./components/kubernetes/credentials.ts");
    console.log((await runCredentialsProgram(${JSON.stringify(exec)}, "of pi")).token)`;
  const shown = execFileSync("sh", ["-c", 'exec node --input-type=module -e "$1" 2>&1', "sh", script], {
    encoding: "utf8",
  });
  t.is(shown, "node: Please visit http://localhost:8000\nt\n");
});

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
  ["that fails", program("console.error('log in first'); process.exit(1)"), /failed \(log in first\)/],
  ["that fails without a word", program("process.exit(3)"), /failed \(it ended with exit code 3 and gave no reason\)/],
  [
    "that hangs and takes no notice of SIGTERM",
    program("process.on('SIGTERM', () => {}); setTimeout(() => {}, 9_000)"),
    /failed \(it was not done after 0\.3 s\)/,
  ],
  ["that prints something else", program("console.log('hello')"), /it gave no credentials of the kind/],
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
  const exec = program("for (;;) require('fs').writeSync(1, 'x'.repeat(65536))");
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
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-login-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const count = join(folder, "count");
  const exec = program(`
    require("fs").appendFileSync(${JSON.stringify(count)}, "x");
    const token = require("fs").readFileSync(${JSON.stringify(count)}, "utf8");
    console.log(JSON.stringify({ kind: "ExecCredential", apiVersion: "${apiVersion}", status: { token } }))`);
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
