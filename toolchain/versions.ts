// The version of every tool that is fetched or built, in one place.
export const versions = {
  pulumi: "3.274.1",
  k3d: "5.8.3",
  /** Least version of the Go that builds the tools, and the release on PyPI that is taken where there is none. */
  go: "1.26.6",
  debian: "bookworm",
} as const;

/** Whether version `a` is at least `b`; both as dotted numbers. */
export function isAtLeast(a: string, b: string): boolean {
  const [left, right] = [a, b].map((each) => each.split(".").map(Number));
  for (const [i, part] of (right ?? []).entries()) {
    const other = left?.[i] ?? 0;
    if (other !== part) return other > part;
  }
  return true;
}
