// pi.py, run for real.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { text as textOf } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import * as v from "valibot";
import { parseLog } from "../../../analysis/pod-output.ts";
import { runSchema } from "../../../analysis/records.ts";
import { insidePi as inside } from "../../helpers/inside-pi.ts";
import { python } from "../../helpers/python.ts";

const file = "components/workload/pi.py";
const text = readFileSync(file, "utf8");

function runPython(args: string[], { input = "", env = {} }: { input?: string; env?: Record<string, string> } = {}) {
  const { status, stdout, stderr } = spawnSync(python, args, {
    input,
    env: { PATH: process.env.PATH, ...env },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}
function runOf(args: string[], env: Record<string, string> = {}) {
  const { stdout } = runPython([file, ...args], { env });
  return parseLog(stdout, { source: "pi.py" });
}
const counts = (args: string[], env: Record<string, string> = {}) =>
  runOf(args, env).run.rounds.map(({ inside }) => inside);
const small = ["--samples=20000", "--rounds=3", "--warm-up=0"];

test("it prints the tutorial's line with the node's name, and a valid record", (t) => {
  const { line, run } = runOf([...small, "--node=gray"]);
  t.regex(line, /^Node gray: π ≈ 3\.[01]\d{5}, Time: \d+\.\d\ds$/);
  t.is(run.samples, 60_000);
  t.is(run.rounds.length, 3);
});

for (const [how, args, input] of [
  ["as a container's argument", ["-c", text], ""],
  ["by stdin", ["-"], text],
  ["as a file", [file], ""],
] as const) {
  test(`it runs ${how}`, (t) => {
    const { status, stdout } = runPython([...args, ...small, "--seed=a"], { input });
    t.is(status, 0);
    t.deepEqual(
      parseLog(stdout, { source: "pi.py" }).run.rounds.map(({ inside }) => inside),
      counts([...small, "--seed=a"]),
    );
  });
}

test("it prints π where the locale knows only ASCII", (t) => {
  t.regex(
    runPython([file, ...small], { env: { LC_ALL: "C", PYTHONUTF8: "0", PYTHONCOERCECLOCALE: "0" } }).stdout,
    /π ≈ 3/,
  );
});

test("node and index come from Kubernetes where no argument names them", (t) => {
  const { stdout } = runPython([file, ...small], { env: { NODE_NAME: "blue", JOB_COMPLETION_INDEX: "2" } });
  t.regex(stdout, /^Node blue: .*\n\{"record":"pi-speedup\/1","index":2,"node":"blue"/);
});

test("samples and inside cover all timed rounds, seconds is their mean, π is four times the share", (t) => {
  const { run } = runOf(["--samples=9973", "--rounds=5", "--warm-up=0"]);
  const { rounds } = run;
  t.is(run.samples, 5 * 9973);
  t.is(
    run.inside,
    rounds.reduce((sum, { inside }) => sum + inside, 0),
  );
  const mean = rounds.reduce((sum, { seconds }) => sum + seconds, 0) / 5;
  t.true(Math.abs(run.seconds - mean) < 1e-12, `${run.seconds}, ${mean}`);
  t.is(run.pi, (4 * run.inside) / run.samples);
});

test("the estimate is within five standard errors of π", (t) => {
  const { run } = runOf(["--samples=500000", "--rounds=2", "--warm-up=0", "--seed=fixed"]);
  t.true(Math.abs(run.pi - Math.PI) < (5 * 1.64) / Math.sqrt(run.samples), String(run.pi));
});

test("the same seed gives the same points, even with several processes", (t) => {
  for (const processes of ["1", "2"]) {
    const args = [...small, "--seed=tutorial", `--processes=${processes}`];
    t.deepEqual(counts(args), counts(args));
  }
});

test("without a seed every run draws its own, and records it so that the run can be repeated", (t) => {
  const [first, second] = [runOf(small).run, runOf(small).run];
  t.regex(first.seed, /^[0-9a-f]{32}$/);
  t.not(first.seed, second.seed);
  t.deepEqual(
    counts([...small, `--seed=${first.seed}`]),
    first.rounds.map(({ inside }) => inside),
  );
});

test("each index and each round has its own stream", (t) => {
  const streams = ["0", "1", "2"].map((index) => counts([...small, "--seed=a", `--index=${index}`]));
  t.is(new Set(streams.flat()).size, 9);
});

test("each of several processes has its own stream", (t) => {
  const { run } = runOf(["--samples=20000", "--rounds=1", "--warm-up=0", "--seed=a", "--processes=2"]);
  // Two equal streams would count the same on both halves, an even sum; and this one is not twice what one process counts.
  t.not(run.inside, 2 * (counts(["--samples=10000", "--rounds=1", "--warm-up=0", "--seed=a"])[0] ?? 0));
});

test("the remainder of the samples is divided among the processes, and none is lost", (t) => {
  const printed = inside("print(pi.shares(10, 3), pi.shares(3, 3), pi.shares(11, 4))");
  t.is(printed, "[4, 3, 3] [1, 1, 1] [3, 3, 3, 2]");
});

test("`cores` takes as many processes as the affinity mask allows", (t) => {
  const { stdout } = spawnSync("taskset", ["1", python, file, ...small, "--processes=cores"], { encoding: "utf8" });
  const { run } = parseLog(stdout, { source: "pi.py" });
  t.deepEqual({ cores: run.cores, processes: run.processes }, { cores: 1, processes: 1 });
});

test("rounds are numbered through, so that two parts give the same points as the whole", (t) => {
  for (const processes of ["1", "2"]) {
    const args = ["--samples=20000", "--warm-up=0", "--seed=a", "--index=single", `--processes=${processes}`];
    const whole = counts([...args, "--rounds=5"]);
    const parts = [...counts([...args, "--rounds=3"]), ...counts([...args, "--rounds=2", "--first-round=3"])];
    t.deepEqual(parts, whole);
  }
});

test("the single machine's index belongs to no worker: it stays a name, and has its own points", (t) => {
  const { stdout } = runPython([file, ...small, "--index=single"]);
  t.regex(stdout, /\n\{"record":"pi-speedup\/1","index":"single"/);
  t.notDeepEqual(counts([...small, "--seed=a", "--index=single"]), counts([...small, "--seed=a", "--index=0"]));
});

test("no two streams of a run have the same name, including those of untimed work", (t) => {
  const parts = ["0", "2"].map((first) => {
    const args = ["--samples=1000", "--rounds=2", "--warm-up=0.001", "--seed=a", `--first-round=${first}`];
    return inside(`
names, real = [], pi.stream
pi.stream = lambda *name: names.append(name[-1]) or real(*name)
sys.argv[1:] = ${JSON.stringify(args)}
sys.stdout = open(os.devnull, "w")
pi.main()
sys.stdout = sys.__stdout__
print(*names)`);
  });
  t.deepEqual(parts, ["warm-up-0 0 1 cool-down-0", "warm-up-2 2 3 cool-down-2"]);
});

test("by default, half a second of untimed work comes before and after the rounds", (t) => {
  const { run } = runOf(["--samples=20000", "--rounds=1"]);
  t.true(run.warmUp >= 0.5, String(run.warmUp));
  t.true(run.coolDown >= 0.5, String(run.coolDown));
});

for (const processes of ["1", "2"]) {
  test(`warm-up, rounds and cool-down lie one after another between start and end, with ${processes} processes`, (t) => {
    const { run } = runOf(["--samples=20000", "--rounds=3", "--warm-up=0.1", `--processes=${processes}`]);
    t.true(run.warmUp >= 0.1 && run.coolDown >= 0.1);
    // Two clocks, and so a little slack.
    const slack = 0.005;
    const times = [run.started + run.warmUp - slack, ...run.rounds.flatMap(({ start, end }) => [start, end])];
    times.push(run.ended - run.coolDown + slack);
    t.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
  });
}

test("a warm-up of zero means no warm-up and no cool-down", (t) => {
  const { run } = runOf(small);
  t.deepEqual([run.warmUp, run.coolDown], [0, 0]);
});

test("untimed work is at least a tenth of a round, whatever its time", (t) => {
  const printed = inside(`
thrown, real = [], pi.keep_busy
pi.keep_busy = lambda generator, samples, seconds: thrown.append(samples) or real(generator, samples, seconds)
sys.argv[1:] = ["--samples=123450", "--rounds=1", "--warm-up=0.000001"]
sys.stdout = open(os.devnull, "w")
pi.main()
sys.stdout = sys.__stdout__
chunks = []
pi.throw = lambda generator, samples: chunks.append(samples)
real(None, 25_000, 0)
print(thrown, sum(chunks))`);
  t.is(printed, "[12345, 12345] 30000");
});

test("in untimed work a finished process continues until the others are done, and rests before the rounds", (t) => {
  const printed = inside(`
import select
take, give = os.pipe()
pi.throw = lambda generator, samples: samples and os.write(give, os.getpid().to_bytes(4, "big")) and 0
team = pi.Team("", "0", 2)
team.order(["w 0 0", "w 0 0"])  # both have answered at once
seen = set()
while len(seen) < 2:
    seen.add(int.from_bytes(os.read(take, 4), "big"))
team.run("rest", 0)
while select.select([take], [], [], 0.1)[0]:
    os.read(take, 65536)
print(seen == {child[0] for child in team.children}, "at rest")
team.dismiss()`);
  t.is(printed, "True at rest");
});

const nonsense: [args: string[], expected: RegExp][] = [
  [["--samples=0", "--rounds=1"], /--samples: "0" was found, a whole number of at least 1 is needed/],
  [["--samples=10", "--rounds=-1"], /--rounds: "-1" was found/],
  [["--samples=10", "--rounds=0"], /--rounds: "0" was found/],
  [["--samples=ten", "--rounds=1"], /--samples: "ten" was found/],
  [["--samples=1e6", "--rounds=1"], /--samples: "1e6" was found/],
  [["--samples=10", "--rounds=1", "--processes=0"], /--processes: "0" was found/],
  [["--samples=10", "--rounds=1", "--processes=many"], /--processes: "many" was found/],
  [["--samples=2", "--rounds=1", "--processes=3"], /2 samples were asked for with 3 processes/],
  [["--samples=99999", "--rounds=1", "--processes=9999"], /9999 processes were asked for, this machine has \d+ cores/],
  [["--samples=10", "--rounds=1", "--first-round=-1"], /--first-round: "-1" was found, a whole number of at least 0/],
  [["--samples=10", "--rounds=1", "--warm-up=-0.5"], /--warm-up: "-0.5" was found, a number of seconds of at least 0/],
  [["--samples=10", "--rounds=1", "--warm-up=nan"], /--warm-up: "nan" was found/],
  [["--samples=10", "--rounds=1", "--warm-up=inf"], /--warm-up: "inf" was found/],
  [["--samples=10", "--rounds=1", "--warm-up=long"], /--warm-up: "long" was found/],
  [["--rounds=1"], /--samples/],
];
for (const [args, expected] of nonsense) {
  test(`${args.join(" ")} is refused with exit code 2 and one sentence`, (t) => {
    const { status, stderr, stdout } = runPython([file, ...args]);
    t.is(status, 2);
    t.regex(stderr, expected);
    t.is(stderr.trim().split("\n").length, 1, stderr);
    t.is(stdout, "");
  });
}

/** Its processes that compute: not the one that looks at the board's health, which gives way to all others. */
function computingChildren(parent: number | undefined): string[] {
  const { stdout } = spawnSync("ps", ["--ppid", String(parent), "-o", "pid=,ni="], { encoding: "utf8" });
  const rows = stdout.split("\n").map((row) => row.trim().split(/\s+/));
  return rows.flatMap(([pid, nice]) => (pid && nice === String(getPriority()) ? [pid] : []));
}

/** Starts pi.py, which ends with the test, and waits until so many processes of its own compute. */
async function startPi(t: ExecutionContext, args: string[], processes: number) {
  const child = spawn(python, [file, ...args]);
  const ended = new Promise((resolve) => child.once("close", resolve));
  t.teardown(() => child.kill("SIGKILL"));
  const [output, errors] = [textOf(child.stdout), textOf(child.stderr)];
  // Long enough for Python to start where the machine is idle.
  do await sleep(700);
  while (computingChildren(child.pid).length < processes && child.exitCode === null);
  return { child, children: computingChildren(child.pid), ended, output, errors };
}

for (const [moment, warmUp] of [
  ["a round", "0"],
  ["the warm-up", "1000"],
] as const) {
  for (const processes of ["1", "2"]) {
    test(`SIGTERM ends it at once in the middle of ${moment}, without a record, with ${processes} processes`, async (t) => {
      const args = ["--samples=2000000000", "--rounds=6", `--warm-up=${warmUp}`, `--processes=${processes}`];
      const own = processes === "1" ? 0 : 2;
      const { child, children, ended, output } = await startPi(t, args, own);
      t.is(children.length, own);
      child.kill("SIGTERM");
      t.is(await ended, 143);
      t.is(await output, "");
      for (const pid of children) t.is(spawnSync("kill", ["-0", pid]).status, 1, "a child is left");
    });
  }
}

test("a process that dies is reported in one sentence, and there is no record", async (t) => {
  const args = ["--samples=2000000000", "--rounds=1", "--processes=2", "--warm-up=0"];
  const { children, ended, output, errors } = await startPi(t, args, 2);
  const [victim] = children;
  spawnSync("kill", ["-KILL", victim ?? ""]);
  t.is(await ended, 1);
  t.regex(await errors, /^Process 0 of 2 \(pid \d+\) ended before it had counted its samples, wait status 9\.\n$/);
  t.is(await output, "");
});

test("it needs no home and no write access, and prints no warnings", (t) => {
  const { status, stderr } = runPython(["-W", "error", "-X", "dev", file, ...small, "--processes=2"], {
    env: { HOME: "/nonexistent" },
  });
  t.is(stderr, "");
  t.is(status, 0);
});

test("its text contains nothing that Kubernetes would expand", (t) => {
  t.false(text.includes("$("));
});

test("the record has no field that the schema does not know", (t) => {
  const [, json = ""] = runPython([file, ...small]).stdout.split("\n");
  const { record, index, node, ...run } = JSON.parse(json);
  t.deepEqual([record, index, typeof node], ["pi-speedup/1", 0, "string"]);
  t.notThrows(() => v.parse(v.strictObject(runSchema.entries), run));
});
