// The real thing: real engine, real cluster, real pods, with the npm scripts that a user runs. One story in order: from
// scratch, through everything that happens to a stack, and back.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, homedir } from "node:os";
import test from "ava";
import * as v from "valibot";
import type { Entry } from "../../report/history/entries.ts";
import { assertFault } from "../helpers/faults.ts";
import { changedBetween, madeAt, succeeded } from "../helpers/resources.ts";
import {
  command,
  docker,
  exported,
  killedMidway,
  kubectl,
  mine,
  outputs,
  removeRemains,
  script,
  stack,
  stateFile,
} from "../helpers/stack.ts";

const small = ["--config=pi-speedup:samples=200000", "--config=pi-speedup:agents=3", "--config=pi-speedup:rounds=6"];

/** Everything that Docker holds besides images, but for what is labelled for another checkout or stack. */
async function inDocker(): Promise<string[]> {
  const labels = '{{.Label "pi-speedup.stack"}} {{.Label "pi-speedup.folder"}}';
  const listings = [
    docker("ps", "--all", `--format={{.ID}} ${labels}`),
    docker("network", "ls", `--format={{.ID}} ${labels}`),
    // Volumes without a name have no labels. Those of other containers are in use, but those that our cluster leaves are not.
    docker("volume", "ls", "--filter=dangling=true", `--format={{.Name}} ${labels}`),
  ];
  const oursOrNobodys = (line: string) => !/ \S+ \S+$/.test(line) || line.endsWith(` ${stack} ${process.cwd()}`);
  return (await Promise.all(listings)).map((lines) => lines.split("\n").filter(oursOrNobodys).sort().join("\n"));
}
const begun = new Date().toISOString();
/** The runs of this story among those that `history --json` prints. */
function runsIn(exported: string): Entry[] {
  // What it holds is what the tests examine.
  const entries = JSON.parse(exported) as Entry[];
  return entries.filter((entry) => entry.stack === stack && entry.when > begun);
}

const trackedFiles = async () => (await command("git", "status", "--porcelain")).stdout;
const usersKubeconfig = () => {
  const file = `${homedir()}/.kube/config`;
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
};

let dockerBefore: string[];
let filesBefore: string;
const kubeconfigBefore = usersKubeconfig();

test.serial.before("nothing of an earlier run is in the way", async () => {
  await removeRemains();
  dockerBefore = await inDocker();
  filesBefore = await trackedFiles();
});
test.serial.after.always("nothing is left, whatever happened", async () => {
  await removeRemains();
});

test.serial("`up` from scratch creates the cluster, measures it and ends with the summary", async (t) => {
  const up = await script("up", ...small);
  succeeded(t, up);
  t.regex(up.stdout, /^Report: .*\.pi-speedup\/report\/embedded\.html$/m);
  t.regex(up.stdout, /throughput speed-up S N·T_S\/T_max +\d+\.\d\d/);
});

test.serial("a second calculation from the records gives the same outputs, and the records are complete", async (t) => {
  // Which `outputs` makes, here and wherever a test reads them.
  const { nodes, baseline, metrics, logs } = await outputs();
  t.is(nodes.length, 3);
  t.is(metrics.samplesPerWorker, 200_000);
  for (const [index, node] of nodes.entries()) {
    t.is(node.index, index);
    t.is(node.samples, 1_200_000);
    t.is(
      node.inside,
      node.rounds.reduce((sum, { inside }) => sum + inside, 0),
    );
    t.true(logs[index]?.startsWith(`Node ${node.node}: π ≈ `), logs[index]);
  }
  t.is(new Set(nodes.map(({ node }) => node)).size, 3);
  t.is(new Set([...nodes, baseline].map(({ seed }) => seed)).size, 4);
  t.regex(baseline.digest ?? "", /sha256:[0-9a-f]{64}$/);
});

