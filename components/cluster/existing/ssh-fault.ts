// Why ssh, or the program that it ran on the master, failed. Exit code 255 is ssh's own. Any other code comes from the
// remote program, whose messages ssh passes on. So each side's messages are only searched if that side failed.
import { lastLine } from "../../host/run-tool.ts";

/** How a failed ssh ended. */
export interface SshEnd {
  /** 255: ssh's own; otherwise the remote program's. */
  code: number;
  stderr: string;
  master: string;
  /** The file that should have been read there. */
  file: string;
  /** Known-hosts files, as `ssh -G` names them; empty if unknown. */
  knownHosts?: readonly string[];
}

/** Exit codes of what we run there: there is no such file, there is no sudo, and sudo could not read it. */
export const exits = { noFile: 91, noSudo: 92, sudo: 93 };

type Fault = [sign: RegExp, sentence: (end: SshEnd) => string];

const again = "and run `pulumi up` again";

/** What ssh prints before its last line about a key that it did not use. This is then the cause. */
const keyComplaint =
  /^(?:.*(?:are too open|bad permissions|invalid format|error in libcrypto|no such identity|not accessible|Load key).*)$/im;

const hostKeyUnknown = ({ master, knownHosts = [] }: SshEnd): string => {
  const files = knownHosts.filter((file) => file !== "none" && file !== "/dev/null");
  if (knownHosts.length > 0 && files.length === 0) {
    return `The host key of "${master}" can't be checked: your ssh configuration keeps no known hosts for it (UserKnownHostsFile ${knownHosts.join(" ")}), and none is accepted unseen. Give it a file with \`UserKnownHostsFile ~/.ssh/known_hosts\` under \`Host ${master}\`, connect once with \`ssh -o StrictHostKeyChecking=ask ${master}\`, compare the key that it shows, ${again}.`;
  }
  return `The host key of "${master}" is not in your known_hosts, and none is accepted unseen. Connect once with \`ssh ${master}\`, compare the key that it shows, ${again}.`;
};

/** Errors of ssh itself. The first match counts. */
const ownFaults: readonly Fault[] = [
  [
    /REVOKED HOST KEY|marked as revoked/i,
    ({ master }) =>
      `The host key of "${master}" is one that your known_hosts calls revoked. Do not trust that machine until you know why. If its key was replaced since, bring the new one into known_hosts, ${again}.`,
  ],
  [
    /HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed/,
    ({ master }) =>
      `The host key of "${master}" is not the one in your known_hosts. Find out why it has changed before you trust it. If its system was installed again, take the old key out with \`ssh-keygen -R HOST\`, connect once with \`ssh ${master}\`, ${again}.`,
  ],
  [/Host key verification failed|host key is known for|Host key not verified/, hostKeyUnknown],
  [
    /Could not resolve hostname|Name or service not known|nodename nor servname provided/,
    ({ master }) =>
      `ssh finds no host with the name "${master}". Set pi-speedup:master to a name or an alias with which \`ssh MASTER\` works, ${again}.`,
  ],
  [
    /Connection refused/,
    ({ master }) =>
      `"${master}" refuses connections by ssh (connection refused). Check that it runs an ssh server on that port, ${again}.`,
  ],
  [
    /timed out|No route to host|Network is unreachable|Host is down|Connection (closed|reset) by|kex_exchange_identification/i,
    ({ master, stderr }) =>
      `"${master}" can't be reached by ssh (${lastLine(stderr)}). Check that it is switched on and that \`ssh ${master} true\` works, ${again}.`,
  ],
  [
    /Permission denied|Too many authentication failures|No more authentication methods|no mutual signature/i,
    ({ master, stderr }) => {
      const complaint = keyComplaint.exec(stderr)?.[0].trim();
      return complaint === undefined
        ? `"${master}" does not let you in by ssh without a password (${lastLine(stderr)}). Load a key that it knows into your agent, or bring yours there with \`ssh-copy-id ${master}\`, ${again}.`
        : `"${master}" does not let you in by ssh without a password, and ssh has left a key of yours unused (${complaint}). Correct that first, for permissions with \`chmod 600 KEY\`, ${again}.`;
    },
  ],
];

const sudoRefused: Fault[1] = ({ master, file }) =>
  `On "${master}" the file ${file} is for root alone, and you may not read it by sudo. Set pi-speedup:master to a user who may, or make the file readable (K3s' option --write-kubeconfig-mode), ${again}.`;
const noFile: Fault[1] = ({ master, file }) =>
  `On "${master}" there is no ${file}. Set pi-speedup:master to the K3s server (agents have no such file), check that K3s runs there, ${again}.`;

/** Of sudo, sudo-rs, or what stands for sudo, once it is known to be one of these that has failed. The first whose sign is found counts. */
const sudoFaults: readonly Fault[] = [
  [/No such file/, noFile],
  [
    /passw|authenticat|interact|terminal|\btty\b/i,
    ({ master, file }) =>
      `On "${master}" the file ${file} is for root alone, and sudo wants a password. Allow it there with a line \`USER ALL=(root) NOPASSWD: /usr/bin/cat ${file}\` in /etc/sudoers.d, or make the file readable (K3s' option --write-kubeconfig-mode), ${again}.`,
  ],
  [/(?:)/, sudoRefused],
];

/** Errors of the remote program, by its exit code. Any other end, such as of a shell that lets nobody in, is reported in its own words. */
const remoteFaults: Readonly<Record<number, readonly Fault[]>> = {
  [exits.noFile]: [[/(?:)/, noFile]],
  [exits.noSudo]: [[/(?:)/, sudoRefused]],
  [exits.sudo]: sudoFaults,
};

/** How many characters at the end of stderr are inspected. The other machine can write as much as it likes. */
const mostWords = 8_000;

/** Explains the cause in one or two sentences. */
export function explainSsh({ stderr, ...rest }: SshEnd): string {
  const end = { ...rest, stderr: stderr.slice(-mostWords) };
  const faults = end.code === 255 ? ownFaults : remoteFaults[end.code];
  const known = faults?.find(([sign]) => sign.test(end.stderr));
  if (known !== undefined) return known[1](end);
  return `The kubeconfig of "${end.master}" could not be read by ssh (exit code ${end.code}: ${lastLine(end.stderr) || "it said nothing"}). Check that \`ssh ${end.master} cat ${end.file}\` or the same with sudo works, ${again}.`;
}
