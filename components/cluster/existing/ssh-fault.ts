// Why ssh or the program that it ran on the master failed, by what they wrote to stderr.
import { lastLine } from "../../host/run-tool.ts";

/** How an ssh that failed has ended. */
export interface SshEnd {
  /** 255: ssh's own; else the remote program's. */
  code: number;
  stderr: string;
  master: string;
  /** The file that was to be read there. */
  file: string;
}

type Fault = [sign: RegExp, sentence: (end: SshEnd) => string];

const again = "and run `pulumi up` again";

/** The first whose sign is found counts. */
const faults: Fault[] = [
  [
    /HOST IDENTIFICATION HAS CHANGED|Host key for .{0,300} has changed/,
    ({ master }) =>
      `The host key of «${master}» is not the one in your known_hosts: find out why it has changed before you trust it; if its system was set up anew, take the old key out with \`ssh-keygen -R HOST\`, connect once with \`ssh ${master}\`, ${again}.`,
  ],
  [
    /Host key verification failed|host key is known for/,
    ({ master }) =>
      `The host key of «${master}» is not in your known_hosts, and none is accepted unseen: connect once with \`ssh ${master}\`, compare the key that it shows, ${again}.`,
  ],
  [
    /Could not resolve hostname/,
    ({ master }) =>
      `ssh finds no host of the name «${master}»: set pi-speedup:master to a name or an alias with which \`ssh MASTER\` works, ${again}.`,
  ],
  [
    /Connection refused/,
    ({ master }) =>
      `«${master}» refuses connections by ssh (connection refused): see that it runs an ssh server on that port, ${again}.`,
  ],
  [
    /timed out|No route to host|Network is unreachable|Host is down/i,
    ({ master, stderr }) =>
      `«${master}» can't be reached by ssh (${lastLine(stderr)}): see that it is switched on and that \`ssh ${master} true\` works, ${again}.`,
  ],
  [
    /Permission denied \(|Too many authentication failures/,
    ({ master, stderr }) =>
      `«${master}» does not let you in by ssh without a password (${lastLine(stderr)}): load a key that it knows into your agent, or bring yours there with \`ssh-copy-id ${master}\`, ${again}.`,
  ],
  [
    /sudo: .{0,300}(password is required|terminal is required)/,
    ({ master, file }) =>
      `On «${master}» the file ${file} is for root alone and sudo wants a password: allow it there with a line \`USER ALL=(root) NOPASSWD: /usr/bin/cat ${file}\` in /etc/sudoers.d, or make the file readable (K3s' option --write-kubeconfig-mode), ${again}.`,
  ],
  [
    /may not run sudo|not in the sudoers file|not allowed to execute|sudo: (command )?not found/,
    ({ master, file }) =>
      `On «${master}» the file ${file} is for root alone and you may not read it by sudo: log in as a user who may by pi-speedup:master, or make the file readable (K3s' option --write-kubeconfig-mode), ${again}.`,
  ],
  [
    /No such file or directory/,
    ({ master, file }) =>
      `On «${master}» there is no ${file}: set pi-speedup:master to the K3s server (agents have no such file), see that K3s runs there, ${again}.`,
  ],
];

/** Characters at the end of stderr that are looked at: the other machine writes there as much as it likes. */
const mostWords = 8_000;

/** One sentence that says why. */
export function explainSsh({ stderr, ...rest }: SshEnd): string {
  const end = { ...rest, stderr: stderr.slice(-mostWords) };
  const known = faults.find(([sign]) => sign.test(end.stderr));
  if (known !== undefined) return known[1](end);
  return `The kubeconfig of «${end.master}» could not be read by ssh (exit code ${end.code}: ${lastLine(end.stderr) || "it said nothing"}): see that \`ssh ${end.master} cat ${end.file}\` or the same with sudo works, ${again}.`;
}
