// Why ssh, or the program that it ran on the master, failed. Exit code 255 is ssh's own. Any other code comes from the
// remote program, whose messages ssh passes on. So each side's messages are only searched if that side failed.
import type { Fault } from "../../../analysis/fault-ids.js";
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

/** Exit codes of our remote command: there is no such file, there is no sudo, and sudo could not read the file. */
export const exits = { noFile: 91, noSudo: 92, sudo: 93 };

type Known = [sign: RegExp, explain: (end: SshEnd) => Fault];

const again = "Then run `pulumi up` again.";

/** What ssh prints before its last line about a key that it did not use. This is then the cause. */
const keyComplaint =
  /^(?:.*(?:are too open|bad permissions|invalid format|error in libcrypto|no such identity|not accessible|Load key).*)$/im;

const hostKeyUnknown = ({ master, knownHosts = [] }: SshEnd): Fault => {
  const files = knownHosts.filter((file) => file !== "none" && file !== "/dev/null");
  if (knownHosts.length > 0 && files.length === 0) {
    return {
      id: "ssh-no-known-hosts",
      text: `The host key of "${master}" cannot be checked, because your ssh configuration keeps no known hosts for it (UserKnownHostsFile ${knownHosts.join(" ")}). Give it a file with \`UserKnownHostsFile ~/.ssh/known_hosts\` under \`Host ${master}\`. Connect once with \`ssh -o StrictHostKeyChecking=ask ${master}\` and compare the key that it shows. ${again}`,
    };
  }
  return {
    id: "ssh-unknown-host-key",
    text: `The host key of "${master}" is not in your known_hosts. Connect once with \`ssh ${master}\` and compare the key that it shows. ${again}`,
  };
};

/** Errors of ssh itself. The first match counts. */
const ownFaults: readonly Known[] = [
  [
    /REVOKED HOST KEY|marked as revoked/i,
    ({ master }) => ({
      id: "ssh-revoked-host-key",
      text: `The host key of "${master}" is marked as revoked in your known_hosts. Do not trust that machine until you know why. If its key has been replaced since, add the new one to known_hosts. ${again}`,
    }),
  ],
  [
    /HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed/,
    ({ master }) => ({
      id: "ssh-changed-host-key",
      text: `The host key of "${master}" differs from the one in your known_hosts. Find out why it has changed before you trust it. If its system was reinstalled, remove the old key with \`ssh-keygen -R HOST\` and connect once with \`ssh ${master}\`. ${again}`,
    }),
  ],
  [/Host key verification failed|host key is known for|Host key not verified/, hostKeyUnknown],
  [
    /Could not resolve hostname|Name or service not known|nodename nor servname provided/,
    ({ master }) => ({
      id: "ssh-unknown-name",
      text: `ssh finds no host named "${master}". Set pi-speedup:master to a name or an alias for which \`ssh MASTER\` works. ${again}`,
    }),
  ],
  [
    /Connection refused/,
    ({ master }) => ({
      id: "ssh-refused",
      text: `"${master}" refuses ssh connections. Check that it runs an ssh server on that port. ${again}`,
    }),
  ],
  [
    /timed out|No route to host|Network is unreachable|Host is down|Connection (closed|reset) by|kex_exchange_identification/i,
    ({ master, stderr }) => ({
      id: "ssh-unreachable",
      text: `"${master}" cannot be reached by ssh (${lastLine(stderr)}). Check that it is switched on and that \`ssh ${master} true\` works. ${again}`,
    }),
  ],
  [
    /Permission denied|Too many authentication failures|No more authentication methods|no mutual signature/i,
    ({ master, stderr }) => {
      const complaint = keyComplaint.exec(stderr)?.[0].trim();
      return complaint === undefined
        ? {
            id: "ssh-denied",
            text: `"${master}" does not accept your ssh key (${lastLine(stderr)}). Load a key that it knows into your agent, or copy yours there with \`ssh-copy-id ${master}\`. ${again}`,
          }
        : {
            id: "ssh-key-unused",
            text: `"${master}" does not let you in by ssh without a password, and ssh did not use one of your keys (${complaint}). Correct that first, for example permissions with \`chmod 600 KEY\`. ${again}`,
          };
    },
  ],
];

const sudoRefused: Known[1] = ({ master, file }) => ({
  id: "ssh-sudo-refused",
  text: `On "${master}", only root may read ${file}, and you may not use sudo for it. Set pi-speedup:master to a user who may, or make the file readable with K3s' option --write-kubeconfig-mode. ${again}`,
});

const noFile: Known[1] = ({ master, file }) => ({
  id: "ssh-no-file",
  text: `There is no ${file} on "${master}". Check that K3s runs there, and that pi-speedup:master is the K3s server: agents have no such file. ${again}`,
});

/** Errors of sudo, sudo-rs, or a substitute for sudo. The first match counts. */
const sudoFaults: readonly Known[] = [
  [/No such file/, noFile],
  [
    /passw|authenticat|interact|terminal|\btty\b/i,
    ({ master, file }) => ({
      id: "ssh-sudo-password",
      text: `On "${master}", only root may read ${file}, and sudo asks for a password. Allow it there with the line \`USER ALL=(root) NOPASSWD: /usr/bin/cat ${file}\` in /etc/sudoers.d, or make the file readable with K3s' option --write-kubeconfig-mode. ${again}`,
    }),
  ],
  [/(?:)/, sudoRefused],
];

/** Errors of the remote program, by its exit code. Others, such as from a shell that refuses logins, are quoted. */
const remoteFaults: Readonly<Record<number, readonly Known[]>> = {
  [exits.noFile]: [[/(?:)/, noFile]],
  [exits.noSudo]: [[/(?:)/, sudoRefused]],
  [exits.sudo]: sudoFaults,
};

/** How many characters at the end of stderr are inspected. The other machine can write as much as it likes. */
const mostWords = 8_000;

/** Explains the cause. */
export function explainSsh({ stderr, ...rest }: SshEnd): Fault {
  const end = { ...rest, stderr: stderr.slice(-mostWords) };
  const faults = end.code === 255 ? ownFaults : remoteFaults[end.code];
  const known = faults?.find(([sign]) => sign.test(end.stderr));
  if (known !== undefined) return known[1](end);
  return {
    id: "ssh-other",
    text: `The kubeconfig of "${end.master}" could not be read by ssh (exit code ${end.code}: ${lastLine(end.stderr) || "it said nothing"}). Check that \`ssh ${end.master} cat ${end.file}\`, or the same with sudo, works. ${again}`,
  };
}
