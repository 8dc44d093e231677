// A cluster whose kubeconfig is read from its server by ssh: a real ssh server in a container, with its own key, alias,
// jump host and known hosts, and everything that can go wrong with them. Nothing on this machine is changed.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import test from "ava";
import { remoteFile } from "../../components/cluster/existing/ssh.ts";
import { installDebianPackages } from "../../toolchain/debian.ts";
import { run } from "../../toolchain/run.ts";
import { assertFault } from "../helpers/faults.ts";
import { type ForeignCluster, foreignCluster } from "../helpers/foreign-cluster.ts";
import { removeSshMachines, type SshMachine, startSshMachine } from "../helpers/ssh-machine.ts";
import { exported, outputs, pulumi, type Result, removeRemains, script, stack, stackFile } from "../helpers/stack.ts";

const user = "pi-speedup-e2e";
const sudoRule = `/etc/sudoers.d/${user}`;
const folder = mkdtempSync(join(tmpdir(), "pi-speedup-e2e-"));
const at = (name: string) => join(folder, name);
const pathBefore = process.env.PATH;
let cluster: ForeignCluster;
let machine: SshMachine | undefined;

/** Runs a script in the machine, which must be there. */
function inside(command: string, input?: string): Promise<string> {
  if (machine === undefined) throw new Error("the ssh machine was not started");
  return machine.inside(command, input);
}

/** Writes K3s' file as K3s does. */
const writeRemote = (content: string, mode = "600") =>
  inside(`rm -f ${remoteFile}; umask 077; cat > ${remoteFile}; chmod ${mode} ${remoteFile}`, content);
const writeSudoRule = () =>
  inside(`umask 337; cat > ${sudoRule}`, `${user} ALL=(root) NOPASSWD: /usr/bin/cat ${remoteFile}\n`);

const newKey = (name: string) => run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", at(name)]);
const textOf = (name: string) => readFileSync(at(name), "utf8").trim();

test.serial.before("an ssh server with K3s' file, and a user's ssh that knows it", async () => {
  // The one program of this machine that is needed: the user's own.
  const { code } = await run("ssh", ["-V"], { allowFailure: true });
  if (code === 127) await installDebianPackages(["openssh-client"]);
  await removeRemains();
  cluster = await foreignCluster();
  for (const name of ["other-host-key", "key", "other-key"]) await newKey(name);
  machine = await startSshMachine(user, textOf("key.pub"));
  await inside(`mkdir -p ${dirname(remoteFile)}`);
  await writeRemote(cluster.kubeconfig);
  await writeSudoRule();
  const { port, hostKey } = machine;
  const lines = (settings: object) => Object.entries(settings).map(([key, value]) => `${key} ${value}\n`);

  writeFileSync(at("known_hosts"), `[localhost]:${port} ${hostKey}\n`);
  writeFileSync(at("changed_hosts"), `[localhost]:${port} ${textOf("other-host-key.pub")}\n`);
  writeFileSync(at("no_hosts"), "");
  const usual = {
    HostName: "localhost",
    Port: port,
    User: user,
    IdentityFile: at("key"),
    IdentitiesOnly: "yes",
    UserKnownHostsFile: at("known_hosts"),
    GlobalKnownHostsFile: "none",
  };
  const hosts: Record<string, object> = {
    red: { ...usual, ProxyJump: "gate" },
    gate: usual,
    plain: usual,
    unknown: { ...usual, UserKnownHostsFile: at("no_hosts") },
    "accept-new": { ...usual, UserKnownHostsFile: at("no_hosts"), StrictHostKeyChecking: "accept-new" },
    changed: { ...usual, UserKnownHostsFile: at("changed_hosts") },
    stranger: { ...usual, IdentityFile: at("other-key") },
    // Nobody listens on it: it belongs to a service that is no longer used.
    silent: { ...usual, Port: 1 },
    // The API server is at 127.0.0.1 alone.
    elsewhere: {
      ...usual,
      HostName: "127.0.0.2",
      HostKeyAlias: `[localhost]:${port}`,
      ProxyCommand: `ssh -W localhost:${port} gate`,
    },
  };
  writeFileSync(
    at("ssh_config"),
    Object.entries(hosts)
      .map(([host, settings]) => `Host ${host}\n${lines(settings).join("")}`)
      .join("\n"),
  );
  // ssh finds its user's settings by the user database and not by $HOME.
  const program = (await run("sh", ["-c", "command -v ssh"])).stdout.trim();
  writeFileSync(at("ssh"), `#!/bin/sh\nexec ${program} -F ${at("ssh_config")} "$@"\n`, { mode: 0o755 });
  process.env.PATH = [folder, pathBefore].join(delimiter);
});

test.serial.after.always("nothing is left, whatever happened", async () => {
  await removeRemains();
  process.env.PATH = pathBefore;
  await removeSshMachines();
  rmSync(folder, { recursive: true });
  await cluster.remove();
});

