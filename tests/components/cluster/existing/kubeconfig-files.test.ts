import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { load } from "js-yaml";
import { type KubeconfigLocation, readKubeconfig } from "../../../../components/cluster/existing/kubeconfig-files.ts";
import { assertFault } from "../../../helpers/faults.ts";

/** A folder with these files. */
function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-kubeconfig-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const config = (cluster: string, user: string) => `
current-context: pi
clusters: [{name: c, cluster: {server: "https://pi:6443", ${cluster}}}]
users: [{name: u, user: {${user}}}]
contexts: [{name: pi, context: {cluster: c, user: u}}]
`;
const wanted = (given: Partial<KubeconfigLocation>): KubeconfigLocation => ({ path: "", context: "", ...given });
const userOf = async (given: Partial<KubeconfigLocation>, env: NodeJS.ProcessEnv = {}) => {
  const { kubeconfig } = await readKubeconfig(wanted(given), env);
  return (load(kubeconfig) as { users: { user: Record<string, unknown> }[] }).users[0]?.user;
};
const refusal = async (t: ExecutionContext, given: Partial<KubeconfigLocation>, env: NodeJS.ProcessEnv = {}) => {
  const { message } = await t.throwsAsync(readKubeconfig(wanted(given), env));
  t.notRegex(message, /\n/);
  return message;
};

const addresses: [
  what: string,
  server: string,
  env: NodeJS.ProcessEnv,
  expected: { server: string; "tls-server-name"?: string },
][] = [
  [
    "a name of multicast becomes its address, and the certificate must be for the name",
    "https://red.local:6443",
    {},
    { server: "https://192.0.2.11:6443", "tls-server-name": "red.local" },
  ],
  ["with a path as well", "https://red.local/k8s/1", {}, { server: "https://192.0.2.11/k8s/1" }],
  ["without TLS there is no certificate", "http://red.local:8080", {}, { server: "http://192.0.2.11:8080" }],
  ["a name that is not found stays", "https://blue.local:6443", {}, { server: "https://blue.local:6443" }],
  ["every other name stays", "https://pi.home:6443", {}, { server: "https://pi.home:6443" }],
  [
    "behind a proxy, which looks names up itself, it stays",
    "https://red.local:6443",
    { HTTPS_PROXY: "http://proxy:3128", NO_PROXY: ".local" },
    { server: "https://red.local:6443" },
  ],
];
for (const [what, address, env, expected] of addresses) {
  test(`the server's address: ${what}`, async (t) => {
    const folder = folderWith({ config: config("", "token: t").replace("https://pi:6443", address) });
    const resolve = async (name: string) => (name === "red.local" ? ["fe80::1", "192.0.2.11"] : []);
    const access = await readKubeconfig(wanted({ path: join(folder, "config") }), env, resolve);
    const [{ cluster } = { cluster: {} }] = (load(access.kubeconfig) as { clusters: { cluster: object }[] }).clusters;
    t.like(cluster, expected);
    t.is(access.server, expected.server);
  });
}

test("files that it refers to are included, relative to its own folder", async (t) => {
  const folder = folderWith({
    "home/config": config(
      "certificate-authority: ../ca.crt",
      "client-certificate: pi.crt, client-key: keys/pi.key, tokenFile: token",
    ),
    "ca.crt": "authority",
    "home/pi.crt": "certificate",
    "home/keys/pi.key": "key",
    "home/token": "a token\n",
  });
  const { kubeconfig, server } = await readKubeconfig(wanted({ path: join(folder, "home/config") }), {});
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  t.is(server, "https://pi:6443");
  t.like(load(kubeconfig), {
    clusters: [{ cluster: { server: "https://pi:6443", "certificate-authority-data": base64("authority") } }],
  });
  t.deepEqual(await userOf({ path: join(folder, "home/config") }), {
    "client-certificate-data": base64("certificate"),
    "client-key-data": base64("key"),
    token: "a token",
  });
  t.notRegex(kubeconfig, /pi\.crt|pi\.key|ca\.crt|tokenFile/);
});

test("an inline token is used if its file is missing", async (t) => {
  const folder = folderWith({ config: config("", "token: t, tokenFile: gone") });
  t.deepEqual(await userOf({ path: join(folder, "config") }), { token: "t" });
});

test("a credential program is found relative to the kubeconfig's folder, or by bare name on PATH", async (t) => {
  const folder = folderWith({
    path: config(
      "",
      "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: ./bin/get-token}",
    ),
    name: config("", "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: get-token}"),
  });
  t.like(await userOf({ path: join(folder, "path") }), { exec: { command: join(folder, "bin/get-token") } });
  t.like(await userOf({ path: join(folder, "name") }), { exec: { command: "get-token" } });
});

test("$KUBECONFIG may name several files, and some may be missing", async (t) => {
  const folder = folderWith({ one: config("", "token: first"), two: config("", "token: second") });
  const files = ["gone", "one", "two"].map((name) => join(folder, name));
  t.deepEqual(await userOf({}, { KUBECONFIG: files.join(delimiter) }), { token: "first" });
});

test("the path in the configuration goes before $KUBECONFIG, and may begin with ~", async (t) => {
  const folder = folderWith({ one: config("", "token: first"), two: config("", "token: second") });
  const env = { KUBECONFIG: join(folder, "two") };
  t.deepEqual(await userOf({ path: join(folder, "one") }, env), { token: "first" });
  t.true((await refusal(t, { path: "~/is not there" })).includes(`"${join(homedir(), "is not there")}"`));
});

test("a missing file is reported with the source of its name", async (t) => {
  const file = join(folderWith({}), "gone");
  const one = await refusal(t, { path: file });
  assertFault(t, "kubeconfig-missing", one);
  t.true(one.includes(`"${file}"`));
  const several = await refusal(t, {}, { KUBECONFIG: `${file}${delimiter}` });
  assertFault(t, "kubeconfig-none", several);
  t.true(several.includes(`("${file}")`));
});

test("a path that can't be read as a file is reported with the reason", async (t) => {
  const folder = folderWith({});
  const message = await refusal(t, { path: folder });
  assertFault(t, "kubeconfig-unreadable", message);
  t.true(message.startsWith(`Cannot read the kubeconfig "${folder}" (EISDIR`));
});

test("a missing file that it refers to is reported with the place", async (t) => {
  const folder = folderWith({ config: config("", "client-certificate-data: eA==, client-key: gone.key") });
  const message = await refusal(t, { path: join(folder, "config") });
  assertFault(t, "kubeconfig-part-missing", message);
  t.true(message.includes(`"${folder}/config" refers to "${folder}/gone.key" as client-key`));
});

test("nothing is written, even where it is possible", async (t) => {
  const folder = folderWith({ config: config("", "token: x") });
  chmodSync(join(folder, "config"), 0o600);
  const before = readFileSync(join(folder, "config"), "utf8");
  await userOf({ path: join(folder, "config") });
  t.deepEqual(readdirSync(folder), ["config"]);
  t.is(readFileSync(join(folder, "config"), "utf8"), before);
});

test.serial("where nobody says where a kubeconfig is and kubectl would find none, that is told", async (t) => {
  const { HOME } = process.env;
  process.env.HOME = folderWith({});
  try {
    assertFault(t, "kubeconfig-default-missing", await refusal(t, {}));
  } finally {
    process.env.HOME = HOME;
  }
});
