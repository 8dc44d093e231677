// Fits Amdahl's and Gustafson's law in another way: a search for the smallest sum of squares, and the full normal
// equations with one unknown for each block, by elimination.

interface Times {
  workers: number;
  block: number;
  seconds: number;
}

const relative = {
  strong: (s: number, p: number) => s + (1 - s) / p,
  weak: (s: number, p: number) => 1 / (1 - (s * (p - 1)) / p),
};

/** s, its standard error, and the degrees of freedom. Every point counts as much as any other. */
export function recomputedFit(kind: "strong" | "weak", points: readonly Times[]) {
  const blocks = [...new Set(points.map(({ block }) => block))];
  const rests = (s: number) => {
    const raw = points.map(({ workers, seconds }) => Math.log(seconds / relative[kind](s, workers)));
    return raw.map((each, i) => {
      const others = raw.filter((_, k) => points[k]?.block === points[i]?.block);
      return each - others.reduce((a, b) => a + b, 0) / others.length;
    });
  };
  const squares = (s: number) => rests(s).reduce((sum, each) => sum + each * each, 0);
  // Golden section.
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [-0.1, 0.9];
  while (high - low > 1e-9) {
    const [a, b] = [high - golden * (high - low), low + golden * (high - low)];
    if (squares(a) < squares(b)) high = b;
    else low = a;
  }
  const s = (low + high) / 2;
  const step = 1e-6;
  const design = points.map(({ workers, block }) => [
    (Math.log(relative[kind](s + step, workers)) - Math.log(relative[kind](s - step, workers))) / (2 * step),
    ...blocks.map((each) => (each === block ? 1 : 0)),
  ]);
  const size = blocks.length + 1;
  const normal = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, k) => design.reduce((sum, row) => sum + (row[i] ?? 0) * (row[k] ?? 0), 0)),
  );
  const degrees = points.length - size;
  const variance = (squares(s) / degrees) * (inverse(normal)[0]?.[0] ?? Number.NaN);
  return { s, standardError: Math.sqrt(variance), degrees };
}

/** Gauss and Jordan. */
function inverse(matrix: readonly (readonly number[])[]): number[][] {
  const rows = matrix.map((row, i) => [...row, ...matrix.map((_, k) => (i === k ? 1 : 0))]);
  for (let i = 0; i < rows.length; i++) {
    const pivot = (rows[i] ?? []).map((each) => each / (rows[i]?.[i] ?? 1));
    rows[i] = pivot;
    for (let k = 0; k < rows.length; k++) {
      if (k === i) continue;
      const factor = rows[k]?.[i] ?? 0;
      rows[k] = (rows[k] ?? []).map((each, c) => each - factor * (pivot[c] ?? 0));
    }
  }
  return rows.map((row) => row.slice(matrix.length));
}
