// How the output of ssh is interpreted; a fake ssh prints it. tests/e2e/ssh.test.ts tests the real one.
import test, { type ExecutionContext } from "ava";
import { load } from "js-yaml";
import type { Resolver } from "../../../../components/cluster/existing/reachable-address.ts";
import { fetchKubeconfig } from "../../../../components/cluster/existing/ssh.ts";
import { assertFault } from "../../../helpers/faults.ts";
import { programsWithin } from "../../../helpers/programs-within.ts";

interface Fetching {
  master?: string;
  masterAddress?: string;
  /** The host name in ssh's configuration of the master. */
  host?: string;
  resolve?: Resolver;
}

/** Fetches what a master sends, by an ssh that is asked for its configuration or for the file. */
function fetched(sends: unknown, given: Fetching = {}, calls?: string[]) {
  const { master = "pi@red", masterAddress = "", host = "192.0.2.7", resolve } = given;
  const stdout = typeof sends === "string" ? sends : JSON.stringify(sends);
  const ssh = ([first]: readonly string[]) => ({ stdout: first === "-G" ? `user pi\nhostname ${host}\n` : stdout });
  return programsWithin(
    { ssh },
    () => fetchKubeconfig({ master, masterAddress }, 60, resolve),
    (call) => calls?.push(call),
  );
}

const k3s = (cluster: object = {}, user: object = {}) => ({
  apiVersion: "v1",
  kind: "Config",
  "current-context": "default",
  clusters: [
    {
      name: "default",
      cluster: { server: "https://127.0.0.1:6443", "certificate-authority-data": "Y2E=", ...cluster },
    },
  ],
  users: [{ name: "default", user: { "client-certificate-data": "Y3J0", "client-key-data": "c2VjcmV0", ...user } }],
  contexts: [{ name: "default", context: { cluster: "default", user: "default" } }],
});

const clusterOf = (kubeconfig: string) => (load(kubeconfig) as ReturnType<typeof k3s>).clusters[0]?.cluster;

const addresses: [what: string, sent: string, masterAddress: string, server: string][] = [
  ["the loopback becomes the host name that ssh uses", "https://127.0.0.1:6443", "", "https://192.0.2.7:6443"],
  ["its port stays", "https://127.0.0.1:16443", "", "https://192.0.2.7:16443"],
  ["the loopback of IPv6 does so too", "https://[::1]:6443", "", "https://192.0.2.7:6443"],
  ["masterAddress goes before it", "https://127.0.0.1:6443", "pi.home", "https://pi.home:6443"],
  ["masterAddress may be of IPv6", "https://127.0.0.1:6443", "fd00::1", "https://[fd00::1]:6443"],
  ["an address that K3s was given stays", "https://10.0.0.5:6443", "", "https://10.0.0.5:6443"],
  ["masterAddress goes before that one, too", "https://10.0.0.5:6443", "pi.home", "https://pi.home:6443"],
];
for (const [what, sent, masterAddress, server] of addresses) {
  test(`the API server's address: ${what}`, async (t) => {
    const access = await fetched(k3s({ server: sent }), { masterAddress });
    t.is(access.server, server);
    t.deepEqual(clusterOf(access.kubeconfig), {
      server,
      "certificate-authority-data": "Y2E=",
      // K3s' certificate holds this name and not every address.
      "tls-server-name": "kubernetes",
    } as object);
  });
}

const known: Record<string, string[]> = {
  "red.local": ["fe80::1", "192.0.2.11"],
  red: ["192.0.2.12"],
  "red.home.example": ["192.0.2.13"],
  "six.local": ["fe80::1%eth0", "fd00::6"],
};
/** Of a master whose address ssh's configuration gives by this name, as ssh has reached it at that address. */
const homes: [what: string, host: string, reached: string, masterAddress: string, server: string][] = [
  ["a name of multicast becomes the address that this machine finds", "red.local", "10.9.9.9", "", "192.0.2.11"],
  ["so does a name without a dot", "red", "10.9.9.9", "", "192.0.2.12"],
  ["an address of IPv6 is written as one", "six.local", "10.9.9.9", "", "[fd00::6]"],
  ["a name that everybody finds stays", "red.home.example", "10.9.9.9", "", "red.home.example"],
  ["a name that only ssh knows becomes the address that ssh has reached", "blue.inside", "10.0.0.7", "", "10.0.0.7"],
  ["so does one without a dot", "blue", "10.0.0.7", "", "10.0.0.7"],
  ["an address of this machine alone is none", "blue.inside", "127.0.0.1", "", "blue.inside"],
  ["one that is good on one interface only is none", "blue.inside", "fe80::7%eth0", "", "blue.inside"],
  ["what is no address is none", "blue.inside", "evil.example", "", "blue.inside"],
  ["masterAddress is looked up, too", "blue.inside", "10.0.0.7", "red.local", "192.0.2.11"],
  ["masterAddress that nobody knows stays as it was set", "blue.inside", "10.0.0.7", "green.local", "green.local"],
];
for (const [what, host, reached, masterAddress, server] of homes) {
  test(`of a home network: ${what}`, async (t) => {
    const sends = `# 10.0.0.2 51000 ${reached} 22\n${JSON.stringify(k3s())}`;
    const access = await fetched(sends, { masterAddress, host, resolve: async (name) => known[name] ?? [] });
    t.is(access.server, `https://${server}:6443`);
    t.is(clusterOf(access.kubeconfig)?.server, access.server);
  });
}

