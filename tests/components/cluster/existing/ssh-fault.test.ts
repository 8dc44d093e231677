// What OpenSSH, sudo and sudo-rs print, and how it is explained.
import test from "ava";
import { explainSsh } from "../../../../components/cluster/existing/ssh-fault.ts";
import { assertFault, messageOf } from "../../../helpers/faults.ts";

const faults: [id: string, what: string, code: number, stderr: string, said?: RegExp][] = [
  [
    "ssh-unknown-host-key",
    "a host key that is not known",
    255,
    "No ED25519 host key is known for [127.0.0.1]:2222 and you have requested strict checking.\r\nHost key verification failed.",
  ],
  [
    "ssh-changed-host-key",
    "a host key that has changed",
    255,
    "@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n@@@@\nOffending ED25519 key in x:1\nHost key verification failed.",
  ],
  [
    "ssh-revoked-host-key",
    "a host key that was revoked",
    255,
    "@@@@\n@ WARNING: REVOKED HOST KEY DETECTED! @\n@@@@\nThe ED25519 host key for red is marked as revoked.\nHost key verification failed.",
  ],
  ["ssh-unknown-name", "an unknown name", 255, "ssh: Could not resolve hostname red: Name or service not known"],
  [
    "ssh-unknown-name",
    "an unknown name on macOS",
    255,
    "ssh: Could not resolve hostname red.local: nodename nor servname provided, or not known",
  ],
  ["ssh-refused", "a port where nobody listens", 255, "ssh: connect to host 127.0.0.1 port 2223: Connection refused"],
  [
    "ssh-unreachable",
    "a host that is switched off",
    255,
    "ssh: connect to host 192.0.2.1 port 22: Connection timed out",
    /\(ssh: connect to host 192\.0\.2\.1 port 22: Connection timed out\)/,
  ],
  [
    "ssh-unreachable",
    "a host without a way to it",
    255,
    "ssh: connect to host 192.0.2.1 port 22: No route to host",
    /No route to host/,
  ],
  [
    "ssh-unreachable",
    "a server that hangs up at once, as one that is starting does",
    255,
    "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by 192.0.2.1 port 22",
    /Connection closed by 192\.0\.2\.1/,
  ],
  [
    "ssh-denied",
    "a key that the host does not know",
    255,
    "pi@127.0.0.1: Permission denied (publickey).",
    /\(pi@127\.0\.0\.1: Permission denied \(publickey\)\.\).*ssh-copy-id red/,
  ],
  [
    "ssh-key-unused",
    "a key file that others can read",
    255,
    [
      "@@@@@@@@@@@@",
      "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @",
      "@@@@@@@@@@@@",
      "Permissions 0644 for '/home/pi/.ssh/id_ed25519' are too open.",
      "It is required that your private key files are NOT accessible by others.",
      "This private key will be ignored.",
      'Load key "/home/pi/.ssh/id_ed25519": bad permissions',
      "pi@red: Permission denied (publickey).",
    ].join("\r\n"),
    /Permissions 0644 for '\/home\/pi\/\.ssh\/id_ed25519' are too open/,
  ],
  [
    "ssh-key-unused",
    "a key file that is damaged",
    255,
    'Load key "/home/pi/.ssh/id_rsa": error in libcrypto\npi@red: Permission denied (publickey).',
    /error in libcrypto/,
  ],
  [
    "ssh-other",
    "an option that ssh does not know",
    255,
    "Bad configuration option: nonsense\nterminating, 1 bad configuration options",
    /\(exit code 255: terminating, 1 bad configuration options\)/,
  ],
  ["ssh-sudo-password", "a sudo that wants a password", 1, "sudo: a password is required"],
  ["ssh-sudo-password", "a sudo that wants a terminal", 1, "sudo: sorry, you must have a tty to run sudo"],
  ["ssh-sudo-password", "an older sudo-rs", 1, "sudo: interactive authentication is required"],
  ["ssh-sudo-password", "a newer sudo-rs", 1, "sudo: Interaction is required"],
  [
    "ssh-sudo-password",
    "a sudo on a machine that does not know its own name",
    1,
    "sudo: unable to resolve host red: Name or service not known\nsudo: a password is required",
  ],
  [
    "ssh-sudo-password",
    "a sudo whose name server refuses connections",
    1,
    "sudo: unable to resolve host red: Connection refused\nsudo: a password is required",
  ],
  [
    "ssh-sudo-password",
    "a sudo whose name server is away",
    1,
    "sudo: unable to resolve host red: Connection timed out\nsudo: a password is required",
  ],
  ["ssh-sudo-refused", "a user whom sudo does not know", 1, "pi is not in the sudoers file."],
  [
    "ssh-sudo-refused",
    "a user who may do something else",
    1,
    "Sorry, user pi is not allowed to execute '/usr/bin/cat /k3s.yaml' as root on red.",
  ],
  ["ssh-sudo-refused", "a user whom sudo-rs does not know", 1, "sudo: I'm sorry pi. I'm afraid I can't do that"],
  ["ssh-sudo-refused", "no sudo", 127, "sh: 1: exec: sudo: not found"],
  ["ssh-sudo-refused", "no sudo in another shell", 126, "bash: line 1: exec: sudo: not found"],
  ["ssh-no-file", "no such file", 1, "cat: /k3s.yaml: No such file or directory"],
  ["ssh-no-file", "no such file, said by BusyBox", 1, "cat: can't open '/k3s.yaml': No such file or directory"],
  ["ssh-other", "silence", 3, "", /\(exit code 3: it said nothing\)/],
  [
    "ssh-other",
    "words of ssh that a program there has written",
    1,
    "cat: /k3s.yaml: Permission denied (publickey).",
    /\(exit code 1: cat: \/k3s\.yaml: Permission denied/,
  ],
  [
    "ssh-other",
    "words of sudo that a server's banner holds, and a fault of ssh's",
    255,
    "sudo: a password is required\nssh_dispatch_run_fatal: Broken pipe",
    /Broken pipe/,
  ],
];
for (const [id, what, code, stderr, said] of faults) {
  test(`${what} is said in plain words`, (t) => {
    const sentence = messageOf(explainSsh({ code, stderr, master: "red", file: "/k3s.yaml" }));
    assertFault(t, id, sentence);
    if (said !== undefined) t.regex(sentence, said);
    t.notRegex(sentence, /[\r\n]/);
  });
}

const unverified = { code: 255, stderr: "Host key verification failed.", master: "red", file: "/k3s.yaml" };

test("if no host key is stored, the message does not suggest connecting once", (t) => {
  const sentence = messageOf(explainSsh({ ...unverified, knownHosts: ["/dev/null"] }));
  assertFault(t, "ssh-no-known-hosts", sentence);
  t.notRegex(sentence, /is not in your known_hosts/);
});

test("one stored known-hosts file is enough", (t) => {
  assertFault(
    t,
    "ssh-unknown-host-key",
    messageOf(explainSsh({ ...unverified, knownHosts: ["/dev/null", "/home/pi/.ssh/known_hosts"] })),
  );
});
for (const word of ["sudo: ", "Host key for ", "docker: ", "x"]) {
  test(`megabytes of ${JSON.stringify(word)} from the other machine are explained as quickly as a line`, (t) => {
    const stderr = word.repeat(4_000_000 / word.length);
    // With a sign that is looked for from each of them on, this took hours.
    assertFault(t, "ssh-other", messageOf(explainSsh({ code: 1, stderr, master: "red", file: "/x" })));
  });
}
