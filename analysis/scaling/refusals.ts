// When no law may be fitted. A curve through too few or unsuitable points looks as convincing as a good one. So each
// reason is a sentence that says what is wrong, where, and what to do.
import { decimal, plural, shortList, wholePercent } from "../format.ts";
import { workerSpeeds } from "./alike.ts";
import type { PlannedPoint, StudyPoint } from "./study-records.ts";

/** Seconds between two points of one block, beyond which something interrupted it. */
const longestPause = 3600;
/** Chance that equal workers are reported as different. */
const unlikeChance = 0.01;
/** How much workers may differ, as a share of the time. It does not change a serial fraction by more. */
const unlikeFrom = 0.01;
/** The fewest worker counts and blocks whose scatter can be estimated. */
const fewestCounts = 3;
const fewestBlocks = 2;

/** The name of a point in sentences. */
function pointName({ workers, block }: Pick<PlannedPoint, "workers" | "block">): string {
  return `the point with ${workers} ${plural(workers, "worker")} of block ${block}`;
}

/** Listing every point in the order of time would bury the reason. */
function pointNames(points: readonly Pick<PlannedPoint, "workers" | "block">[]): string {
  return shortList(points.map(pointName));
}

const ascending = (counts: Iterable<number>) => [...new Set(counts)].toSorted((a, b) => a - b);

/** The computer on which workers compete for cores at the smallest worker count; null if there is none. */
export function knee(
  points: readonly Pick<StudyPoint, "workers" | "hosts">[],
): { from: number; guests: number; cores: number } | null {
  const [first] = points
    .flatMap(({ workers, hosts }) =>
      hosts
        .filter(({ nodes, cores, processes }) => nodes.length > 1 && processes > cores)
        .map(({ nodes, cores }) => ({ from: workers, guests: nodes.length, cores })),
    )
    .toSorted((a, b) => a.from - b.from);
  return first ?? null;
}

function beyondCores(points: readonly StudyPoint[]): string[] {
  const found = knee(points);
  if (found === null) return [];
  const { from, guests, cores } = found;
  return [
    `With ${from} or more workers, ${guests === from ? "they" : `${guests} of them`} share one computer, whose ${decimal(cores)} ${plural(cores, "core is", "cores are")} fewer than they need. So the cores bend the curve, and no scaling law describes that. Set pi-speedup:study to smaller counts, or use workers that are separate computers.`,
  ];
}

function tooFew(points: readonly StudyPoint[]): string[] {
  const counts = ascending(points.map(({ workers }) => workers));
  const blocks = ascending(points.map(({ block }) => block));
  const few =
    counts.length < fewestCounts
      ? [
          `The study has ${counts.length} ${plural(counts.length, "worker count")} (${counts.join(", ") || "none"}), but a law needs at least ${fewestCounts}. Add more counts to pi-speedup:study.`,
        ]
      : [];
  const single = counts.includes(1)
    ? []
    : ["No point has one worker, but every law compares with one worker. Add 1 to pi-speedup:study."];
  const short =
    blocks.length < fewestBlocks
      ? [
          `${blocks.length === 0 ? "No count was measured" : "Each count was measured only once"}, but only repetition shows the effect of chance. Set pi-speedup:studyRepeats to ${fewestBlocks} or more.`,
        ]
      : [];
  return [...few, ...single, ...short];
}

/** Points that were planned but not measured, or that one block lacks and others have. */
function missing(points: readonly StudyPoint[], planned: readonly Pick<PlannedPoint, "workers" | "block">[]): string[] {
  const counts = ascending(points.map(({ workers }) => workers));
  const blocks = ascending(points.map(({ block }) => block));
  const whole = blocks.flatMap((block) => counts.map((workers) => ({ workers, block })));
  const times = (of: Pick<PlannedPoint, "workers" | "block">) =>
    points.filter(({ workers, block }) => workers === of.workers && block === of.block).length;
  const wanted = [
    ...whole,
    ...planned.filter(({ workers, block }) => !counts.includes(workers) || !blocks.includes(block)),
  ];
  const absent = wanted.filter((each) => times(each) === 0);
  const twice = whole.filter((each) => times(each) > 1);
  return [
    ...(absent.length === 0
      ? []
      : [`The study is incomplete. It lacks ${pointNames(absent)}. Run \`pulumi up\` again to measure the rest.`]),
    ...(twice.length === 0
      ? []
      : [`The study has more than one result for ${pointNames(twice)}. Change pi-speedup:run to measure it again.`]),
  ];
}

