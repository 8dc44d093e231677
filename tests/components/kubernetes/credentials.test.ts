import { execFileSync } from "node:child_process";
import test from "ava";
import { Failure } from "../../../analysis/failure.js";
import { ClusterConfig } from "../../../components/kubernetes/cluster-config.ts";
import { runCredentialsProgram } from "../../../components/kubernetes/credentials.ts";
import { assertFault } from "../../helpers/faults.ts";

const apiVersion = "client.authentication.k8s.io/v1";
/** A program for credentials that does this, in JavaScript. */
const program = (script: string) => ({ apiVersion, command: "node", args: ["-e", script], interactiveMode: "Never" });
const gives = (status: object, more: object = {}) =>
  program(`console.log(${JSON.stringify(JSON.stringify({ kind: "ExecCredential", apiVersion, status, ...more }))})`);

test("what the program gives is taken", async (t) => {
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

test("a login that takes a while is waited for, and what the program says meanwhile is shown", (t) => {
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
  test(`a program for credentials ${what} is named with why`, async (t) => {
    const { message } = await t.throwsAsync(
      runCredentialsProgram(exec, "of pi", 0.3 + (what.includes("hangs") ? 0 : 20)),
      { instanceOf: Failure },
    );
    assertFault(t, "credentials-program", message);
    t.regex(message, why);
  });
}

test("a program that prints without end is stopped", async (t) => {
  const exec = program("for (;;) require('fs').writeSync(1, 'x'.repeat(65536))");
  await t.throwsAsync(runCredentialsProgram(exec, "of pi"), { message: /printed more than/ });
});

test("credentials that have run out are asked for again", async (t) => {
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
