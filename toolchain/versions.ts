// The version of every downloaded tool, in one place. The versions of tools that are built instead are in
// offline/go.mod. npm packages, including Node.js and Pulumi's plugins, are pinned in package.json.
import { coerce, gte } from "semver";

export const versions = {
  pulumi: "3.274.1",
  k3d: "5.8.3",
  /** Of the nodes that are built if K3s can't be pulled; K3s' own image has the same version. */
  kubernetes: "1.34.2",
  /** The minimum version of the Go that builds the tools, and the release from PyPI that is used if there is none. */
  go: "1.26.6",
  debian: "bookworm",
} as const;

/**
 * The oldest releases on PATH that are accepted: the first CLI with all options that the scripts use, and the first k3d
 * with configuration v1alpha5.
 */
export const oldest = { pulumi: "3.200.0", k3d: "5.6.0" } as const;

/**
 * Whether version `a` is at least `b`, in the format that tools print. Go names a first release with only two numbers.
 */
export function isAtLeast(a: string, b: string): boolean {
  return gte(coerce(a) ?? "0.0.0", b);
}
