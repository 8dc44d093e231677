// k3d, which makes K3s clusters in Docker.
import { chmod, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { cachedOrBuilt } from "./cache.ts";
import { download } from "./download.ts";
import { goBuild } from "./go.ts";
import { run } from "./run.ts";
import { projectFolder } from "./state.ts";
import { isAtLeast, oldest, versions } from "./versions.ts";

/** Folder with k3d to put on PATH; undefined when PATH already has one that fits. */
export async function ensureK3d(): Promise<string | undefined> {
  const { stdout } = await run("k3d", ["version"], { allowFailure: true });
  const found = /^k3d version v(\d+\.\d+\.\d+)/m.exec(stdout)?.[1];
  if (found !== undefined && isAtLeast(found, oldest.k3d)) return undefined;
  const version = `v${versions.k3d}`;
  const file = `k3d-${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
  const sources = join(projectFolder, "toolchain", "go-tools", "k3d");
  return cachedOrBuilt(
    `k3d-${versions.k3d}`,
    [await readFile(join(sources, "go.sum"), "utf8")],
    async (folder) => {
      const release = { repository: "k3d-io/k3d", version, file, checksums: "checksums.txt" };
      await rename(await download(release, folder), join(folder, "k3d"));
      await chmod(join(folder, "k3d"), 0o755);
    },
    (folder) =>
      goBuild({
        folder: sources,
        package: "github.com/k3d-io/k3d/v5",
        output: join(folder, "k3d"),
        ldflags: [`-X github.com/k3d-io/k3d/v5/version.Version=${version}`],
      }),
  );
}
