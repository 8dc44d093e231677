// The official releases that are downloaded: their file names by machine, and their vendors' lists of checksums.
import { createRequire } from "node:module";
import * as v from "valibot";
import { versions } from "./versions.ts";

/** One file of a release. */
export interface Release {
  /** `owner/name` of the repository. */
  repository: string;
  /** With the leading "v", as in the tag. */
  version: string;
  file: string;
  /** The file next to it that lists SHA-256 checksums. */
  checksums: string;
}

/** A kind of machine, in Node.js' terms. */
export interface Machine {
  platform: string;
  architecture: string;
}

export type Tool = "pulumi" | "k3d" | "kubernetes" | "command";

const require = createRequire(import.meta.url);
const packageSchema = v.object({ version: v.string() });
const packaged = (name: string) => v.parse(packageSchema, require(`@pulumi/${name}/package.json`)).version;

/** The plugins have the same versions as their npm packages. */
export const pluginVersions = { kubernetes: packaged("kubernetes"), command: packaged("command") };

/** The release of a tool for a machine. */
export function releaseOf(tool: Tool, { platform, architecture }: Machine): Release {
  const goArchitecture = architecture === "x64" ? "amd64" : architecture;
  if (tool === "pulumi") {
    const version = `v${versions.pulumi}`;
    return {
      repository: "pulumi/pulumi",
      version,
      file: `pulumi-${version}-${platform}-${architecture}.tar.gz`,
      checksums: `pulumi-${versions.pulumi}-checksums.txt`,
    };
  }
  if (tool === "k3d") {
    return {
      repository: "k3d-io/k3d",
      version: `v${versions.k3d}`,
      file: `k3d-${platform}-${goArchitecture}`,
      checksums: "checksums.txt",
    };
  }
  const version = pluginVersions[tool];
  return {
    repository: `pulumi/pulumi-${tool}`,
    version: `v${version}`,
    file: `pulumi-resource-${tool}-v${version}-${platform}-${goArchitecture}.tar.gz`,
    checksums: `pulumi-${tool}_${version}_checksums.txt`,
  };
}

/** Everything that is ever downloaded, on any machine that the scripts support. */
export function allReleases(): Release[] {
  const tools: Tool[] = ["pulumi", "k3d", "kubernetes", "command"];
  return ["linux", "darwin"].flatMap((platform) =>
    ["x64", "arm64"].flatMap((architecture) => tools.map((tool) => releaseOf(tool, { platform, architecture }))),
  );
}

/** The key of a pinned checksum. File names alone repeat from release to release. */
export function pinName({ repository, version, file }: Release): string {
  return `${repository} ${version} ${file}`;
}
