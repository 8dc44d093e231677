// How an embedded cluster is started and removed, by one process at a time.
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../failure.js";
import { withLock } from "../../host/lock.js";
import { lastLine, runTool } from "../../host/run-tool.ts";
import { logLine } from "../../program/log-line.ts";
import { imageVolumeOf, lockOf, networkOf, scratchFolderOf, serverNode } from "./names.ts";

/**
 * Does something to a cluster while no other process of ours does: a killed Pulumi may leave one at work, and to undo a
 * half of what it does would spoil both.
 */
export function withClusterLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const waiting = (
    holder: number,
    sentence = `Waiting for process ${holder}, which a former run has left at work on the cluster ${name}`,
  ) => logLine(sentence);
  return withLock(lockOf(name, process.cwd()), waiting, work);
}

/** Seconds that a cluster may take until it answers again. */
const patience = 90;

/**
 * Starts nodes of a cluster that are stopped, and waits until its API server answers. Not by k3d, which waits without end
 * for words in the log that a node prints only once.
 * @throws Failure when it does not start.
 */
export async function startCluster(name: string, nodes: readonly string[]): Promise<void> {
  const end = Date.now() + patience * 1000;
  const ready = ["exec", serverNode(name), "kubectl", "wait", "--for=condition=Ready", "--timeout=20s"];
  for (;;) {
    const started = await runTool("docker", ["start", ...nodes]);
    const { code, stderr } =
      started.code === 0 ? await runTool("docker", [...ready, "nodes", "--all"], { seconds: 30 }) : started;
    if (code === 0) return;
    if (Date.now() < end) await sleep(1000);
    else {
      throw new Failure(
        `The stopped cluster «${name}» could not be started (${lastLine(stderr)}): run \`npm run down\` and \`npm run up\`, which make it anew.`,
      );
    }
  }
}

/**
 * Removes a cluster, whole or half made; one that is not there is no error.
 * @param env in which k3d is found. Default: ours.
 * @throws Failure when something of it stays.
 */
export async function removeCluster(name: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  await rm(scratchFolderOf(name, process.cwd()), { recursive: true, force: true });
  const removed = await runTool("k3d", ["cluster", "delete", name], { env });
  // k3d finds a cluster by its containers; a creation that failed before the first one has left these two.
  const rest = [
    ["network", networkOf(name)],
    ["volume", imageVolumeOf(name)],
  ] as const;
  const failed = removed.code === 0 ? [] : [removed];
  for (const [kind, left] of rest) {
    const found = await runTool("docker", [kind, "ls", "--quiet", `--filter=name=^${left}$`]);
    if (found.code !== 0) failed.push(found);
    else if (found.stdout.trim() !== "") {
      const gone = await runTool("docker", [kind, "rm", left]);
      if (gone.code !== 0) failed.push(gone);
    }
  }
  const [first] = failed;
  if (first !== undefined) {
    throw new Failure(
      `The cluster «${name}» could not be removed (${lastLine(first.stderr)}): start Docker and run \`pulumi destroy\` again, or remove it with \`k3d cluster delete ${name}\`.`,
    );
  }
}
