// k3d, which makes K3s clusters in Docker.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "./cache.ts";
import { goBuild } from "./go.ts";
import { run } from "./run.ts";
import { projectFolder } from "./state.ts";
import { isAtLeast, versions } from "./versions.ts";

/** First release whose configuration file is v1alpha5. */
const oldest = "5.6.0";

/** Folder with k3d to put on PATH; undefined when PATH already has one that fits. */
export async function ensureK3d(): Promise<string | undefined> {
  const { stdout } = await run("k3d", ["version"], { allowFailure: true });
  const found = /^k3d version v(\d+\.\d+\.\d+)/m.exec(stdout)?.[1];
  if (found !== undefined && isAtLeast(found, oldest)) return undefined;
  const folder = join(projectFolder, "toolchain", "go-tools", "k3d");
  return cached(`k3d-${versions.k3d}`, [await readFile(join(folder, "go.sum"), "utf8")], (target) =>
    goBuild({
      folder,
      package: "github.com/k3d-io/k3d/v5",
      output: join(target, "k3d"),
      ldflags: [`-X github.com/k3d-io/k3d/v5/version.Version=v${versions.k3d}`],
    }),
  );
}
