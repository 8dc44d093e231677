// pi.py, run for real: as a process of its own where that matters, otherwise in a Python that has loaded it already.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { text as textOf } from "node:stream/consumers";
import test, { type ExecutionContext } from "ava";
import * as v from "valibot";
import { parseLog } from "../../../analysis/pod-output.ts";
import { runSchema } from "../../../analysis/records.ts";
import { PythonWithPi } from "../../helpers/inside-pi.ts";
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

const loaded = new PythonWithPi();
test.after.always(() => loaded.end());
const inside = (code: string) => loaded.inside(code);
async function runOf(args: string[]) {
  const { stdout } = await loaded.main(args);
  return parseLog(stdout, { source: "pi.py" });
}
async function counts(args: string[]) {
  const { run } = await runOf(args);
  return run.rounds.map(({ inside }) => inside);
}
const small = ["--samples=20000", "--rounds=3", "--warm-up=0"];

test("it prints the tutorial's line with the node's name, and a valid record", async (t) => {
  const { line, run } = await runOf([...small, "--node=gray"]);
  t.regex(line, /^Node gray: π ≈ 3\.[01]\d{5}, Time: \d+\.\d\ds$/);
  t.is(run.samples, 60_000);
  t.is(run.rounds.length, 3);
});

for (const [how, args, input] of [
  ["as a container's argument", ["-c", text], ""],
  ["by stdin", ["-"], text],
  ["as a file", [file], ""],
] as const) {
  test(`it runs ${how}`, async (t) => {
    const { status, stdout } = runPython([...args, ...small, "--seed=a"], { input });
    t.is(status, 0);
    t.deepEqual(
      parseLog(stdout, { source: "pi.py" }).run.rounds.map(({ inside }) => inside),
      await counts([...small, "--seed=a"]),
    );
  });
}

test("it prints π where the locale knows only ASCII", (t) => {
  t.regex(
    runPython([file, ...small], { env: { LC_ALL: "C", PYTHONUTF8: "0", PYTHONCOERCECLOCALE: "0" } }).stdout,
    /π ≈ 3/,
  );
});

