// Whether the workers of a study are alike. Each takes part in several points, whose times may differ for any reason.
// So each worker is compared with the others of the same point: an analysis of variance of the logarithms of times, by
// point and by worker. Ranks (Kruskal–Wallis) would compare rounds within one Job only, and mistake what affects one
// pod for a property of its node.
import { fisherAbove } from "../fisher.ts";
import { sum } from "../values.ts";
import type { StudyPoint } from "./study-records.ts";

/** How the workers compare. */
export interface WorkerSpeeds {
  /** Chance that equal workers differ as much as these, 0 to 1. */
  chance: number;
  /** How much longer the slowest takes than the fastest, relative to the fastest. */
  apart: number;
  slowest: string;
  fastest: string;
}

/** Null if no worker can be compared, or if nothing shows how much chance varies. */
export function workerSpeeds(points: readonly Pick<StudyPoint, "nodes" | "times">[]): WorkerSpeeds | null {
  const several = points.filter(({ times }) => times.length > 1);
  const names = [...new Set(several.flatMap(({ nodes }) => nodes))];
  const [first, ...others] = names;
  if (first === undefined) return null;
  const place = new Map(others.map((name, i) => [name, i]));
  const size = others.length;
  const matrix = Array.from({ length: size }, () => Array.from({ length: size }, () => 0));
  const right = Array.from({ length: size }, () => 0);
  let squares = 0;
  let degrees = -size;
  for (const { nodes, times } of several) {
    const logs = times.map(Math.log);
    const centre = sum(logs) / logs.length;
    degrees += logs.length - 1;
    for (const [i, log] of logs.entries()) {
      squares += (log - centre) ** 2;
      const row = place.get(nodes[i] ?? "");
      if (row === undefined) continue;
      right[row] = (right[row] ?? 0) + log - centre;
      const line = matrix[row] ?? [];
      line[row] = (line[row] ?? 0) + 1;
      for (const other of nodes) {
        const column = place.get(other);
        if (column !== undefined) line[column] = (line[column] ?? 0) - 1 / logs.length;
      }
    }
  }
  if (degrees < 1) return null;
  const found = solved(matrix, right);
  const effects = [0, ...found];
  const explained = sum(found.map((each, i) => each * (right[i] ?? 0)));
  const rest = Math.max(squares - explained, 0);
  const [slow, fast] = [Math.max(...effects), Math.min(...effects)];
  return {
    // Without any scatter, every difference is real.
    chance:
      rest > 0 ? fisherAbove(Math.max(explained, 0) / size / (rest / degrees), size, degrees) : explained > 0 ? 0 : 1,
    apart: Math.expm1(slow - fast),
    slowest: names[effects.indexOf(slow)] ?? first,
    fastest: names[effects.indexOf(fast)] ?? first,
  };
}

/** Solves a symmetric positive definite system by elimination. */
function solved(matrix: number[][], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  for (const [i, pivot] of rows.entries()) {
    for (const row of rows.slice(i + 1)) {
      const factor = (row[i] ?? 0) / (pivot[i] ?? 1);
      for (let k = i; k < pivot.length; k++) row[k] = (row[k] ?? 0) - factor * (pivot[k] ?? 0);
    }
  }
  const found: number[] = Array.from({ length: rows.length }, () => 0);
  for (const [i, row] of [...rows.entries()].reverse()) {
    const known = sum(row.slice(i + 1, rows.length).map((each, k) => each * (found[i + 1 + k] ?? 0)));
    found[i] = ((row.at(-1) ?? 0) - known) / (row[i] ?? 1);
  }
  return found;
}
