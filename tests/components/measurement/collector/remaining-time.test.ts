// How long a series of Jobs will still take, as shown before each of them.
import { setTimeout as sleep } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { collect } from "../../../../components/measurement/collector/program.ts";
import { remainingText, type Series } from "../../../../components/measurement/collector/remaining-time.ts";
import { type FakeCluster, jobName, namespace, startFakeCluster } from "../../../helpers/fake-cluster.ts";

const releasedAt = (seconds: number) => ({ "pi-speedup/released": seconds.toFixed(3) });
const took = (...seconds: number[]) => ({
  "pi-speedup/timeline": JSON.stringify(seconds.map((each) => [0, 0, 0, 1000 * each, null])),
});
const start = 1_700_000_000;

// By hand: distances between releases, the last one up to now, and so many Jobs left.
const said: [what: string, left: number, former: ReturnType<typeof releasedAt>[], now: number, text: string][] = [
  ["one Job of 10 s before it", 3, [releasedAt(start)], start + 10, ", about 30 s for this and the rest"],
  ["the last one", 1, [releasedAt(start)], start + 10, ", about 10 s"],
  [
    "Jobs of 10, 20 and 12 s",
    4,
    [0, 10, 30].map((s) => releasedAt(start + s)),
    start + 42,
    ", about 48 s for this and the rest",
  ],
  [
    "a night between two of them",
    10,
    [0, 10, 86_400].map((s) => releasedAt(start + s)),
    start + 86_412,
    ", about 2 min for this and the rest",
  ],
  [
    "a clock that was set back",
    2,
    [releasedAt(start), releasedAt(start - 500)],
    start - 480,
    ", about 40 s for this and the rest",
  ],
];
for (const [what, left, former, now, text] of said) {
  test(`with ${what} it says "${text}"`, (t) => {
    t.is(remainingText(left, former, undefined, now), text);
  });
}

test("before the first, another Job tells how long at most", (t) => {
  t.is(remainingText(9, [], took(20, 21, 19), start), ", at most about 3 min for this and the rest");
});

const silent: [what: string, annotations: Record<string, string> | undefined][] = [
  ["none", undefined],
  ["no JSON", { "pi-speedup/timeline": "soon" }],
  ["no rows", { "pi-speedup/timeline": "[]" }],
  ["text with an escape", { "pi-speedup/timeline": '["\u001b[31m"]', "pi-speedup/released": "\u001b[31m" }],
];
for (const [what, annotations] of silent) {
  test(`annotations that tell nothing (${what}) say nothing`, (t) => {
    t.is(remainingText(3, [], annotations, start), "");
    t.is(remainingText(3, [annotations], annotations, start), "");
  });
}

/** What a collector of this series says before it releases its Job. */
async function announced(t: ExecutionContext, series: Series, prepare: (cluster: FakeCluster) => void) {
  const cluster = await startFakeCluster();
  t.teardown(() => cluster.stop());
  prepare(cluster);
  const lines: string[] = [];
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = (chunk: string | Uint8Array) => lines.push(String(chunk)) > 0;
  try {
    const { kubeconfig, uid } = cluster;
    const asked = { samples: 1_000_000, rounds: 3, processes: 1, seed: "" };
    const announcement = "Scaling study, point 2 of 3";
    const collecting = collect({ kubeconfig, namespace, job: jobName, uid, workers: 1, asked, announcement, series });
    while (cluster.patches.length === 0) await sleep(10);
    cluster.succeed(0);
    await collecting;
  } finally {
    process.stderr.write = write;
  }
  return { line: lines[0]?.trim(), requests: cluster.requests };
}

test.serial("the collector says it before it releases its Job, by the Jobs before it and no others", async (t) => {
  const { line, requests } = await announced(t, { left: 2, former: ["a", "b"], alike: "pi" }, (cluster) => {
    for (const [name, ago] of [
      ["a", 20],
      ["b", 10],
    ] as const) {
      cluster.otherJobs.set(name, { metadata: { name, annotations: releasedAt(Date.now() / 1000 - ago) } });
    }
  });
  t.regex(line ?? "", /^Scaling study, point 2 of 3, about (20|21) s for this and the rest\.$/);
  t.false(requests.some((path) => path.endsWith("/jobs/pi")));
});

test.serial("a missing Job does not stop the measurement", async (t) => {
  const { line } = await announced(t, { left: 2, former: ["gone"], alike: "pi" }, () => {});
  t.regex(line ?? "", /^Scaling study, point 2 of 3, for how long can't be told \(.*"gone" not found.*\)\.$/);
});

test.serial("of a long series, only the last few Jobs are used", async (t) => {
  const former = Array.from({ length: 300 }, (_, i) => `job-${i}`);
  const { requests } = await announced(t, { left: 2, former, alike: "pi" }, (cluster) => {
    for (const name of former) cluster.otherJobs.set(name, { metadata: { name } });
  });
  t.is(requests.filter((path) => path.includes("/jobs/job-")).length, 8);
});