test("node and index come from Kubernetes where no argument names them", async (t) => {
  const { stdout } = await loaded.main(small, { NODE_NAME: "blue", JOB_COMPLETION_INDEX: "2" });
  t.regex(stdout, /^Node blue: .*\n\{"record":"pi-speedup\/1","index":2,"node":"blue"/);
});

test("samples and inside cover all timed rounds, seconds is their mean, π is four times the share", async (t) => {
  const { run } = await runOf(["--samples=9973", "--rounds=5", "--warm-up=0"]);
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

test("the estimate is within five standard errors of π", async (t) => {
  const { run } = await runOf(["--samples=500000", "--rounds=2", "--warm-up=0", "--seed=fixed"]);
  t.true(Math.abs(run.pi - Math.PI) < (5 * 1.64) / Math.sqrt(run.samples), String(run.pi));
});

test("the same seed gives the same points, even with several processes", async (t) => {
  for (const processes of ["1", "2"]) {
    const args = [...small, "--seed=tutorial", `--processes=${processes}`];
    t.deepEqual(await counts(args), await counts(args));
  }
});

test("without a seed every run draws its own, and records it so that the run can be repeated", async (t) => {
  const [{ run: first }, { run: second }] = [await runOf(small), await runOf(small)];
  t.regex(first.seed, /^[0-9a-f]{32}$/);
  t.not(first.seed, second.seed);
  t.deepEqual(
    await counts([...small, `--seed=${first.seed}`]),
    first.rounds.map(({ inside }) => inside),
  );
});

test("each index and each round has its own stream", async (t) => {
  const streams = await Promise.all(["0", "1", "2"].map((index) => counts([...small, "--seed=a", `--index=${index}`])));
  t.is(new Set(streams.flat()).size, 9);
});

test("each of several processes has its own stream", async (t) => {
  const printed = await inside(`
team = pi.Team("a", "0", 2)
counted, answer = [], team.answer
team.answer = lambda process: counted.append(answer(process)) or counted[-1]
team.run(0, 20_000)
team.dismiss()
print(json.dumps(counted))`);
  const [one, other] = JSON.parse(printed);
  t.true(one > 0 && other > 0);
  t.not(one, other);
});

test("the remainder of the samples is divided among the processes, and none is lost", async (t) => {
  const printed = await inside("print(pi.shares(10, 3), pi.shares(3, 3), pi.shares(11, 4))");
  t.is(printed, "[4, 3, 3] [1, 1, 1] [3, 3, 3, 2]");
});

test("`cores` takes as many processes as the affinity mask allows", async (t) => {
  const stdout = await inside(`
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
sys.argv[1:] = ${JSON.stringify([...small, "--processes=cores"])}
pi.main()`);
  const { run } = parseLog(stdout, { source: "pi.py" });
  t.deepEqual({ cores: run.cores, processes: run.processes }, { cores: 1, processes: 1 });
});

test("rounds are numbered through, so that two parts give the same points as the whole", async (t) => {
  for (const processes of ["1", "2"]) {
    const args = ["--samples=20000", "--warm-up=0", "--seed=a", "--index=single", `--processes=${processes}`];
    const whole = await counts([...args, "--rounds=5"]);
    const [before, after] = [
      await counts([...args, "--rounds=3"]),
      await counts([...args, "--rounds=2", "--first-round=3"]),
    ];
    t.deepEqual([...before, ...after], whole);
  }
});

test("the single machine's index belongs to no worker: it stays a name, and has its own points", async (t) => {
  const { stdout } = await loaded.main([...small, "--index=single"]);
  t.regex(stdout, /\n\{"record":"pi-speedup\/1","index":"single"/);
  t.notDeepEqual(
    await counts([...small, "--seed=a", "--index=single"]),
    await counts([...small, "--seed=a", "--index=0"]),
  );
});

test("no two streams of a run have the same name, including those of untimed work", async (t) => {
  const parts = ["0", "2"].map(async (first) => {
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
  t.deepEqual(await Promise.all(parts), ["warm-up-0 0 1 cool-down-0", "warm-up-2 2 3 cool-down-2"]);
});

test("by default, half a second of untimed work comes before and after the rounds", async (t) => {
  const printed = await inside(`
asked = []
pi.keep_busy = lambda generator, samples, seconds: asked.append(seconds)
sys.argv[1:] = ["--samples=20000", "--rounds=1"]
sys.stdout = open(os.devnull, "w")
pi.main()
sys.stdout = sys.__stdout__
print(asked)`);
  t.is(printed, "[0.5, 0.5]");
});

for (const processes of ["1", "2"]) {
  test(`warm-up, rounds and cool-down lie one after another between start and end, with ${processes} processes`, async (t) => {
    const { run } = await runOf(["--samples=20000", "--rounds=3", "--warm-up=0.05", `--processes=${processes}`]);
    t.true(run.warmUp >= 0.05 && run.coolDown >= 0.05);
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

test("a warm-up of zero means no warm-up and no cool-down", async (t) => {
  const { run } = await runOf(small);
  t.deepEqual([run.warmUp, run.coolDown], [0, 0]);
});

test("untimed work is at least a tenth of a round, whatever its time", async (t) => {
  const printed = await inside(`
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

test("in untimed work a finished process continues until the others are done, and rests before the rounds", async (t) => {
  const printed = await inside(`
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
  test(`${args.join(" ")} is refused with exit code 2 and one sentence`, async (t) => {
    const { status, stderr, stdout } = await loaded.main(args);
    t.is(status, 2);
    t.regex(stderr, expected);
    t.is(stderr.trim().split("\n").length, 1, stderr);
    t.is(stdout, "");
  });
}

/** pi.py, of which each process that computes says so on stderr when it begins. */
const telling = `
import os, sys
sys.dont_write_bytecode = True
sys.path.insert(0, ${JSON.stringify(dirname(file))})
import pi
throw = pi.throw
def told(*work):
    pi.throw = throw
    os.write(2, b"%d computes\\n" % os.getpid())
    return throw(*work)
pi.throw = told
pi.main()
`;

/** Starts it, until the test ends, and waits until all of so many processes compute. */
async function startPi(t: ExecutionContext, args: string[], processes: number) {
  const child = spawn(python, ["-c", telling, ...args, `--processes=${processes}`]);
  const ended = new Promise((resolve) => child.once("close", resolve));
  t.teardown(() => child.kill("SIGKILL"));
  const output = textOf(child.stdout);
  const [computing, errors]: [number[], string[]] = [[], []];
  await new Promise<void>((resolve) => {
    const lines = createInterface({ input: child.stderr });
    lines.on("close", resolve);
    lines.on("line", (line) => {
      const [, pid] = /^(\d+) computes$/.exec(line) ?? [];
      if (pid === undefined) errors.push(line);
      else if (computing.push(Number(pid)) === processes) resolve();
    });
  });
  const children = computing.filter((pid) => pid !== child.pid).sort((a, b) => a - b);
  return { child, children, ended, output, errors };
}

for (const [moment, warmUp] of [
  ["a round", "0"],
  ["the warm-up", "1000"],
] as const) {
  for (const processes of [1, 2]) {
    test(`SIGTERM ends it at once in the middle of ${moment}, without a record, with ${processes} processes`, async (t) => {
      const args = ["--samples=2000000000", "--rounds=6", `--warm-up=${warmUp}`];
      const { child, children, ended, output } = await startPi(t, args, processes);
      t.is(children.length, processes === 1 ? 0 : processes);
      child.kill("SIGTERM");
      t.is(await ended, 143);
      t.is(await output, "");
      for (const pid of children) t.throws(() => process.kill(pid, 0), { code: "ESRCH" }, "a child is left");
    });
  }
}

test("a process that dies is reported in one sentence, and there is no record", async (t) => {
  const args = ["--samples=2000000000", "--rounds=1", "--warm-up=0"];
  const { children, ended, output, errors } = await startPi(t, args, 2);
  const [victim] = children;
  process.kill(victim ?? Number.NaN, "SIGKILL");
  t.is(await ended, 1);
  t.deepEqual(errors, [`Process 0 of 2 (pid ${victim}) ended before it had counted its samples, wait status 9.`]);
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

test("the record has no field that the schema does not know", async (t) => {
  const { stdout } = await loaded.main(small);
  const [, json = ""] = stdout.split("\n");
  const { record, index, node, ...run } = JSON.parse(json);
  t.deepEqual([record, index, typeof node], ["pi-speedup/1", 0, "string"]);
  t.notThrows(() => v.parse(v.strictObject(runSchema.entries), run));
});
