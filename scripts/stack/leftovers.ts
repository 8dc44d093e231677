// What a killed run leaves behind, recognised and cleared, or named where it is not ours to clear.
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { removeCluster, withClusterLock } from "../../components/cluster/embedded/lifecycle.ts";
import { clusterNameFor, clusterOfServer, isNodeOf } from "../../components/cluster/embedded/names.ts";
import { isRunning } from "../../components/host/lock.js";
import { readIfExists } from "../../components/host/text-file.ts";
import { parseToolAnswer } from "../../components/host/tool-answer.ts";
import { dockerLabel } from "../../components/ownership.ts";
import { logLine } from "../../components/program/log-line.ts";
import { projectFolder, stateFolder } from "../../toolchain/paths.ts";
import { run } from "../../toolchain/run.ts";

const containerSchema = v.object({
  id: v.string(),
  name: v.string(),
  folder: v.string(),
  stack: v.string(),
  state: v.string(),
});
type Container = v.InferOutput<typeof containerSchema>;

/** How Docker prints a container. Not `{{json .}}`, which joins all labels by commas, and a folder's name may hold one. */
const containerFormat = [
  '{"id":{{json .ID}},"name":{{json .Names}},"state":{{json .State}}',
  `"folder":{{json (.Label "${dockerLabel.folder}")}}`,
  `"stack":{{json (.Label "${dockerLabel.stack}")}}}`,
].join(",");

/** The containers of all checkouts, known by their labels. */
async function containers(): Promise<Container[]> {
  const ps = ["ps", "--all", "--filter", `label=${dockerLabel.folder}`, "--format", containerFormat];
  const { code, stdout } = await run("docker", ps, { allowFailure: true });
  if (code !== 0) return [];
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => parseToolAnswer(containerSchema, "docker ps", line));
}

/** The containers of one stack of this checkout. */
export async function containersOf(stack: string): Promise<Container[]> {
  return (await containers()).filter((each) => each.folder === projectFolder && each.stack === stack);
}

/** Names the clusters whose folder is gone: no stack will remove them any more. */
export async function warnAboutOrphans(): Promise<void> {
  const gone = (await containers()).filter(({ folder }) => !existsSync(folder));
  const clusters = new Set(gone.flatMap(({ name }) => clusterOfServer(name) ?? []));
  for (const cluster of clusters) {
    const folder = gone.find(({ name }) => isNodeOf(cluster, name))?.folder;
    logLine(
      `The cluster «${cluster}» belongs to ${folder}, which is gone: remove it with \`k3d cluster delete ${cluster}\`.`,
    );
  }
}

/**
 * Removes what killed runs of a stack have left beside its state: a half made cluster, a baseline that still computes.
 * @param embedded whether the stack has, or could have had, a cluster on this machine.
 * @param env in which k3d is found. Default: ours.
 */
export async function removeLeftovers(stack: string, embedded: boolean, env?: NodeJS.ProcessEnv): Promise<void> {
  // Pulumi keeps a copy of each state that there ever was, also of a stack that is removed.
  for (const kept of ["backups", "history"]) {
    await rm(join(stateFolder, ".pulumi", kept, "pi-speedup", stack), { recursive: true, force: true });
  }
  const { code } = await run("docker", ["version"], { allowFailure: true });
  // No Docker or no daemon, no containers; and its leavings can't be removed without it.
  if (code !== 0) return;
  const name = clusterNameFor(stack, projectFolder);
  if (embedded) await withClusterLock(name, () => removeCluster(name, env));
  await removeBaselines(stack);
}

/** Removes the container of a baseline that was broken off and still computes. */
export async function removeBaselines(stack: string): Promise<void> {
  const left = (await containersOf(stack)).filter(({ name }) => name.endsWith("-baseline"));
  if (left.length > 0) await run("docker", ["rm", "--force", ...left.map(({ id }) => id)]);
}

const lockSchema = v.pipe(v.string(), v.parseJson(), v.object({ pid: v.number(), hostname: v.string() }));

/** Whether the stack is locked by a Pulumi that no longer runs. Knows only our own backend, a folder of this checkout. */
export async function hasStaleLock(stack: string): Promise<boolean> {
  const folder = join(stateFolder, ".pulumi", "locks", "organization", "pi-speedup", stack);
  if (!existsSync(folder)) return false;
  const files = (await readdir(folder)).filter((file) => file.endsWith(".json"));
  const locks = await Promise.all(files.map((file) => readIfExists(join(folder, file))));
  return (
    locks.length > 0 &&
    locks
      .map((lock) => v.safeParse(lockSchema, lock))
      // What can't be read tells nothing: whoever has written it may still be at work.
      .every(({ success, output }) => success && output.hostname === hostname() && !isRunning(output.pid))
  );
}
