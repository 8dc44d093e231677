// A machine with an ssh server for tests. It is a container, so this machine itself gets no user, no sudo rule and no
// server. Its port is published only on the loopback.
import { ensureDebianImage } from "../../toolchain/offline/images.ts";
import { run } from "../../toolchain/run.ts";
import { freePort } from "./free-port.ts";

const image = "pi-speedup/test-ssh-server:1";
/** With this label, a later run finds the container of a killed one. */
const label = `pi-speedup.test-ssh-server=${process.cwd()}`;
/** Where the server's settings and keys are in the container. */
const folder = "/etc/pi-speedup-test";

export interface SshMachine {
  /** On 127.0.0.1, and in the machine itself as well. */
  port: number;
  /** Public key by which clients know it. */
  hostKey: string;
  /** Runs a shell script in it as root, with this input. Returns the output. */
  inside(script: string, input?: string): Promise<string>;
}

/** Starts the only one of this checkout. @param key the public key by which the user may log in. */
export async function startSshMachine(user: string, key: string): Promise<SshMachine> {
  await removeSshMachines();
  await ensureDebianImage(image, "openssh-server,sudo", ['CMD ["sleep", "infinity"]']);
  const port = await freePort();
  const settings = {
    Port: port,
    HostKey: `${folder}/host-key`,
    AuthorizedKeysFile: `${folder}/authorized_keys`,
    PasswordAuthentication: "no",
    KbdInteractiveAuthentication: "no",
    UsePAM: "no",
    PidFile: "none",
    AllowUsers: user,
  };
  const options = ["--detach", "--init", "--pull=never", `--label=${label}`, `--publish=127.0.0.1:${port}:${port}`];
  const { stdout } = await run("docker", ["run", ...options, image, "sleep", "infinity"]);
  const id = stdout.trim();
  const inside = async (script: string, input = "") => {
    const args = ["exec", "--interactive", id, "/bin/sh", "-euc", script];
    return (await run("docker", args, { input })).stdout;
  };
  await inside(`umask 022; mkdir -p ${folder} /run/sshd; cat > ${folder}/authorized_keys`, `${key}\n`);
  await inside(`ssh-keygen -q -t ed25519 -N "" -C host-key -f ${folder}/host-key`);
  // A password that is not a hash prevents a login by password, but not by key.
  await inside(`useradd --no-create-home --home-dir / --shell /bin/sh --password '*' ${user}`);
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  await inside(`cat > ${folder}/sshd_config`, lines.join(""));
  await inside(`/usr/sbin/sshd -f ${folder}/sshd_config`);
  const hostKey = (await inside(`cat ${folder}/host-key.pub`)).trim();
  return { port, hostKey, inside };
}

/** Removes it, and the container of a killed run. */
export async function removeSshMachines(): Promise<void> {
  const { stdout } = await run("docker", ["ps", "--all", "--quiet", `--filter=label=${label}`]);
  const ids = stdout.split("\n").filter(Boolean);
  if (ids.length > 0) await run("docker", ["rm", "--force", "--volumes", ...ids]);
}
