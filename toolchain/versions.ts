// The version of every tool that is downloaded, in one place. What is built where nothing can be downloaded has its versions
// in offline/go.mod; npm's packages, Node.js and Pulumi's plugins among them, are pinned in package.json.
import { coerce, gte } from "semver";

export const versions = {
  pulumi: "3.274.1",
  k3d: "5.8.3",
  /** Of the nodes that are built where no K3s can be pulled; K3s' own image has the same. */
  kubernetes: "1.34.2",
  /** Least version of the Go that builds the tools, and the release on PyPI that is taken where there is none. */
  go: "1.26.6",
  debian: "bookworm",
} as const;

/** Oldest releases on PATH that are taken as they are: the CLI's with all options that the scripts use, k3d's with configuration v1alpha5. */
export const oldest = { pulumi: "3.200.0", k3d: "5.6.0" } as const;

/** Whether version `a` is at least `b`. Both as tools print them: Go names a first release by two numbers alone. */
export function isAtLeast(a: string, b: string): boolean {
  return gte(coerce(a) ?? "0.0.0", b);
}
