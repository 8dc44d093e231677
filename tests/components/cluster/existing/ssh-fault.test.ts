// What OpenSSH 9 and sudo 1.9 print, and what becomes of it.
import test from "ava";
import { explainSsh } from "../../../../components/cluster/existing/ssh-fault.ts";
import { assertFault } from "../../../helpers/faults.ts";

const faults: [id: string, what: string, code: number, stderr: string, said: RegExp][] = [
  [
    "ssh-unknown-host-key",
    "a host key that is not known",
    255,
    "No ED25519 host key is known for [127.0.0.1]:2222 and you have requested strict checking.\r\nHost key verification failed.",
    /^The host key of «red» is not in your known_hosts, and none is accepted unseen: connect once with `ssh red`/,
  ],
  [
    "ssh-changed-host-key",
    "a host key that has changed",
    255,
    "@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n@@@@\nOffending ED25519 key in x:1\nHost key verification failed.",
    /^The host key of «red» is not the one in your known_hosts: .*ssh-keygen -R/,
  ],
  [
    "ssh-unknown-name",
    "an unknown name",
    255,
    "ssh: Could not resolve hostname red: Name or service not known",
    /^ssh finds no host of the name «red»/,
  ],
  [
    "ssh-refused",
    "a port where nobody listens",
    255,
    "ssh: connect to host 127.0.0.1 port 2223: Connection refused",
    /^«red» refuses connections by ssh/,
  ],
  [
    "ssh-unreachable",
    "a host that is switched off",
    255,
    "ssh: connect to host 192.0.2.1 port 22: Connection timed out",
    /^«red» can't be reached by ssh \(ssh: connect to host 192\.0\.2\.1 port 22: Connection timed out\)/,
  ],
  [
    "ssh-unreachable",
    "a host without a way to it",
    255,
    "ssh: connect to host 192.0.2.1 port 22: No route to host",
    /^«red» can't be reached by ssh .*No route to host/,
  ],
  [
    "ssh-denied",
    "a key that the host does not know",
    255,
    "pi@127.0.0.1: Permission denied (publickey).",
    /^«red» does not let you in by ssh without a password \(pi@127\.0\.0\.1: Permission denied \(publickey\)\.\).*ssh-copy-id red/,
  ],
  [
    "ssh-sudo-password",
    "a sudo that wants a password",
    1,
    "sudo: a password is required",
    /^On «red» the file \/k3s\.yaml is for root alone and sudo wants a password: .*NOPASSWD: \/usr\/bin\/cat \/k3s\.yaml/,
  ],
  [
    "ssh-sudo-refused",
    "a user who may not use sudo",
    1,
    "pi is not in the sudoers file.",
    /^On «red» the file \/k3s\.yaml is for root alone and you may not read it by sudo/,
  ],
  [
    "ssh-sudo-refused",
    "no sudo",
    127,
    "sh: 1: exec: sudo: not found",
    /^On «red» the file \/k3s\.yaml is for root alone and you may not read it by sudo/,
  ],
  ["ssh-no-file", "no such file", 1, "cat: /k3s.yaml: No such file or directory", /^On «red» there is no \/k3s\.yaml/],
  [
    "ssh-other",
    "anything else",
    255,
    "Bad configuration option: nonsense\nterminating, 1 bad configuration options",
    /^The kubeconfig of «red» could not be read by ssh \(exit code 255: terminating, 1 bad configuration options\)/,
  ],
  ["ssh-other", "silence", 3, "", /\(exit code 3: it said nothing\)/],
];
for (const [id, what, code, stderr, said] of faults) {
  test(`${what} is said in one sentence`, (t) => {
    const sentence = explainSsh({ code, stderr, master: "red", file: "/k3s.yaml" });
    t.regex(sentence, said);
    assertFault(t, id, sentence);
    t.notRegex(sentence, /\n/);
  });
}

for (const word of ["sudo: ", "Host key for ", "docker: ", "x"]) {
  test(`megabytes of ${JSON.stringify(word)} from the other machine are explained as quickly as a line`, (t) => {
    const stderr = word.repeat(4_000_000 / word.length);
    // With a sign that is looked for from each of them on, this took hours.
    assertFault(t, "ssh-other", explainSsh({ code: 1, stderr, master: "red", file: "/x" }));
  });
}
