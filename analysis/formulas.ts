// The formulas, each with its symbol, unit and source. Times are in seconds and longer than 0. Ratios have no unit and
// are not clipped: a speed-up may be superlinear, and a serial fraction negative.
//
//   N      number of workers = number of times T_i
//   T_i    mean of worker i's timed rounds that count
//   T_S    mean of the single machine's rounds; every one of these machines does the same work
//   T_P    mean of all T_i
//   T_max  largest T_i
//   R      the tutorial's speed-up T_S / T_P
//   S      scaled speed-up N·T_S / T_max
//   O_i    overhead of worker i's pod: time of its result minus pull, warm-up, cool-down and rounds
//   O_S    overhead of the single machine: its start and its end
import { mapAll, mean, sum, type Values } from "./values.ts";

/**
 * T_P = mean T_i, seconds: mean of the workers' times. It is an arithmetic mean because times are costs (Hoefler &
 * Belli, SC'15, rule 3). The tutorial's figure.
 */
export function tParallel(times: Values): number {
  return mean(times);
}

/** T_max = max T_i, seconds: the user waits for the slowest worker. */
export function tSlowest(times: Values): number {
  return Math.max(...times);
}

/**
 * R = T_S / T_P, ratio. The tutorial's figure. N machines equal to the single one reach 1, not N, because each does the
 * whole work.
 */
export function speedup(tSingle: number, times: Values): number {
  return tSingle / tParallel(times);
}

/** R / N, ratio. The tutorial's figure. */
export function efficiency(tSingle: number, times: Values): number {
  return speedup(tSingle, times) / times.length;
}

/** N·T_P, seconds: total computing time of all workers. The tutorial's figure. */
export function combinedTime(times: Values): number {
  return times.length * tParallel(times);
}

/**
 * N·T_P / T_S, ratio. The tutorial's "linear speed-up". It grows when the workers get slower, so it is not a speed-up.
 */
export function linearRatio(tSingle: number, times: Values): number {
  return combinedTime(times) / tSingle;
}

/**
 * N·T_S, seconds: the time for the single machine to do all N shares, one after another. From the tutorial's last
 * section.
 */
export function tSequential(tSingle: number, workers: number): number {
  return workers * tSingle;
}

/**
 * S = N·T_S / T_max, ratio: scaled speed-up, N shares of work in the time of the slowest worker (Gustafson 1988, CACM
 * 31(5)).
 */
export function throughputSpeedup(tSingle: number, times: Values): number {
  return tSequential(tSingle, times.length) / tSlowest(times);
}

/** S / N, ratio: 1 if every worker is as fast as the single machine. */
export function throughputEfficiency(tSingle: number, times: Values): number {
  return throughputSpeedup(tSingle, times) / times.length;
}

/**
 * R·N·T_S / makespan, ratio: R rounds of all workers, from the first start to the last end. SPECrate counts copies this
 * way (SPEC CPU 2017).
 */
export function makespanSpeedup(tSingle: number, workers: number, rounds: number, makespan: number): number {
  return (rounds * tSequential(tSingle, workers)) / makespan;
}

/**
 * (O_S + N·T_S) / max(O_i + T_i), ratio: one round of N shares as the user experiences it, with the overhead of both
 * sides.
 */
export function endToEndSpeedup(tSingle: number, singleOverhead: number, times: Values, overheads: Values): number {
  return (singleOverhead + tSequential(tSingle, times.length)) / slowestWith(overheads, times);
}

/**
 * (O_S + T_S) / max(O_i + T_i/N), ratio: the same work divided among N, with the overhead of both sides (Amdahl 1967's
 * question).
 */
export function fixedSizeSpeedup(tSingle: number, singleOverhead: number, times: Values, overheads: Values): number {
  return (
    (singleOverhead + tSingle) /
    slowestWith(
      overheads,
      mapAll(times, (time) => time / times.length),
    )
  );
}

/** max(O_i + T_i), seconds: the makespan of one round. */
export function slowestWith(overheads: Values, times: Values): number {
  return Math.max(...times.map((time, i) => time + (overheads[i] ?? 0)));
}

/**
 * max_i max(0, O_i − O_S)/(1 − T_i/(N·T_S)), seconds. A job that takes the single machine O_S + L takes worker i O_i +
 * L·T_i/(N·T_S). The cluster is faster beyond this L. Infinite if an equal share takes a worker as long as the whole
 * job takes the single machine.
 */
export function breakEvenSeconds(tSingle: number, singleOverhead: number, times: Values, overheads: Values): number {
  const sequential = tSequential(tSingle, times.length);
  return Math.max(
    ...times.map((time, i) => {
      const gain = 1 - time / sequential;
      return gain > 0 ? Math.max(0, (overheads[i] ?? 0) - singleOverhead) / gain : Number.POSITIVE_INFINITY;
    }),
  );
}

/**
 * Σ T_S/T_i, ratio: the speed-up of the same workers if the work is divided by their speed. Never below the scaled
 * speed-up.
 */
export function balancedSpeedup(tSingle: number, times: Values): number {
  return sum(times.map((time) => tSingle / time));
}

/** T_max / T_P − 1, ratio: load imbalance, "percent imbalance" (Pearce et al., ICS 2012). */
export function imbalance(times: Values): number {
  return tSlowest(times) / mean(times) - 1;
}

/**
 * e = (1/S − 1/N) / (1 − 1/N), ratio: experimental serial fraction (Karp & Flatt 1990, CACM 33(5)). Null at N = 1,
 * where it is undefined. Negative if S > N. If the single machine is unlike the workers, it compares machines and is
 * not a serial fraction.
 */
export function karpFlatt(scaledSpeedup: number, workers: number): number | null {
  return workers > 1 ? (1 / scaledSpeedup - 1 / workers) / (1 - 1 / workers) : null;
}

/** π ≈ 4p with p = inside / samples: the share of random points in the unit square that lie in the quarter circle. */
export function pi(inside: number, samples: number): number {
  return (4 * inside) / samples;
}

/** SE = 4·sqrt(p(1 − p)/m) for m samples: standard error of π, from the binomial distribution; about 1.64/sqrt(m). */
export function piStandardError(inside: number, samples: number): number {
  const p = inside / samples;
  return 4 * Math.sqrt((p * (1 - p)) / samples);
}

/** (π estimated − π) / SE, in standard errors. Null if SE is 0, because all points or none were inside. */
export function piDeviation(inside: number, samples: number): number | null {
  const standardError = piStandardError(inside, samples);
  return standardError > 0 ? (pi(inside, samples) - Math.PI) / standardError : null;
}
