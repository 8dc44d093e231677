// The authorities of the system. The table of kubeconfigs tests the rest.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VersionApi } from "@kubernetes/client-node";
import test, { type ExecutionContext } from "ava";
import { ClusterConfig } from "../../../components/kubernetes/cluster-config.ts";

const folder = mkdtempSync(join(tmpdir(), "pi-speedup-trust-"));
test.after.always(() => rmSync(folder, { recursive: true }));

/** The paths of a certificate for 127.0.0.1 that is its own authority, and of its key. */
function certificate(name: string): [certificate: string, key: string] {
  const [cert, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const names = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync("openssl", ["req", "-x509", ...kind, ...names, "-keyout", key, "-out", cert], { stdio: "pipe" });
  return [cert, key];
}

/** Asks an API server with this certificate for its version, by a kubeconfig that names no authority. */
async function ask(t: ExecutionContext, [cert, key]: [string, string]): Promise<string | undefined> {
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ major: "1", minor: "34", gitVersion: "v1.34.2" }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo; // of TCP
  const kubeconfig = JSON.stringify({
    "current-context": "pi",
    clusters: [{ name: "c", cluster: { server: `https://127.0.0.1:${port}` } }],
    users: [{ name: "u", user: { token: "t" } }],
    contexts: [{ name: "pi", context: { cluster: "c", user: "u" } }],
  });
  const config = new ClusterConfig(kubeconfig, "of pi", {});
  return (await config.makeApiClient(VersionApi).getCode()).minor;
}

const company = certificate("company");
// A process reads the system's authorities only once, when it needs them for the first time.
[process.env.SSL_CERT_FILE] = company;

test("without an authority in the kubeconfig it is the system's that count, as a company adds its own", async (t) => {
  t.is(await ask(t, company), "34");
});

test("an authority that the system does not know is not trusted", async (t) => {
  const { cause } = await t.throwsAsync(ask(t, certificate("stranger")));
  t.like(cause, { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
});
