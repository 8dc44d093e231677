// pi.py, run for real.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import test from "ava";
import * as v from "valibot";
import { parseLog } from "../../../analysis/pod-output.ts";
import { runSchema } from "../../../analysis/records.ts";

const file = "components/workload/pi.py";
const text = readFileSync(file, "utf8");

function python(args: string[], { input = "", env = {} }: { input?: string; env?: Record<string, string> } = {}) {
  const { status, stdout, stderr } = spawnSync("python3", args, {
    input,
    env: { PATH: process.env.PATH, ...env },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}
function runOf(args: string[], env: Record<string, string> = {}) {
  const { stdout } = python([file, ...args], { env });
  return parseLog(stdout, { source: "pi.py" });
}
const counts = (args: string[], env: Record<string, string> = {}) =>
  runOf(args, env).run.rounds.map(({ inside }) => inside);
const small = ["--samples=20000", "--rounds=3"];

test("it prints the tutorial's line with the node's name, and a record that is one of a run", (t) => {
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
    const { status, stdout } = python([...args, ...small, "--seed=a"], { input });
    t.is(status, 0);
    t.deepEqual(
      parseLog(stdout, { source: "pi.py" }).run.rounds.map(({ inside }) => inside),
      counts([...small, "--seed=a"]),
    );
  });
}

test("it prints π where the locale knows only ASCII", (t) => {
  t.regex(
    python([file, ...small], { env: { LC_ALL: "C", PYTHONUTF8: "0", PYTHONCOERCECLOCALE: "0" } }).stdout,
    /π ≈ 3/,
  );
});

test("node and index come from Kubernetes where no argument names them", (t) => {
  const { stdout } = python([file, ...small], { env: { NODE_NAME: "blue", JOB_COMPLETION_INDEX: "2" } });
  t.regex(stdout, /^Node blue: .*\n\{"record":"pi-speedup\/1","index":2,"node":"blue"/);
});

test("samples and inside are those of all timed rounds, seconds their median, π four times the share", (t) => {
  const { run } = runOf(["--samples=9973", "--rounds=5"]);
  const { rounds } = run;
  t.is(run.samples, 5 * 9973);
  t.is(
    run.inside,
    rounds.reduce((sum, { inside }) => sum + inside, 0),
  );
  t.is(rounds.map(({ seconds }) => seconds).toSorted((a, b) => a - b)[2], run.seconds);
  t.is(run.pi, (4 * run.inside) / run.samples);
});

test("the estimate is within five standard errors of π", (t) => {
  const { run } = runOf(["--samples=500000", "--rounds=2", "--seed=fixed"]);
  t.true(Math.abs(run.pi - Math.PI) < (5 * 1.64) / Math.sqrt(run.samples), String(run.pi));
});

test("the same seed throws the same points, with several processes too", (t) => {
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

test("another index is another stream, and so is another round", (t) => {
  const streams = ["0", "1", "2"].map((index) => counts([...small, "--seed=a", `--index=${index}`]));
  t.is(new Set(streams.flat()).size, 9);
});

test("with several processes each has a stream of its own", (t) => {
  const { run } = runOf(["--samples=20000", "--rounds=1", "--seed=a", "--processes=2"]);
  // Two equal streams would count the same on both halves, an even sum; and this one is not twice what one process counts.
  t.not(run.inside, 2 * (counts(["--samples=10000", "--rounds=1", "--seed=a"])[0] ?? 0));
});

test("the remainder of the samples is spread among the processes, none is lost", (t) => {
  const code = `${text.replace('if __name__ == "__main__":\n    main()', "")}\nprint(shares(10, 3), shares(3, 3), shares(11, 4))`;
  t.is(python(["-c", code]).stdout.trim(), "[4, 3, 3] [1, 1, 1] [3, 3, 3, 2]");
});

test("`cores` takes as many processes as the affinity mask allows", (t) => {
  const { stdout } = spawnSync("taskset", ["1", "python3", file, ...small, "--processes=cores"], { encoding: "utf8" });
  const { run } = parseLog(stdout, { source: "pi.py" });
  t.deepEqual({ cores: run.cores, processes: run.processes }, { cores: 1, processes: 1 });
});

const quotas: [what: string, files: Record<string, string>, cgroup: string, cores: string][] = [
  ["half a core by version 2", { "cpu.max": "50000 100000" }, "0::/", "0.5"],
  ["no quota by version 2", { "cpu.max": "max 100000" }, "0::/", "64"],
  [
    "a quota of a group above by version 2",
    { "cpu.max": "150000 100000", "a/b/cpu.max": "max 100000" },
    "0::/a/b",
    "1.5",
  ],
  [
    "a quota by version 1",
    { "cpu,cpuacct/k/cpu.cfs_quota_us": "25000", "cpu,cpuacct/k/cpu.cfs_period_us": "100000" },
    "4:cpu,cpuacct:/k",
    "0.25",
  ],
  ["no quota by version 1", { "cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000" }, "4:cpu:/k", "64"],
];
for (const [what, files, cgroup, cores] of quotas) {
  test(`${what} allows ${cores} of 64 cores`, (t) => {
    const fake = `
import tempfile
CGROUPS = Path(tempfile.mkdtemp())
for name, content in ${JSON.stringify(files)}.items():
    (CGROUPS / name).parent.mkdir(parents=True, exist_ok=True)
    (CGROUPS / name).write_text(content)
real, os.sched_getaffinity = text, lambda _: range(64)
text = lambda path: ${JSON.stringify(cgroup)} if path == "/proc/self/cgroup" else real(path)
print(usable_cores())
import shutil; shutil.rmtree(CGROUPS)`;
    t.is(python(["-c", text.replace('if __name__ == "__main__":\n    main()', fake)]).stdout.trim(), cores);
  });
}

const nonsense: [args: string[], expected: RegExp][] = [
  [["--samples=0", "--rounds=1"], /--samples: «0» was found, a whole number of at least 1 is needed/],
  [["--samples=10", "--rounds=-1"], /--rounds: «-1» was found/],
  [["--samples=10", "--rounds=0"], /--rounds: «0» was found/],
  [["--samples=ten", "--rounds=1"], /--samples: «ten» was found/],
  [["--samples=1e6", "--rounds=1"], /--samples: «1e6» was found/],
  [["--samples=10", "--rounds=1", "--processes=0"], /--processes: «0» was found/],
  [["--samples=10", "--rounds=1", "--processes=many"], /--processes: «many» was found/],
  [["--samples=2", "--rounds=1", "--processes=3"], /2 samples were asked for with 3 processes/],
  [["--samples=99999", "--rounds=1", "--processes=9999"], /9999 processes were asked for, this machine has \d+ cores/],
  [["--rounds=1"], /--samples/],
];
for (const [args, expected] of nonsense) {
  test(`${args.join(" ")} is refused with exit code 2 and one sentence`, (t) => {
    const { status, stderr, stdout } = python([file, ...args]);
    t.is(status, 2);
    t.regex(stderr, expected);
    t.is(stderr.trim().split("\n").length, 1, stderr);
    t.is(stdout, "");
  });
}

for (const processes of ["1", "2"]) {
  test(`SIGTERM ends it at once in the middle of a round, without a record, with ${processes} processes`, async (t) => {
    const child = spawn("python3", [file, "--samples=2000000000", "--rounds=6", `--processes=${processes}`]);
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    await new Promise((resolve) => setTimeout(resolve, 700));
    const children = spawnSync("pgrep", ["-P", String(child.pid)], { encoding: "utf8" })
      .stdout.split("\n")
      .filter(Boolean);
    t.is(children.length, processes === "1" ? 0 : 2);
    child.kill("SIGTERM");
    t.is(await ended, 143);
    t.is(output, "");
    for (const pid of children) t.is(spawnSync("kill", ["-0", pid]).status, 1, "a child is left");
  });
}

test("a process that dies is told in one sentence, and there is no record", async (t) => {
  const child = spawn("python3", [file, "--samples=2000000000", "--rounds=1", "--processes=2"]);
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  await new Promise((resolve) => setTimeout(resolve, 700));
  const [victim] = spawnSync("pgrep", ["-P", String(child.pid)], { encoding: "utf8" }).stdout.split("\n");
  spawnSync("kill", ["-KILL", victim ?? ""]);
  t.is(await ended, 1);
  t.regex(errors, /^Process 0 of 2 \(pid \d+\) ended before it had counted its samples, wait status 9\.\n$/);
  t.is(output, "");
});

test("it needs no home, no right to write and no warning to be ignored", (t) => {
  const { status, stderr } = python(["-W", "error", "-X", "dev", file, ...small, "--processes=2"], {
    env: { HOME: "/nonexistent" },
  });
  t.is(stderr, "");
  t.is(status, 0);
});

test("its text holds nothing that Kubernetes would expand", (t) => {
  t.false(text.includes("$("));
});

test("the record has no field that the schema does not know", (t) => {
  const [, json = ""] = python([file, ...small]).stdout.split("\n");
  const { record, index, node, ...run } = JSON.parse(json);
  t.deepEqual([record, index, typeof node], ["pi-speedup/1", 0, "string"]);
  t.notThrows(() => v.parse(v.strictObject(runSchema.entries), run));
});
