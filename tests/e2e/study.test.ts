// A scaling study on a real cluster: from its first measurement through everything that may happen to it.
import test from "ava";
import { studyPlan } from "../../analysis/scaling/plan.ts";
import { agentNodes, clusterNameFor } from "../../components/cluster/embedded/names.ts";
import { changedBetween, madeAt, succeeded } from "../helpers/resources.ts";
import { exported, interrupt, kubectl, meanwhile, outputs, removeRemains, script, stack } from "../helpers/stack.ts";

const nodes = agentNodes(clusterNameFor(stack, process.cwd()), 3);
const settings = (keys: Record<string, string>) =>
  Object.entries(keys).map(([key, value]) => `--config=pi-speedup:${key}=${value}`);
const small = settings({ agents: "3", samples: "200000", rounds: "3", baseline: "1.5", studyRepeats: "2" });
const all = [...small, ...settings({ study: "all" })];
const strong = [...small, ...settings({ study: "1,3", scaling: "strong" })];
/** Jobs of its points. */
const strongPoints = ["study-1-1", "study-1-3", "study-2-1", "study-2-3"];

/** Jobs of the study by their resources' names, among these. */
const jobsIn = (changed: readonly string[]) =>
  changed.flatMap((each) => /^kubernetes:batch\/v1:Job (study-.*)$/.exec(each)?.[1] ?? []);

test.serial.before("nothing of an earlier run is in the way", async () => {
  await removeRemains();
});
test.serial.after.always("nothing is left, whatever happened", async () => {
  await removeRemains();
});

test.serial("`up` with a study measures every point after the run, in the order determined by `run`", async (t) => {
  const up = await script("up", ...all);
  succeeded(t, up);
  const said = [
    ...`${up.stdout}${up.stderr}`.matchAll(
      /Scaling study, point (\d) of 6: (\d) workers?, block (\d) of 2, .*for this and the rest|Scaling study, point 6 of 6/g,
    ),
  ];
  t.is(new Set(said.map(([line]) => line)).size, 6, up.stdout + up.stderr);
  const { scaling } = await outputs();
  t.is(scaling?.kind, "weak");
  t.deepEqual(
    scaling?.points.map(({ workers, block, position, nodes }) => ({ workers, block, position, nodes })),
    studyPlan(nodes, "all", 2, "1"),
  );
  for (const { seconds, elapsed, times, workers } of scaling?.points ?? []) {
    t.is(times.length, workers);
    t.true(seconds >= Math.max(...times) - 1e-9);
    t.true((elapsed ?? 0) > 3 * seconds);
  }
});

test.serial("no point began before the previous one had ended, or before the run itself", async (t) => {
  const { scaling, timeline } = await outputs();
  const spans = [
    { when: timeline.released, elapsed: Math.max(...timeline.pods.map(({ read }) => read ?? 0)) },
    ...(scaling?.points ?? []),
  ];
  for (const [i, { when }] of spans.entries()) {
    const before = spans[i - 1];
    if (before) t.true((when ?? 0) >= (before.when ?? 0) + (before.elapsed ?? 0), `point ${i}`);
  }
});

test.serial("each Job states its plan and its point, and its pods ran on its own nodes", async (t) => {
  for (const { workers, block, position, nodes } of (await outputs()).scaling?.points ?? []) {
    const name = `pi-calculation-job-study${block}-${workers}`;
    const jsonpath = "-o=jsonpath={.metadata.annotations.pi-speedup/study}|{.metadata.annotations.pi-speedup/point}";
    const [plan, point] = (await kubectl("get", "job", "-n", "pi-workload", name, jsonpath)).split("|");
    t.regex(plan ?? "", /^weak, 1,2,3 workers, [0-9a-f]{16}$/);
    t.regex(point ?? "", new RegExp(`^block ${block}, position ${position}: ${workers} workers?$`));
    const pods = [
      "get",
      "pods",
      "-n",
      "pi-workload",
      "-l",
      `job-name=${name}`,
      "-o=jsonpath={.items[*].spec.nodeName}",
    ];
    t.deepEqual((await kubectl(...pods)).split(" ").sort(), [...nodes].sort());
  }
});

test.serial("a second `up` changes nothing", async (t) => {
  const { scaling } = await outputs();
  succeeded(t, await script("up", ...all, "--expect-no-changes"));
  t.deepEqual((await outputs()).scaling, scaling);
});

test.serial("a further block is measured alone", async (t) => {
  const before = await madeAt();
  succeeded(t, await script("up", ...all, "--config=pi-speedup:studyRepeats=3"));
  t.deepEqual(jobsIn(changedBetween(before, await madeAt())), ["study-3-1", "study-3-2", "study-3-3"]);
  t.is((await outputs()).scaling?.points.length, 9);
});

test.serial("another study is measured completely, and points that it lacks are removed", async (t) => {
  const before = await madeAt();
  succeeded(t, await script("up", ...strong));
  const after = await madeAt();
  t.deepEqual(jobsIn(changedBetween(before, after)), strongPoints);
  const { scaling } = await outputs();
  t.is(scaling?.kind, "strong");
  const jobs = await kubectl("get", "jobs", "-n", "pi-workload", "-o=name");
  t.deepEqual(
    jobs
      .trim()
      .split("\n")
      .filter((name) => name.includes("study"))
      .map((name) => name.replace(/^.*-study/, ""))
      .sort(),
    ["1-1", "1-3", "2-1", "2-3"],
  );
});

test.serial("`measure` repeats the run and every point of the study, `measure -- baseline` none", async (t) => {
  const before = await madeAt();
  succeeded(t, await script("measure", ...strong));
  const after = await madeAt();
  t.deepEqual(jobsIn(changedBetween(before, after)), strongPoints);
  t.true(changedBetween(before, after).includes("kubernetes:batch/v1:Job pi"));
  succeeded(t, await script("measure", "baseline", ...strong));
  t.deepEqual(jobsIn(changedBetween(after, await madeAt())), []);
});

test.serial("an interrupted study continues, and its run is not measured again", async (t) => {
  const started = [...strong, ...settings({ run: "broken-off" })];
  const broken = await meanwhile(/Scaling study, point 3 of 4/, (group) => interrupt(group), "up", ...started);
  t.not(broken.code, 0);
  const done = await madeAt();
  const up = await script("up", ...started);
  succeeded(t, up);
  const plan = studyPlan(nodes, [1, 3], 2, "broken-off");
  const rest = plan.slice(2).map(({ block, workers }) => `study-${block}-${workers}`);
  const changed = changedBetween(done, await madeAt());
  t.deepEqual(jobsIn(changed), rest.sort());
  t.false(changed.includes("kubernetes:batch/v1:Job pi"));
  t.notRegex(`${up.stdout}${up.stderr}`, /point [12] of 4/);
  t.is((await outputs()).scaling?.points.length, 4);
});

test.serial("another number of agents measures everything again, on the new cluster", async (t) => {
  succeeded(t, await script("up", ...all, "--config=pi-speedup:agents=2"));
  const { scaling } = await outputs();
  t.deepEqual(scaling?.points.map(({ workers }) => workers).sort(), [1, 1, 2, 2]);
});

test.serial("without a study nothing of it is left, and the output is null", async (t) => {
  succeeded(t, await script("up", ...small, "--config=pi-speedup:agents=2"));
  t.is((await outputs()).scaling, null);
  const { resources } = await exported();
  t.deepEqual(
    resources.filter(({ urn }) => urn.includes("study-")),
    [],
  );
  t.notRegex(await kubectl("get", "jobs", "-n", "pi-workload", "-o=name"), /study/);
});
