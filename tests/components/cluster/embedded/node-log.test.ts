import test from "ava";
import { causeInNodes, lastWordsIn } from "../../../../components/cluster/embedded/node-log.ts";
import { fakePrograms, type Rule } from "../../../helpers/fake-programs.ts";
import { thing } from "../../../helpers/labelled.ts";

const logs: [what: string, log: string, line: string][] = [
  [
    "K3s' own end before errors that follow it",
    'time="2026" level=fatal msg="overlayfs is not possible: \\"btrfs\\""\ntime="2026" level=error msg="bye"\n',
    'overlayfs is not possible: "btrfs"',
  ],
  ["the last of several ends", 'level=fatal msg="one"\nlevel=fatal msg="two"\n', "two"],
  ["Kubernetes' end", "I0101 x\nF0101 00:00:00.000000       7 server.go:99] no /dev/kmsg\nI0101 y", "no /dev/kmsg"],
  [
    "a command's end",
    'E0101 00:00:00.000000 1 run.go:74] "command failed" err="failed to run Kubelet: inotify_init: too many open files"',
    '"command failed" err="failed to run Kubelet: inotify_init: too many open files"',
  ],
  ["Go's panic", "panic: runtime error\n\ngoroutine 1 [running]:\n", "panic: runtime error"],
  ["an error where nothing ends", 'level=info msg="a"\nlevel=error msg="b"\nlevel=info msg="c"', "b"],
  [
    "words of a shell script",
    "starting\n/bin/entrypoint.sh: line 3: mount: Operation failed\n",
    "/bin/entrypoint.sh: line 3: mount: Operation failed",
  ],
  ["the last line otherwise", "one\n\u001b[31mtwo\u001b[0m\n\n", "two"],
];
for (const [what, log, line] of logs) {
  test(`of a log counts ${what}`, (t) => {
    t.is(lastWordsIn(log)?.line, line);
  });
}

test("an empty log tells nothing, and a line without end is cut", (t) => {
  t.is(lastWordsIn(" \n\n"), undefined);
  t.is(lastWordsIn("x".repeat(10_000))?.line.length, 402);
});

const log = (node: string, text: string): Rule => [new RegExp(`^logs .*${node}$`), { stdout: text }];
const causes: [what: string, states: [string, string], rules: Rule[], expected: string | undefined][] = [
  [
    "one that has ended goes before one that runs",
    ["exited", "running"],
    [log("a", "level=fatal msg=A"), log("b", "level=fatal msg=B")],
    "the log of k3d-x-a: level=fatal msg=A",
  ],
  [
    "an end goes before an error",
    ["running", "running"],
    [log("a", "level=error x"), log("b", "level=fatal y")],
    "the log of k3d-x-b: level=fatal y",
  ],
  [
    "the last line of one that runs is none",
    ["running", "running"],
    [log("a", "all is well"), log("b", "")],
    undefined,
  ],
  [
    "the last line of one that is started again and again is one",
    ["restarting", "running"],
    [log("a", "exec: not there")],
    "the log of k3d-x-a: exec: not there",
  ],
];
for (const [what, [a, b], rules, expected] of causes) {
  test.serial(`of the nodes of a cluster: ${what}`, async (t) => {
    const { env } = fakePrograms(t, { docker: rules });
    const { PATH } = process.env;
    process.env.PATH = env.PATH;
    try {
      const nodes = [thing("container", "k3d-x-a", { state: a }), thing("container", "k3d-x-b", { state: b })];
      t.is(await causeInNodes([...nodes, thing("network", "k3d-x"), thing("container", "other")]), expected);
    } finally {
      process.env.PATH = PATH;
    }
  });
}
