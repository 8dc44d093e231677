// The weight of each point of a study. Two effects make a point's time uncertain: those on the whole point (τ), and
// those on each worker (σ). The mean of p workers has the variance τ² + σ²/p, so points with more workers may be more
// precise.
import { mapAll, sum } from "../values.ts";
import { type Grid, type Observation, pureError } from "./grid.ts";

/**
 * σ²: variance of one worker's time about its point's mean, in logarithms, over all points; 0 where no point has two workers.
 */
export function workerVariance(points: readonly (readonly number[])[]): number {
  const logs = points.map((times) => times.map(Math.log));
  const squares = logs.map((values) => {
    const centre = sum(values) / values.length;
    return sum(values.map((value) => (value - centre) ** 2));
  });
  const degrees = sum(logs.map(({ length }) => length - 1));
  return degrees > 0 ? sum(squares) / degrees : 0;
}

/**
 * The grid with weights proportional to 1/(τ² + σ²/p), 1 on average. τ² is the value for which the blocks deviate from
 * each other by as much as the weights predict (Paule & Mandel 1982, J. Res. NBS 87(5)); 0 if σ² alone predicts more.
 * The weights of the given grid are 1.
 */
export function weighted(grid: Grid, variance: number): Grid {
  if (variance === 0) return grid;
  const { squares, degrees } = pureError(grid);
  const isTooSmall = (tau: number) => pureError(withWeights(grid, tau, variance)).squares > degrees;
  // With the whole deviation as τ², σ² is not needed.
  let [low, high] = [0, isTooSmall(0) ? squares / degrees : 0];
  for (let i = 0; i < 40 && low < high; i++) {
    const middle = (low + high) / 2;
    if (isTooSmall(middle)) low = middle;
    else high = middle;
  }
  const weights = withWeights(grid, high, variance);
  const average = sum(weights.flat().map(({ weight }) => weight)) / weights.flat().length;
  return scaled(weights, (each) => each.weight / average);
}

function withWeights(grid: Grid, tau: number, variance: number): Grid {
  return scaled(grid, ({ workers }) => 1 / (tau + variance / workers));
}

function scaled(grid: Grid, weightOf: (each: Observation) => number): Grid {
  return mapAll(grid, (block) => mapAll(block, (each) => ({ ...each, weight: weightOf(each) })));
}