function doubtful(points: readonly StudyPoint[]): string[] {
  const unsound = points.filter(({ doubts }) => doubts.length > 0);
  if (unsound.length === 0) return [];
  const doubts = [...new Set(unsound.flatMap((point) => point.doubts))];
  const count = `${unsound.length} of ${points.length} points ${unsound.length === 1 ? "is" : "are"} doubtful`;
  return [
    `${count} (${shortList(doubts)}), for example ${pointName(unsound[0] ?? { workers: 0, block: 0 })}. Remove the cause, and change pi-speedup:run to measure again.`,
  ];
}

/** Points of one block that were measured with a long pause between them, in the order of time. */
function interrupted(points: readonly StudyPoint[]): string[] {
  const paused = ascending(points.map(({ block }) => block)).flatMap((block) => {
    const pause = longestPauseOf(points.filter((point) => point.block === block));
    return pause > longestPause ? [{ block, pause }] : [];
  });
  const [first] = paused.toSorted((a, b) => b.pause - a.pause);
  if (first === undefined) return [];
  return [
    `Block ${first.block} was interrupted for ${hours(first.pause)}. So points that should be compared are from different times or days. Change pi-speedup:run to measure the study without interruption.`,
  ];
}

/** The longest time in seconds from the end of one point to the start of the next; 0 if unknown. */
function longestPauseOf(points: readonly StudyPoint[]): number {
  const spans = points
    .flatMap(({ when, elapsed, seconds }) => (when === null ? [] : [{ start: when, end: when + (elapsed ?? seconds) }]))
    .toSorted((a, b) => a.start - b.start);
  return Math.max(0, ...spans.map(({ start }, i) => start - (spans[i - 1]?.end ?? start)));
}

function hours(seconds: number): string {
  const whole = Math.round(seconds / 3600);
  return whole < 48 ? `${whole} ${plural(whole, "hour")}` : `${Math.round(seconds / 86_400)} days`;
}

function unlike(points: readonly StudyPoint[]): string[] {
  const speeds = workerSpeeds(points);
  if (speeds === null || speeds.chance >= unlikeChance || speeds.apart <= unlikeFrom) return [];
  const { slowest, fastest, apart } = speeds;
  return [
    `The workers are not equally fast. ${slowest} takes ${apart < 0.1 ? `${(100 * apart).toFixed(1)} %` : wholePercent(apart)} longer than ${fastest}, which is more than chance explains. So the curve depends on the order in which workers are added. Set pi-speedup:workers to workers of one kind.`,
  ];
}

/** Why no law may be fitted, most important reason first; empty if a law may be fitted. */
export function refusals(
  points: readonly StudyPoint[],
  planned: readonly Pick<PlannedPoint, "workers" | "block">[] = points,
): string[] {
  const crowded = beyondCores(points);
  return [
    ...crowded,
    ...tooFew(points),
    ...missing(points, planned),
    ...doubtful(points),
    ...interrupted(points),
    // Workers that compete for cores differ by luck.
    ...(crowded.length === 0 ? unlike(points) : []),
  ];
}

/** A note on blocks that are far apart in time. Each has its own level, so a law may still be fitted. */
export function pauseBetweenBlocks(points: readonly StudyPoint[]): string[] {
  const pause = longestPauseOf(points);
  return pause > longestPause && interrupted(points).length === 0
    ? [
        `There was a pause of ${hours(pause)} between two blocks. In the fit, each block has its own level. So the pause does no harm if only the speed changed.`,
      ]
    : [];
}
