import test from "ava";
import { amdahl, gustafson } from "../../../analysis/scaling/laws.ts";
import { scalingOf } from "../../../analysis/scaling/scaling.ts";
import type { StudyPoint } from "../../../analysis/scaling/study-records.ts";
import { examplePlan, lawPoints } from "../../helpers/example-study.ts";

const sound = lawPoints(amdahl, [0.1], [1, 2, 3, 4], [5, 6]);
const changed = (which: (point: StudyPoint) => boolean, changes: (point: StudyPoint) => Partial<StudyPoint>) =>
  sound.map((point) => (which(point) ? { ...point, ...changes(point) } : point));
const oneHost =
  (cores: number, processes = 1) =>
  (point: StudyPoint): Partial<StudyPoint> => ({
    hosts: [{ nodes: point.nodes, cores, processes: processes * point.workers }],
  });
const everywhere = () => true;

const refused: [title: string, points: StudyPoint[], reason: RegExp][] = [
  [
    "two worker counts",
    lawPoints(amdahl, [0.1], [1, 2], [5, 6]),
    /^The study has 2 worker counts \(1, 2\), but a law needs at least 3/,
  ],
  ["no points", [], /^The study has 0 worker counts \(none\)/],
  ["no point with one worker", lawPoints(amdahl, [0.1], [2, 3, 4], [5, 6]), /^No point has one worker/],
  ["one block", lawPoints(amdahl, [0.1], [1, 2, 3], [5]), /^Each count was measured only once/],
  [
    "a doubtful point",
    changed(
      (point) => point.workers === 3 && point.block === 2,
      () => ({ doubts: ["workers waited"] }),
    ),
    /^1 of 8 points is doubtful \(workers waited\), for example the point with 3 workers of block 2/,
  ],
  [
    "more workers than a shared computer's cores",
    changed(everywhere, oneHost(2)),
    /^With 3 or more workers, they share one computer, whose 2 cores are fewer than they need\. So the cores bend the curve/,
  ],
  [
    "processes that need more cores than there are",
    changed(everywhere, oneHost(4, 4)),
    /^With 2 or more workers, they share one computer, whose 4 cores/,
  ],
  [
    "a missing point",
    sound.filter((point) => !(point.workers === 2 && point.block === 1)),
    /^The study is incomplete\. It lacks the point with 2 workers of block 1\./,
  ],
  [
    "a point that was measured twice",
    [...sound, ...sound.slice(0, 1)],
    /^The study has more than one result for the point with/,
  ],
  [
    "a block that was interrupted for a day",
    changed(
      (point) => point.block === 2 && point.position > 2,
      ({ when }) => ({ when: (when ?? 0) + 90_000 }),
    ),
    /^Block 2 was interrupted for 25 hours/,
  ],
  [
    "a worker that is slower than the others by 5 %",
    changed(
      (point) => point.workers > 2,
      ({ seconds, nodes, block }) => ({
        times: nodes.map((_, i) => seconds * (i === 2 ? 1.05 : 1) * (1 + 0.001 * ((i + block) % 2))),
        seconds: 1.05 * seconds,
      }),
    ),
    /^The workers are not equally fast\. pi-3 takes [45]\.\d % longer than pi-\d/,
  ],
  [
    "points that lie on no law",
    changed(
      (point) => point.workers === 4,
      ({ seconds, block }) => ({
        seconds: (1.3 + 0.01 * block) * seconds,
        times: [1, 1, 1, 1].map((each) => each * (1.3 + 0.01 * block) * seconds),
      }),
    ),
    /^The points do not follow Amdahl's law/,
  ],
];
for (const [title, points, reason] of refused) {
  test(`no law is fitted to ${title}, and the reason is given`, (t) => {
    const found = scalingOf("strong", points);
    t.is(found.law, null);
    t.regex(found.reason ?? "", reason);
    t.is(found.universal.law, null);
    t.is(found.points.length, points.length);
  });
}

test("the sound points behind these refusals have a law", (t) => {
  t.is(scalingOf("strong", sound).reason, null);
});

test("a whole block that was planned and not measured is missing", (t) => {
  const found = scalingOf("strong", sound, examplePlan([1, 2, 3, 4], 3));
  t.regex(found.reason ?? "", /is incomplete\. It lacks the point with \d workers? of block 3/);
});

test("the cores come first where they are only one of the reasons", (t) => {
  const points = lawPoints(gustafson, [0], [1, 3], [5]).map((point) => ({ ...point, ...oneHost(2)(point) }));
  t.regex(
    scalingOf("weak", points).reason ?? "",
    /^With 3 or more workers.*The study has 2 worker counts.*Each count was measured only once/,
  );
});

test("workers that compete for cores are not called unlike", (t) => {
  const points = changed(everywhere, (point) => ({
    ...oneHost(2)(point),
    times: point.nodes.map((_, i) => point.seconds * (1 + 0.1 * i)),
  }));
  t.notRegex(scalingOf("strong", points).reason ?? "", /not equally fast/);
});

test("as many workers as a shared computer has cores, or one with more processes than cores, are no reason", (t) => {
  t.truthy(scalingOf("strong", changed(everywhere, oneHost(4))).law);
  const own = (point: StudyPoint) => ({
    hosts: point.nodes.map((node) => ({ nodes: [node], cores: 2, processes: 4 })),
  });
  t.truthy(scalingOf("strong", changed(everywhere, own)).law);
});

test("blocks of different days are mentioned but no reason: each has its own level", (t) => {
  const points = changed(
    ({ block }) => block === 2,
    ({ when }) => ({ when: (when ?? 0) + 300_000 }),
  );
  const { law, remarks } = scalingOf("strong", points);
  t.truthy(law);
  t.regex(remarks.join(), /There was a pause of 3 days between two blocks/);
});

test("without moments, nothing is said of pauses", (t) => {
  const { law, remarks } = scalingOf(
    "strong",
    changed(everywhere, () => ({ when: null })),
  );
  t.truthy(law);
  t.notRegex(remarks.join(" "), /pause/);
});

test("the universal law says what it needs", (t) => {
  t.regex(
    scalingOf("strong", sound).universal.reason ?? "",
    /at least 6 worker counts, and the largest must be at least 8 times the smallest\. This study has 4/,
  );
  t.regex(scalingOf("weak", sound).universal.reason ?? "", /Set pi-speedup:scaling to strong/);
});