test('ssh gets one destination after "--", no prompt, and the host keys checked', async (t) => {
  const calls: string[] = [];
  await fetched(k3s(), { master: "pi@blue" }, calls);
  const [reading = ""] = calls;
  t.regex(reading, / -- pi@blue exec env /);
  for (const option of ["BatchMode=yes", "StrictHostKeyChecking=yes"]) t.true(reading.includes(`-o ${option} `));
  for (const option of ["ForwardAgent=no", "ForwardX11=no", "PermitLocalCommand=no"])
    t.true(reading.includes(`-o ${option} `));
});

test("without ssh, the message says what to install", async (t) => {
  const fetching = programsWithin({}, () => fetchKubeconfig({ master: "red", masterAddress: "" }));
  const { message } = await t.throwsAsync(fetching);
  assertFault(t, "ssh-missing", message);
});

test("a master that takes too long is given up", async (t) => {
  const slow = { ssh: () => ({ hangs: true as const }) };
  const fetching = programsWithin(slow, () => fetchKubeconfig({ master: "red", masterAddress: "" }, 0.2));
  const { message } = await t.throwsAsync(fetching);
  assertFault(t, "ssh-late", message);
});

const flood = "x".repeat(2 ** 20 + 1);
for (const [where, sent] of [
  ["stdout", { stdout: flood }],
  ["stderr", { stderr: flood }],
] as const) {
  test(`a master that sends more than a megabyte on ${where} is stopped`, async (t) => {
    const endless = { ssh: () => ({ ...sent, hangs: true as const }) };
    const fetching = programsWithin(endless, () => fetchKubeconfig({ master: "red", masterAddress: "" }));
    const { message } = await t.throwsAsync(fetching);
    assertFault(t, "ssh-no-kubeconfig", message);
  });
}

/** The 693 bytes that once filled the memory: a context whose parts name each other. */
const bomb = (place: "context" | "extensions" | "preferences") => {
  const levels = ["- &a0 [x, x, x, x, x, x, x, x, x]"];
  for (let i = 1; i <= 9; i++)
    levels.push(
      `- &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(", ")}]`,
    );
  const text = levels.map((line) => `    ${line}`).join("\n");
  const own = place === "context" ? `, extensions: *a9` : "";
  return `apiVersion: v1
preferences:
  colours:
${text}
current-context: default
clusters: [{ name: default, cluster: { server: "https://127.0.0.1:6443", certificate-authority-data: Y2E= } }]
users: [{ name: default, user: { token: t } }]
contexts: [{ name: default, context: { cluster: default, user: default${own} } }]
`;
};

const context = (more: object) => ({
  ...k3s(),
  contexts: [{ name: "default", context: { cluster: "default", user: "default", ...more } }],
});

const refused: [what: string, sends: unknown][] = [
  ["aliases that fill the memory", bomb("context")],
  ["aliases in what is not used", bomb("preferences")],
  ["one alias", `${JSON.stringify(k3s()).slice(0, -1)}, "a": &a secret, "b": *a}`],
  ["a context with more in it", context({ extensions: [{ name: "secret" }] })],
  ["a context with a namespace that is none", context({ namespace: "\u001b[2Jsecret" })],
  ["an address without encryption", k3s({ server: "http://169.254.169.254/secret" })],
  ["an address with a path", k3s({ server: "https://10.0.0.5:6443/secret" })],
  ["an address with a query", k3s({ server: "https://10.0.0.5:6443?secret" })],
  ["an address with a user", k3s({ server: "https://secret@10.0.0.5:6443" })],
  ["an address of another protocol", k3s({ server: "file:///etc/shadow" })],
  ["an address that is none", k3s({ server: "https://10.0.0.5:99999" })],
  ["a token with line breaks", { ...k3s(), users: [{ name: "default", user: { token: "a\nsecret" } }] }],
  ["a megabyte of a certificate", k3s({ "certificate-authority-data": "A".repeat(900_000) })],
  ["two contexts' worth of names", k3s({ name: "secret" })],
  ["nothing", ""],
  ["a greeting before the file", `Welcome!\n${JSON.stringify(k3s())}`],
  ["no YAML", "users: [secret"],
  ["a program to run here", k3s({}, { exec: { command: "secret" } })],
  ["a file to read here", k3s({}, { tokenFile: "/etc/shadow" })],
  ["a certificate to take from here", k3s({ "certificate-authority": "/etc/secret" })],
  ["a proxy", k3s({ "proxy-url": "http://secret" })],
  ["an authority that is not checked", k3s({ "insecure-skip-tls-verify": true })],
];
for (const [what, sends] of refused) {
  test(`a master that sends ${what} is refused, and its output is not quoted`, async (t: ExecutionContext) => {
    const { message } = await t.throwsAsync(fetched(sends));
    assertFault(t, "ssh-no-kubeconfig", message);
    t.notRegex(message, /secret|shadow|\n/);
  });
}
