// A second calculation of a run's figures, from its records alone. It follows the definitions in docs/metrics.md and
// uses none of the program's formulas, so an error in those can't agree with itself.
import type { BaselineRecord, GivenBaseline, NodeRecord, Timeline } from "../../analysis/records.ts";

/** A stack's outputs, as far as its figures are made of them. */
export interface Recorded {
  nodes: readonly NodeRecord[];
  baseline: BaselineRecord | GivenBaseline;
  timeline: Timeline;
}

const add = (values: readonly number[]) => values.toSorted((a, b) => a - b).reduce((sum, value) => sum + value, 0);
const average = (values: readonly number[]) => add(values) / values.length;
/** Largest of any number of values. */
const top = (values: readonly number[]) => values.toSorted((a, b) => b - a)[0] ?? Number.NaN;

/**
 * Rounds that count, by worker: all that lie in the time that all workers share, 5 ms to either side. In microseconds since the
 * first stamp: of seconds since the epoch a number has no room for more than seven decimals.
 */
function counted(nodes: readonly NodeRecord[], shift: (index: number) => number | null) {
  const all = nodes.map(({ rounds }) => rounds);
  const shifts = nodes.map(({ index }) => shift(index));
  if (nodes.length > 1 && shifts.includes(null)) return { rounds: all, concurrency: null };
  const origin = -top(all.flat().map(({ start }) => -start));
  const since = (stamp: number) => (stamp - origin) * 1e6;
  const spans = nodes.map(({ rounds, warmUp, coolDown }, i) => {
    const move = (shifts[i] ?? 0) * 1e6;
    const [start, end] = [since(rounds[0]?.start ?? 0) + move, since(rounds.at(-1)?.end ?? 0) + move];
    return { start, end, from: start - warmUp * 1e6, to: end + coolDown * 1e6 };
  });
  const from = top(spans.map((span) => span.from));
  const to = -top(spans.map((span) => -span.to));
  const shares = spans.map(({ start, end }) => (Math.min(end, to) - Math.max(start, from)) / (end - start));
  const concurrency = Math.max(0, -top(shares.map((share) => -share)));
  if (all.every(({ length }) => length === 1)) return { rounds: all, concurrency };
  const rounds = nodes.map(({ rounds }, i) =>
    rounds.filter(({ start, end }) => {
      const move = (shifts[i] ?? 0) * 1e6;
      return since(start) + move >= from - 5_000 && since(end) + move <= to + 5_000;
    }),
  );
  if (rounds.some(({ length }) => length === 0)) return { rounds: all, concurrency: 0 };
  return { rounds, concurrency };
}

/**
 * The t that 97.5 % lie below: with t = √ν·tan θ the density of Student's distribution becomes cos^(ν−1) θ between ±π/2, which
 * is added up by Simpson's rule. Its area is concave there, so Newton's steps from 0 come ever nearer and never go past.
 */
function quantile(degrees: number): number {
  const density = (angle: number) => Math.cos(angle) ** (degrees - 1);
  const area = (to: number) => {
    const steps = 2_000;
    let total = density(0) + density(to);
    for (let i = 1; i < steps; i++) total += (i % 2 === 1 ? 4 : 2) * density((to * i) / steps);
    return (total * to) / steps / 3;
  };
  const wanted = 0.95 * area(Math.PI / 2);
  let angle = 0;
  for (let i = 0; i < 60; i++) {
    const step = (wanted - area(angle)) / density(angle);
    angle += step;
    if (step < 1e-14) break;
  }
  return Math.sqrt(degrees) * Math.tan(angle);
}

interface Spread {
  mean: number;
  /** The lower limit of every interval, because times are above 0 s: a tenth of the shortest. */
  least: number;
  /** Of the mean. */
  variance: number;
  degrees: number;
}

function spreadOf(values: readonly number[]): Spread {
  const mean = average(values);
  const squares = add(values.map((value) => (value - mean) ** 2));
  return {
    mean,
    least: -top(values.map((value) => -value)) / 10,
    variance: squares / (values.length - 1) / values.length,
    degrees: values.length - 1,
  };
}

