// The single machine's measurement, with Docker or Python that fail.
import test from "ava";
import * as v from "valibot";
import { halfSchema } from "../../../../analysis/single-machine.ts";
import { baselineContainer } from "../../../../components/cluster/embedded/names.ts";
import type { Labelled } from "../../../../components/host/labelled.ts";
import { runRecord } from "../../../helpers/example-records.ts";
import { type FakePrograms, fakePrograms, type Rule } from "../../../helpers/fake-programs.ts";
import { assertFault } from "../../../helpers/faults.ts";
import { formerLabels, labelsHere, listing, thing } from "../../../helpers/labelled.ts";
import { runProgram } from "../../../helpers/run-program.ts";

const settings = {
  mode: "docker",
  image: "python:3.9-slim",
  program: "print(1)",
  half: { first: 0, count: 3, of: 6 },
  check: { work: ["--samples=1"], parts: 2 },
  work: ["--samples=2"],
  timeout: 60,
};
let stacks = 0;
/** Each time for another stack: of one stack's baselines one waits for the other. */
function measure(what: object, programs: FakePrograms) {
  return runProgram("measure-baseline", { stack: `test-${stacks++}`, ...what }, programs);
}
/** Digests of two contents. */
const [a, b] = ["a", "b"].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
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
    const { code, stdout, stderr } = await measure(settings, fakePrograms(t, { docker: rules }));
    t.is(code, 1);
    t.is(stdout, "");
    assertFault(t, fault, stderr);
  });
}

/** What pi.py prints. */
const record = (seconds: number[]) =>
  `Node x: π ≈ 3.14159, Time: 1.00s\n${JSON.stringify({ record: "pi-speedup/1", index: "single", node: "x", ...runRecord({ seconds, started: 1_700_000_000 }) })}\n`;
/** Docker with an image of that digest, which runs pi.py. */
const working = (digest: string, run = /^run/): Rule[] => [
  [/^image inspect .*RepoDigests/, { stdout: `${digest}\n` }],
  [new RegExp(`${run.source} .*--samples=1$`), { stdout: record([0.5]) }],
  [new RegExp(`${run.source} .*--samples=2$`), { stdout: record([1, 1.2, 1.1]) }],
];
const { check: _, ...unchecked } = settings;
const second = { ...unchecked, half: { first: 3, count: 3, of: 6 }, former: { digest: a, seconds: 1.1 } };

test("the first half is checked with a small part of the work, then its rounds are measured", async (t) => {
  const programs = fakePrograms(t, { docker: working(`python@${a}`) });
  const { code, stdout, stderr } = await measure(settings, programs);
  t.is(code, 0, stderr);
  const half = v.parse(v.pipe(v.string(), v.parseJson(), halfSchema), stdout);
  t.deepEqual([half.mode, half.digest, half.seconds], ["docker", a, 1.1]);
  t.true(half.elapsed !== null && half.elapsed > 0);
  const runs = programs.calls().filter((call) => call.startsWith("docker run"));
  t.deepEqual(
    runs.map((call) => call.split(" ").at(-1)),
    ["--samples=1", "--samples=2"],
  );
});

test("an image with an entry point of its own runs the pods' program all the same", async (t) => {
  const started = working(`python@${a}`, /^run .*--entrypoint=python3 python:3\.9-slim -/);
  const entered: Rule = [/^run /, { code: 2, stderr: "can't open file '//python3'\n" }];
  const { code, stderr } = await measure(settings, fakePrograms(t, { docker: [...started, entered] }));
  t.is(code, 0, stderr);
});

test("a single machine that has changed is reported as such", async (t) => {
  const programs = fakePrograms(t, { docker: working(`python@${a}`) });
  const env = { ...programs.env, DOCKER_HOST: "ssh://pi@red.invalid" };
  const { code, stderr } = await measure(settings, { ...programs, env });
  t.is(code, 0, stderr);
  t.regex(
    stderr,
    /^The single machine is the one that Docker runs on \(ssh:\/\/pi@red\.invalid\), and not this one\.$/m,
  );
});

test("what is coming is said before the first half, by what the check took: 3 rounds of 2 · 0.5 s, and 1 s around them", async (t) => {
  const { stderr } = await measure(settings, fakePrograms(t, { docker: working(`python@${a}`) }));
  t.is(
    stderr.trim(),
    'Measuring the single machine in image "python:3.9-slim": rounds 1 to 3 of 6, about 4 s. The other 3 follow after the Job.',
  );
});

test("the second half is measured without a check, and what is coming is known from the first", async (t) => {
  const programs = fakePrograms(t, { docker: working(`python@${a}`) });
  const { code, stderr } = await measure(second, programs);
  t.is(code, 0, stderr);
  t.is(stderr.trim(), 'Measuring the single machine in image "python:3.9-slim": rounds 4 to 6 of 6, about 4 s.');
  t.is(programs.calls().filter((call) => call.startsWith("docker run")).length, 1);
});