const settings = (master: string, ...more: string[]) => [
  "--config-path",
  "--config=pi-speedup:cluster=ssh",
  `--config=pi-speedup:master=${master}`,
  `--config=pi-speedup:workers[0]=${cluster.agents[0]}`,
  "--config=pi-speedup:baseline=worker",
  `--config=pi-speedup:image=${cluster.image}`,
  "--config=pi-speedup:samples=50000",
  ...more,
];
const preview = (...given: string[]): Promise<Result> =>
  pulumi("preview", `--stack=${stack}`, `--config-file=${stackFile}`, ...given);

test.serial("through an alias, a jump and sudo the cluster is reached and measured", async (t) => {
  const { code, stdout, stderr } = await script("up", ...settings("red"));
  t.is(code, 0, `${stdout}\n${stderr}`);
  t.deepEqual(
    (await outputs()).nodes.map(({ node }) => node),
    cluster.agents.slice(0, 1),
  );
});

test.serial("the same again changes nothing", async (t) => {
  const { code, stdout, stderr } = await script("up", ...settings("red"), "--expect-no-changes");
  t.is(code, 0, `${stdout}\n${stderr}`);
});

test.serial("a wrong address of the API server is reported with the key that corrects it, which works", async (t) => {
  const { code, stdout } = await preview(...settings("elsewhere"));
  t.not(code, 0);
  t.regex(
    stdout.replaceAll(/\s+/g, " "),
    /The API server of "elsewhere" cannot be reached at https:\/\/127\.0\.0\.2:\d+ \(.*ECONNREFUSED.*\)\. .*`pulumi config set pi-speedup:masterAddress ADDRESS`/,
  );
  assertFault(t, "master-address", stdout);
  const corrected = await preview(...settings("elsewhere", "--config=pi-speedup:masterAddress=127.0.0.1"));
  t.is(corrected.code, 0, corrected.stdout);
});

const faults: [
  id: string,
  what: string,
  master: string,
  said: RegExp,
  make?: () => Promise<unknown>,
  undo?: () => Promise<unknown>,
][] = [
  ["ssh-unknown-host-key", "an unknown host key", "unknown", /The host key of "unknown" is not in your known_hosts/],
  [
    "ssh-unknown-host-key",
    "an unknown host key that ssh would accept",
    "accept-new",
    /The host key of "accept-new" is not in your known_hosts/,
  ],
  [
    "ssh-changed-host-key",
    "a changed host key",
    "changed",
    /The host key of "changed" differs from the one in your known_hosts/,
  ],
  ["ssh-denied", "a key that the server does not know", "stranger", /"stranger" does not accept your ssh key/],
  ["ssh-refused", "a port where nobody listens", "silent", /"silent" refuses ssh connections/],
  ["ssh-unknown-name", "a name that nobody has", "nobody.invalid", /ssh finds no host named "nobody\.invalid"/],
  [
    "ssh-sudo-password",
    "a sudo that wants a password",
    "plain",
    /On "plain", only root may read \/etc\/rancher\/k3s\/k3s\.yaml, and sudo asks for a password/,
    () => inside(`rm ${sudoRule}`),
    writeSudoRule,
  ],
  [
    "ssh-no-kubeconfig",
    "a file that is none of K3s'",
    "plain",
    /The file \/etc\/rancher\/k3s\/k3s\.yaml from "plain" is not a kubeconfig of K3s/,
    () => writeRemote(cluster.kubeconfig.replace("client-key-data:", "client-key:"), "644"),
    () => writeRemote(cluster.kubeconfig),
  ],
  [
    "ssh-no-file",
    "no file",
    "plain",
    /There is no \/etc\/rancher\/k3s\/k3s\.yaml on "plain"/,
    () => inside(`rm ${remoteFile}`),
    () => writeRemote(cluster.kubeconfig),
  ],
];
for (const [id, what, master, said, make, undo] of faults) {
  test.serial(`${what} is said in one sentence, and nothing is changed`, async (t) => {
    const before = JSON.stringify(await exported());
    const known = textOf("no_hosts");
    await make?.();
    try {
      const { code, stdout } = await preview(...settings(master));
      t.not(code, 0);
      t.regex(stdout.replaceAll(/\s+/g, " "), said);
      assertFault(t, id, stdout);
    } finally {
      await undo?.();
    }
    t.is(JSON.stringify(await exported()), before);
    t.is(textOf("no_hosts"), known);
  });
}

test.serial("`down` does not contact the master", async (t) => {
  await removeSshMachines();
  const { code, stdout, stderr } = await script("down");
  t.is(code, 0, `${stdout}\n${stderr}`);
  t.notRegex(await cluster.kubectl("get", "nodes", "--show-labels"), /pi-speedup\/stack/);
});