/** Every figure that has one definition, by its name; of intervals, those of T_S and T_P. */
export function recomputedMetrics({ nodes, baseline, timeline }: Recorded): Record<string, unknown> {
  const workers = nodes.length;
  const podOf = (index: number) => timeline.pods.find((pod) => pod.index === index);
  const { rounds, concurrency } = counted(nodes, (index) => podOf(index)?.clockShift ?? null);
  const times = rounds.map((own) => average(own.map(({ seconds }) => seconds)));
  const singleTimes = "rounds" in baseline ? baseline.rounds.map(({ seconds }) => seconds) : null;
  const tSingle = singleTimes === null ? baseline.seconds : average(singleTimes);
  const tParallel = average(times);
  const tSlowest = top(times);
  const sequential = workers * tSingle;
  const throughputSpeedup = sequential / tSlowest;

  const starts = nodes.map(({ index, warmUp, coolDown, rounds: own }) => {
    const pod = podOf(index);
    if (pod?.read == null || pod.pull === null) return null;
    return pod.read - pod.pull - warmUp - coolDown - add(own.map(({ seconds }) => seconds));
  });
  const known = starts.every((start): start is number => start !== null && start >= 0) ? starts : null;
  const reads = timeline.pods.map(({ read }) => read);
  const elapsed = reads.every((read): read is number => read !== null) ? top(reads) : null;
  const overhead = known === null ? null : top(known.filter((_, i) => podOf(nodes[i]?.index ?? -1)?.read === elapsed));
  const singleStart = "overhead" in baseline ? baseline.overhead : 0;
  const wait = (share: number) =>
    known === null ? null : top(known.map((start, i) => start + (times[i] ?? Number.NaN) * share));
  const ratioOf = (work: number, share: number) => {
    const cluster = wait(share);
    return cluster === null || singleStart === null ? null : (singleStart + work) / cluster;
  };

  const firstStart = -top(
    nodes.map(({ index, rounds: own }) => -((own[0]?.start ?? 0) + (podOf(index)?.clockShift ?? 0))),
  );
  const lastEnd = top(nodes.map(({ index, rounds: own }) => (own.at(-1)?.end ?? 0) + (podOf(index)?.clockShift ?? 0)));
  const perWorker = average(nodes.map(({ rounds: own }) => own.length));

  const hosts = Map.groupBy(nodes, (node) => node.machine.bootId ?? `unknown ${node.index}`);
  const baseHost = "machine" in baseline ? baseline.machine.bootId : null;
  const bound =
    baseHost !== null && hosts.has(baseHost)
      ? add(
          [...hosts.values()].map((guests) => {
            const cores = top(guests.map((guest) => guest.cores));
            return Math.min(guests.length, (cores * guests.length) / add(guests.map(({ processes }) => processes)));
          }),
        ) * ("rounds" in baseline ? Math.max(1, baseline.processes / baseline.cores) : 1)
      : null;
  const onWorker = "rounds" in baseline && baseline.mode.startsWith("worker:");

  const throws = add(nodes.map(({ samples }) => samples));
  const inside = add(nodes.map((node) => node.inside));
  const p = inside / throws;
  const standardError = 4 * Math.sqrt((p * (1 - p)) / throws);

  const single = singleTimes !== null && singleTimes.length >= 3 ? spreadOf(singleTimes) : null;
  const spreads = rounds.every(({ length }) => length >= 3)
    ? rounds.map((own) => spreadOf(own.map(({ seconds }) => seconds)))
    : null;
  const around = ({ mean, least, variance, degrees }: Spread) => {
    const margin = quantile(degrees) * Math.sqrt(variance);
    return [Math.max(least, mean - margin), mean + margin];
  };
  const total = spreads === null ? 0 : add(spreads.map(({ variance }) => variance));
  const pooled =
    spreads === null
      ? null
      : {
          mean: tParallel,
          least: workers === 1 ? (spreads[0]?.least ?? 0) : 0,
          variance: total / workers ** 2,
          degrees: total ** 2 / add(spreads.map(({ variance, degrees }) => variance ** 2 / degrees)),
        };
  return {
    workers,
    samplesPerWorker: throws / add(nodes.map(({ rounds: own }) => own.length)),
    tSingle,
    tSingleCI95: single && around(single),
    tParallel,
    tParallelCI95: pooled && around(pooled),
    speedup: tSingle / tParallel,
    efficiency: tSingle / tParallel / workers,
    combinedTime: workers * tParallel,
    linearRatio: (workers * tParallel) / tSingle,
    tSlowest,
    throughputSpeedup,
    throughputEfficiency: throughputSpeedup / workers,
    throughputSpeedupBound: bound,
    makespanSpeedup: concurrency === null ? null : (perWorker * workers * tSingle) / (lastEnd - firstStart),
    tSequential: sequential,
    elapsed,
    overhead,
    endToEndSpeedup: ratioOf(sequential, 1),
    fixedSizeSpeedup: ratioOf(tSingle, 1 / workers),
    balancedSpeedup: add(times.map((time) => tSingle / time)),
    imbalance: tSlowest / tParallel - 1,
    karpFlatt:
      onWorker && workers > 1 && hosts.size === workers
        ? (1 / throughputSpeedup - 1 / workers) / (1 - 1 / workers)
        : null,
    concurrency,
    pi: 4 * p,
    piStandardError: standardError,
    piDeviation: (4 * p - Math.PI) / standardError,
  };
}