test("a second half whose image is another one is not measured (image-changed)", async (t) => {
  const programs = fakePrograms(t, { docker: working(`python@${b}`) });
  const { code, stdout, stderr } = await measure(second, programs);
  t.is(code, 1);
  t.is(stdout, "");
  assertFault(t, "image-changed", stderr);
  t.false(programs.calls().some((call) => call.startsWith("docker run")));
});

test("an image with an unknown digest counts as the same", async (t) => {
  const { code, stderr } = await measure(
    { ...second, former: { digest: null, seconds: 1 } },
    fakePrograms(t, { docker: working(`python@${b}`) }),
  );
  t.is(code, 0, stderr);
});

const name = baselineContainer("left", process.cwd());
for (const [half, asked] of [
  ["first", settings],
  ["second", second],
] as const) {
  test(`a container that a killed run has left is removed before the ${half} half begins`, async (t) => {
    const left = thing("container", name, { labels: labelsHere("left", "") });
    const programs = fakePrograms(t, { docker: [...listing([left]), ...working(`python@${a}`)] });
    await measure({ ...asked, stack: "left" }, programs);
    const calls = programs.calls();
    const removed = calls.indexOf(`docker rm --force --volumes ${left.id}`);
    t.true(removed >= 0 && removed < calls.findIndex((call) => call.startsWith("docker run")), calls.join("\n"));
  });
}

const strangers: [whose: string, labels: Labelled["labels"]][] = [
  ["another checkout's", { ...labelsHere("left", ""), folder: "/elsewhere", place: "another-place" }],
  ["another user's", { ...labelsHere("left", ""), user: "4711", place: "another-place" }],
  ["another container's with the same paths", { ...labelsHere("left", ""), host: "c0ffee", place: "another-place" }],
  ["another stack's", labelsHere("other", "")],
  ["somebody's without labels", formerLabels("", "")],
];
for (const [whose, labels] of strangers) {
  test(`a container with that name that is ${whose} is left alone (baseline-name-taken)`, async (t) => {
    const programs = fakePrograms(t, { docker: listing([thing("container", name, { labels })]) });
    const { code, stdout, stderr } = await measure({ ...settings, stack: "left" }, programs);
    t.is(code, 1);
    t.is(stdout, "");
    assertFault(t, "baseline-name-taken", stderr);
    t.false(programs.calls().some((call) => /^docker (rm|run) /.test(call)));
  });
}

test("a container of a killed run that can't be removed is reported (baseline-stays)", async (t) => {
  const left = thing("container", name, { labels: labelsHere("left", "") });
  const programs = fakePrograms(t, { docker: [[/^rm /, { code: 1, stderr: "no daemon\n" }], ...listing([left])] });
  const { code, stderr } = await measure({ ...settings, stack: "left" }, programs);
  t.is(code, 1);
  assertFault(t, "baseline-stays", stderr);
});

test("the second baseline of a stack waits for the first instead of removing it", async (t) => {
  const programs = fakePrograms(t, { docker: working(`python@${a}`) });
  const both = { ...second, stack: "twice" };
  const results = await Promise.all([measure(both, programs), measure(both, programs)]);
  t.deepEqual(
    results.map(({ code }) => code),
    [0, 0],
  );
  const calls = programs.calls().filter((call) => /^docker (run|ps) /.test(call));
  t.deepEqual(
    calls.map((call) => call.split(" ")[1]),
    ["ps", "run", "ps", "run"],
  );
});

test("a host without python3 is reported (python-missing)", async (t) => {
  const { code, stderr } = await measure({ ...settings, mode: "host" }, fakePrograms(t, {}));
  t.is(code, 1);
  assertFault(t, "python-missing", stderr);
});

test("a baseline that takes too long is ended and reported (baseline-timed-out)", async (t) => {
  const programs = fakePrograms(t, { python3: [[/./, { hangs: true }]] });
  const { code, stderr } = await measure({ ...settings, timeout: 1, mode: "host" }, programs);
  t.is(code, 1);
  assertFault(t, "baseline-timed-out", stderr);
});

const printed: [fault: string, what: string, stdout: string][] = [
  ["log-garbled", "a record that is cut off", 'Node x: π ≈ 3.14, Time: 1.00s\n{"record":"pi-speedup/1","index":'],
  ["log-empty", "nothing", ""],
  ["log-empty", "something else", "Hello from Docker!\n"],
];
for (const [fault, what, stdout] of printed) {
  test(`a baseline that prints ${what} is told by a message, not by a stack trace (${fault})`, async (t) => {
    const programs = fakePrograms(t, { docker: [[/^run/, { stdout }]] });
    const ended = await measure(settings, programs);
    t.is(ended.code, 1);
    t.is(ended.stdout, "");
    assertFault(t, fault, ended.stderr);
    t.notRegex(ended.stderr, /^ +at /m);
  });
}