test.serial("half of the baseline ran before the Job and half after it, never at the same time", async (t) => {
  const { nodes, baseline } = await outputs();
  t.deepEqual(
    baseline.rounds.map(({ part }) => part),
    ["before", "before", "before", "after", "after", "after"],
  );
  const [before, after] = baseline.parts;
  t.true(nodes.every(({ started, ended }) => started > (before?.ended ?? Number.NaN) && ended < (after?.started ?? 0)));
  t.true(baseline.overhead !== null && baseline.overhead > 0 && baseline.overhead < (baseline.elapsed ?? 0));
  for (const { warmUp, coolDown } of baseline.parts) t.true(warmUp >= 0.5 && coolDown >= 0.5);
});

test.serial("the workers alone carry the labels, the Job is as designed", async (t) => {
  const labelled = await kubectl("get", "nodes", "-l", "role=worker,pi-speedup/stack", "-o", "name");
  t.is(labelled.trim().split("\n").length, 3);
  t.notRegex(labelled, /server/);
  const job = await kubectl(
    "get",
    "job",
    "-n",
    "pi-workload",
    "pi-calculation-job",
    "-o",
    "jsonpath={.spec.completions} {.spec.parallelism} {.spec.completionMode} {.spec.backoffLimit}",
  );
  t.is(job, "3 3 Indexed 0");
});

test.serial("a second `up` changes nothing", async (t) => {
  succeeded(t, await script("up", ...small, "--expect-no-changes"));
});

/** Conditions as settings of one run. */
const requiring = (...conditions: string[]) => [
  "--config-path",
  ...conditions.map((condition, i) => `--config=pi-speedup:require[${i}]=${condition}`),
];
const reportFile = ".pi-speedup/report/embedded.html";