/** The figures of a run that differ from the second calculation, or contradict each other; empty if there are none. */
export function disagreements(recorded: Recorded, metrics: Record<string, unknown>): string[] {
  const found: string[] = [];
  const near = (a: number, b: number) => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));
  const compare = (name: string, ours: unknown, theirs: unknown): void => {
    if (Array.isArray(ours) && Array.isArray(theirs)) {
      for (const [i, end] of ours.entries()) compare(`${name}[${i}]`, end, theirs[i]);
    } else if (typeof ours === "number" && typeof theirs === "number") {
      if (!near(ours, theirs)) found.push(`${name}: ${theirs}, and ${ours} by the second calculation`);
    } else if (ours !== theirs) found.push(`${name}: ${theirs}, and ${ours} by the second calculation`);
  };
  for (const [name, value] of Object.entries(recomputedMetrics(recorded))) compare(name, value, metrics[name]);
  const within = (name: string, interval: string) => {
    const [value, ends] = [metrics[name], metrics[interval]];
    if (typeof value !== "number" || !Array.isArray(ends)) return;
    const [low, high] = [Number(ends[0]), ends[1] === null ? Number.POSITIVE_INFINITY : Number(ends[1])];
    const bound = metrics.throughputSpeedupBound;
    const cut = name === "throughputSpeedup" && typeof bound === "number" && high >= bound - 1e-9;
    if (low > value + 1e-9 || (high < value - 1e-9 && !cut))
      found.push(`${name}: ${value} is not in ${low} to ${high}`);
  };
  for (const [name, interval] of [
    ["tSlowest", "tSlowestCI95"],
    ["throughputSpeedup", "throughputSpeedupCI95"],
    ["endToEndSpeedup", "endToEndSpeedupCI95"],
    ["breakEvenSeconds", "breakEvenCI95"],
  ] as const)
    within(name, interval);
  const { precision, throughputSpeedup, throughputSpeedupCI95, throughputSpeedupBound } = metrics;
  if (typeof precision === "number" && typeof throughputSpeedup === "number" && Array.isArray(throughputSpeedupCI95)) {
    const [low = 0, high = 0] = throughputSpeedupCI95.map((end) => Number(end ?? Number.POSITIVE_INFINITY));
    const width = precision * 2 * throughputSpeedup;
    const isCut = typeof throughputSpeedupBound === "number" && near(high, throughputSpeedupBound);
    if (isCut ? width < high - low && !near(width, high - low) : !near(width, high - low)) {
      found.push(`precision ${precision}, and an interval from ${low} to ${high}`);
    }
  }
  const { breakEvenSeconds: even, endToEndSpeedup, tSequential } = metrics;
  if (typeof even === "number" && typeof endToEndSpeedup === "number" && typeof tSequential === "number") {
    const [gains, longer] = [endToEndSpeedup >= 1, tSequential >= even];
    if (gains !== longer && !near(tSequential, even)) {
      found.push(`endToEndSpeedup ${endToEndSpeedup}, and N·T_S ${tSequential} beside a break-even of ${even}`);
    }
  }
  return found;
}
