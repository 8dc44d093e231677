// The single machine's measurement, in a world where Docker or Python fail.
import test from "ava";
import { fakePrograms, type Rule } from "../../../helpers/fake-programs.ts";
import { assertFault } from "../../../helpers/faults.ts";
import { runProgram } from "../../../helpers/run-program.ts";

const settings = {
  mode: "docker",
  stack: "test",
  image: "python:3.9-slim",
  program: "print(1)",
  check: ["--samples=1"],
  work: ["--samples=2"],
  timeout: 1,
};
const line = "measure-baseline";
const run = (code: number, stderr: string): Rule[] => [[/^run/, { code, stderr }]];
const docker = (words: string) =>
  `docker: Error response from daemon: ${words}\n\nRun 'docker run --help' for more information\n`;

const faults: [fault: string, docker: Rule[]][] = [
  [
    "image-without-python",
    run(127, docker('OCI runtime create failed: exec: "python3": executable file not found in $PATH: unknown.')),
  ],
  ["image-architecture", run(1, "exec /usr/bin/python3: exec format error\n")],
  [
    "image-old-python",
    run(1, "pi.py needs Python 3.9 or newer, this is 3.8: use another image, or another python3.\n"),
  ],
  ["baseline-failed", run(2, "pi.py: 1 samples were asked for with 2 processes.\n")],
];
for (const [fault, rules] of faults) {
  test(`a baseline that meets ${fault} says so in one sentence`, async (t) => {
    const { code, stdout, stderr } = await runProgram(line, settings, fakePrograms(t, { docker: rules }));
    t.is(code, 1);
    t.is(stdout, "");
    assertFault(t, fault, stderr);
  });
}

test("a baseline that a killed run has left is removed before the next one begins", async (t) => {
  const programs = fakePrograms(t, { docker: run(1, "no\n") });
  await runProgram(line, settings, programs);
  const calls = programs.calls();
  const removed = calls.findIndex((call) => /^docker rm --force pi-speedup-[0-9a-f]{8}-baseline$/.test(call));
  t.true(removed >= 0 && removed < calls.findIndex((call) => call.startsWith("docker run")), calls.join("\n"));
});

test("a host without python3 is told (python-missing)", async (t) => {
  const { code, stderr } = await runProgram(line, { ...settings, mode: "host" }, fakePrograms(t, {}));
  t.is(code, 1);
  assertFault(t, "python-missing", stderr);
});

test("a baseline that is not done in time is ended and told (baseline-timed-out)", async (t) => {
  const programs = fakePrograms(t, { python3: [] });
  const env = { ...programs.env, PATH: process.env.PATH };
  const forever = { ...settings, mode: "host", program: "import time; time.sleep(60)" };
  const { code, stderr } = await runProgram(line, forever, { ...programs, env });
  t.is(code, 1);
  assertFault(t, "baseline-timed-out", stderr);
});

const printed: [fault: string, what: string, stdout: string][] = [
  ["baseline-garbled", "a record that is cut off", 'Node x: π ≈ 3.14, Time: 1.00s\n{"record":"pi-speedup/1","index":'],
  ["baseline-empty", "nothing", ""],
  ["baseline-empty", "something else", "Hello from Docker!\n"],
];
for (const [fault, what, stdout] of printed) {
  test(`a baseline that prints ${what} is told by a message, not by a stack trace (${fault})`, async (t) => {
    const programs = fakePrograms(t, { docker: [[/^run/, { stdout }]] });
    const ended = await runProgram(line, settings, programs);
    t.is(ended.code, 1);
    t.is(ended.stdout, "");
    assertFault(t, fault, ended.stderr);
    t.notRegex(ended.stderr, /^ +at /m);
  });
}