test.serial("conditions that are met or can't be decided do not fail the run", async (t) => {
  const before = await madeAt();
  const interval: unknown = (await outputs()).metrics.throughputSpeedupCI95;
  const [low, high] = v.parse(v.tuple([v.number(), v.number()]), interval);
  const up = await script("up", ...small, ...requiring("workers>=3", `throughputSpeedup >= ${(low + high) / 2}`));
  succeeded(t, up);
  t.regex(up.stdout, /^ {2}workers >= 3 +met +3 +–$/m);
  t.regex(up.stdout, /^ {2}throughputSpeedup >= [\d.]+ +can't tell +[\d.]+ +[\d.]+ – [\d.]+$/m);
  t.deepEqual(
    (await outputs()).requirements.map(({ text, verdict }) => [text.split(" ")[0], verdict]),
    [
      ["workers", "met"],
      ["throughputSpeedup", "can't tell"],
    ],
  );
  t.deepEqual(changedBetween(before, await madeAt()), []);
});

test.serial("a condition that is missed ends `up` with exit code 3, after everything was published", async (t) => {
  const missed = await script("up", ...small, ...requiring("overhead <= 0.001"), "--config=pi-speedup:run=missed");
  t.is(missed.code, 3, missed.stdout + missed.stderr);
  t.regex(missed.stdout, /^ {2}overhead <= 0\.001 +missed +/m);
  t.regex(missed.stdout, /^Report: /m);
  assertFault(t, "requirement-missed", missed.stderr);
  const { requirements, nodes, metrics } = await outputs();
  t.like(requirements[0], { text: "overhead <= 0.001", value: metrics.overhead, verdict: "missed" });
  // What is kept is the new run, in the outputs, in the history and in the report.
  const page = readFileSync(reportFile, "utf8");
  t.true(page.includes(nodes[0]?.seed ?? "?"));
  t.true(page.includes("overhead &lt;= 0.001"));
  t.is(runsIn((await script("history", "--json")).stdout).at(-1)?.metrics.overhead, metrics.overhead);
});

test.serial("an `up` that measures nothing still misses it, until the condition is removed", async (t) => {
  const settings = [...small, "--config=pi-speedup:run=missed"];
  const before = await madeAt();
  t.is((await script("up", ...settings, ...requiring("overhead <= 0.001"), "--expect-no-changes")).code, 3);
  succeeded(t, await script("up", ...settings, "--expect-no-changes"));
  t.deepEqual((await outputs()).requirements, []);
  t.deepEqual(changedBetween(before, await madeAt()), []);
});

test.serial("a failure keeps its own exit code, whatever was missed before", async (t) => {
  const failed = await script("up", ...small, ...requiring("overhead <= 0.001"), "--config=pi-speedup:image=no/such:1");
  t.false([0, 3].includes(failed.code), String(failed.code));
  succeeded(t, await script("up", ...small, "--config=pi-speedup:run=missed", "--expect-no-changes"));
});

test.serial("`measure` repeats both halves of the baseline, Job and collector and nothing else", async (t) => {
  const before = await madeAt();
  succeeded(t, await script("measure", ...small));
  t.deepEqual(changedBetween(before, await madeAt()), [
    "command:local:Command baseline-after",
    "command:local:Command baseline-before",
    "command:local:Command collector",
    "kubernetes:batch/v1:Job pi",
  ]);
});

test.serial("`measure -- baseline` repeats both halves of the baseline alone", async (t) => {
  const before = await madeAt();
  succeeded(t, await script("measure", "baseline", ...small));
  t.deepEqual(changedBetween(before, await madeAt()), [
    "command:local:Command baseline-after",
    "command:local:Command baseline-before",
  ]);
});

test.serial("the history has every measurement once, also one of a plain `pulumi up`", async (t) => {
  const exported = await script("history", "--json");
  succeeded(t, exported);
  // Of `up`, the one that missed a condition, `measure` and `measure -- baseline`; every other `up` measured nothing.
  const runs = runsIn(exported.stdout);
  t.is(runs.length, 4);
  t.like((await outputs()).metrics, { throughputSpeedup: runs.at(-1)?.metrics.throughputSpeedup });
  // As if the last had not been by a script of ours.
  const file = ".pi-speedup/history.jsonl";
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  writeFileSync(
    file,
    lines
      .slice(0, -1)
      .map((line) => `${line}\n`)
      .join(""),
  );
  t.deepEqual(runsIn((await script("history", "--json")).stdout), runs);
});

test.serial("the report is where `up` said, and `report` generates it again", async (t) => {
  const made = await script("report");
  succeeded(t, made);
  const file = /^Report: (.*)$/m.exec(made.stdout)?.[1] ?? "";
  t.regex(readFileSync(file, "utf8"), /<title>(Doubtful: )?3 workers/i);
});

test.serial("`output` ends with the summary, and its JSON is nothing but JSON", async (t) => {
  const { summary } = await outputs();
  t.true((await script("output")).stdout.trimEnd().endsWith(summary));
});

test.serial("other samples are measured by a plain `up`, on the same cluster", async (t) => {
  const before = await madeAt();
  succeeded(t, await script("up", ...small, "--config=pi-speedup:samples=300000"));
  const after = await madeAt();
  t.deepEqual(
    changedBetween(before, after).filter((each) => !each.startsWith("command")),
    ["kubernetes:batch/v1:Job pi"],
  );
  const { metrics, baseline } = await outputs();
  t.is(metrics.samplesPerWorker, 300_000);
  t.is(baseline.samples, 1_800_000);
});

const quick = ["--config=pi-speedup:samples=50000"];
/** Where the single machine is not the subject, nobody waits for it. */
const given = "--config=pi-speedup:baseline=1.5";

test.serial("the same seed throws the same points twice, in every round of every worker", async (t) => {
  const counted = async (run: string) => {
    succeeded(t, await script("up", ...small, ...quick, given, "--config=pi-speedup:seed=tutorial", run));
    return (await outputs()).nodes.map(({ rounds }) => rounds.map(({ inside }) => inside));
  };
  const first = await counted("--config=pi-speedup:run=first");
  t.deepEqual(await counted("--config=pi-speedup:run=second"), first);
  t.is(new Set(first.map(String)).size, 3);
});

test.serial("with `processes: cores` every worker and the baseline use all their cores", async (t) => {
  succeeded(t, await script("up", ...small, ...quick, "--config=pi-speedup:processes=cores"));
  const { nodes, baseline } = await outputs();
  for (const { processes, cores, samples } of [...nodes, baseline]) {
    t.is(processes, Math.max(1, Math.floor(cores)));
    t.is(samples, 300_000);
  }
});

test.serial("one worker alone can be the baseline, and `measure -- baseline` measures it again", async (t) => {
  const onWorker = [...small, ...quick, "--config=pi-speedup:baseline=worker"];
  succeeded(t, await script("up", ...onWorker));
  const { nodes, baseline } = await outputs();
  t.is(baseline.mode, `worker:${nodes.map(({ node }) => node).sort()[0]}`);
  t.true(baseline.elapsed !== null && baseline.elapsed > 0);
  t.true(baseline.overhead !== null && baseline.overhead > 0);
  t.deepEqual(
    baseline.parts.map(({ part }) => part),
    ["before", "after"],
  );
  succeeded(t, await script("up", ...onWorker, "--expect-no-changes"));
  const before = await madeAt();
  succeeded(t, await script("measure", "baseline", ...onWorker));
  t.deepEqual(changedBetween(before, await madeAt()), [
    "command:local:Command baseline-after",
    "command:local:Command baseline-before",
    "kubernetes:batch/v1:Job baseline-after",
    "kubernetes:batch/v1:Job baseline-before",
  ]);
});

test.serial("one round is all there is: nothing comes after the Job, and nothing before the round", async (t) => {
  succeeded(t, await script("up", ...small, ...quick, "--config=pi-speedup:rounds=1"));
  const { baseline, nodes } = await outputs();
  t.is(baseline.parts.length, 1);
  for (const { warmUp, coolDown, rounds } of [...nodes, baseline])
    t.deepEqual([warmUp, coolDown, rounds.length], [0, 0, 1]);
  t.false(Object.keys(await madeAt()).some((name) => name.endsWith("Command baseline-after")));
});

test.serial("this machine's own Python can be the baseline", async (t) => {
  succeeded(t, await script("up", ...small, ...quick, "--config=pi-speedup:baseline=host"));
  t.is((await outputs()).baseline.mode, "host");
});

test.serial("given seconds can be the baseline, and the summary says what they lack", async (t) => {
  succeeded(t, await script("up", ...small, ...quick, "--config=pi-speedup:baseline=1.52"));
  const { metrics, summary } = await outputs();
  t.is(metrics.tSingle, 1.52);
  t.is(metrics.tSingleCI95, null);
  t.true(Array.isArray(metrics.throughputSpeedupCI95));
  t.regex(
    summary.replaceAll(/\s+/g, " "),
    /seconds of the single machine were given, not measured\. They count as exact/,
  );
});

/** Rounds long enough for the processor time to tell something. */
const long = ["--config=pi-speedup:samples=3000000"];

test.serial("a busy machine makes the run doubtful", async (t) => {
  const loops = Array.from({ length: 3 * availableParallelism() }, () => spawn("sh", ["-c", "while :; do :; done"]));
  try {
    succeeded(t, await script("up", ...small, ...long, given, "--config=pi-speedup:run=busy"));
  } finally {
    for (const loop of loops) loop.kill("SIGKILL");
  }
  t.regex((await outputs()).summary.replaceAll(/\s+/g, " "), /The run is doubtful: [^.]*waited/);
});

test.serial("a worker that has only half a core is named, and the run doubtful", async (t) => {
  const container = (await outputs()).nodes[1]?.node ?? "";
  await docker("update", "--cpu-period=100000", "--cpu-quota=50000", container);
  try {
    succeeded(t, await script("up", ...small, ...long, given, "--config=pi-speedup:run=half"));
  } finally {
    await docker("update", "--cpu-quota=-1", container);
  }
  const summary = (await outputs()).summary.replaceAll(/\s+/g, " ");
  t.true(summary.includes(container), summary);
  t.regex(summary, /The run is doubtful: [^.]*waited/);
});

test.serial("the workers' shared host is named as the ceiling", async (t) => {
  t.regex((await outputs()).summary, /· All 3 workers share one computer/);
});

test.serial("`refresh` and `up` restore a Job and a label that someone deleted", async (t) => {
  await kubectl("delete", "job", "-n", "pi-workload", "pi-calculation-job");
  const [node] = (await outputs()).nodes;
  await kubectl("label", "node", node?.node ?? "", "role-");
  succeeded(t, await script("up", ...small, given, "--refresh"));
  t.is((await kubectl("get", "nodes", "-l", "role=worker", "-o", "name")).trim().split("\n").length, 3);
  t.is((await outputs()).nodes.length, 3);
});

test.serial(
  "a failed pod is reported with node, exit code, last line and how to repeat it, and that works",
  async (t) => {
    // The program refuses fewer samples than processes, with exit code 2; so would the baseline.
    const broken = ["--config=pi-speedup:samples=1", "--config=pi-speedup:processes=2"];
    const failed = await script("up", ...small, given, ...broken);
    t.not(failed.code, 0);
    const said = `${failed.stdout}${failed.stderr}`;
    t.regex(said, /on node k3d-pi-speedup-\w+-agent-\d failed: exit code 2/);
    t.regex(said, /The last lines of its log are: ".*samples.*"/s);
    t.regex(said, /run `pulumi up` again/);
    succeeded(t, await script("up", ...small, given));
  },
);

const two = [...small, given, "--config=pi-speedup:agents=2"];

test.serial("another number of agents replaces the cluster and all that is on it", async (t) => {
  const before = await madeAt();
  succeeded(t, await script("up", ...two));
  const changed = changedBetween(before, await madeAt());
  for (const each of [
    "command:local:Command cluster",
    "pulumi:providers:kubernetes cluster",
    "kubernetes:batch/v1:Job pi",
    "kubernetes:core/v1:Namespace pi",
  ]) {
    t.true(changed.includes(each), `${each} is not among ${changed.join(", ")}`);
  }
  t.is((await outputs()).nodes.length, 2);
  t.is((await docker("ps", "--all", ...mine, "--format={{.Names}}")).trim().split("\n").length, 3);
});

test.serial("a killed run is recognised, and the next `up` works", async (t) => {
  await killedMidway("collector", "up", ...two, "--config=pi-speedup:run=killed");
  succeeded(t, await script("up", ...two, "--config=pi-speedup:run=killed"));
});

test.serial("the next `up` removes the remains of a killed creation", async (t) => {
  await script("down");
  await killedMidway("Creating K3s cluster", "up", ...small, given);
  succeeded(t, await script("up", ...small, given));
  t.is((await outputs()).nodes.length, 3);
});

test.serial("no run changed a tracked file, and nothing was written to ~/.kube", async (t) => {
  t.is(await trackedFiles(), filesBefore);
  t.is(usersKubeconfig(), kubeconfigBefore);
});

test.serial("the passphrase is readable for its owner alone, and the kubeconfig is nowhere in the state", async (t) => {
  t.is(statSync(".pi-speedup/passphrase").mode & 0o777, 0o600);
  const state = JSON.stringify(await exported());
  t.false(state.includes("client-key-data"));
});

test.serial("`down` leaves no container, network, volume or stack", async (t) => {
  const down = await script("down");
  succeeded(t, down);
  t.regex(down.stdout, /Kept as well: earlier runs in .*history\.jsonl/);
  t.regex(down.stdout, /^Kept in Docker: .*; `docker image rm NAME` removes what nobody else needs\.$/m);
  t.deepEqual(await inDocker(), dockerBefore);
  t.false(existsSync(stateFile));
});
