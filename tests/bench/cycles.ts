// Creates and removes the embedded cluster twenty times: does anything stay on the machine, and does it get slower?
// Looks only at what belongs to this stack, so other work on the machine does not count. Exit code 1 if something
// stayed.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isNonEmpty, median } from "../../analysis/values.ts";
import { clusterNameFor } from "../../components/cluster/embedded/names.ts";
import { containersOf, removeLeftovers } from "../../scripts/stack/leftovers.ts";
import { prepareMachine } from "../../scripts/stack/machine.ts";
import { runScript } from "../../scripts/stack/run-script.ts";
import { openStack } from "../../scripts/stack/stack.ts";
import { privateFolder, projectFolder } from "../../toolchain/paths.ts";
import { run } from "../../toolchain/run.ts";

const cycles = 20;

/** What one cycle created, each found by its own name or id. */
interface Made {
  containers: string[];
  networks: string[];
  volumes: string[];
  /** Folders of file systems that hold the containers and their volumes. */
  mounts: string[];
}

const docker = async (...args: string[]) => (await run("docker", args)).stdout.split("\n").filter(Boolean);

async function madeBy(stack: string, cluster: string): Promise<Made> {
  const containers = (await containersOf(stack)).map(({ id }) => id);
  const mounts = "{{range .Mounts}}{{.Name}}\n{{end}}";
  return {
    containers,
    networks: await docker("network", "ls", "--quiet", `--filter=name=${cluster}`),
    volumes: [...new Set(await docker("inspect", "--format", mounts, ...containers))],
    mounts: await docker("inspect", "--format", "{{.GraphDriver.Data.MergedDir}}", ...containers),
  };
}

/** What is still there, in words. */
async function whatStays({ containers, networks, volumes, mounts }: Made): Promise<string[]> {
  const mounted = readFileSync("/proc/mounts", "utf8");
  const listed = async (kind: string, wanted: string[], ...ls: string[]) => {
    const there = new Set(await docker(...ls));
    return wanted.filter((each) => there.has(each)).map((each) => `${kind} ${each}`);
  };
  return [
    ...(await listed("container", containers, "ps", "--all", "--quiet")),
    ...(await listed("network", networks, "network", "ls", "--quiet")),
    ...(await listed("volume", volumes, "volume", "ls", "--quiet")),
    ...[...mounts, ...volumes.map((volume) => `/volumes/${volume}/`)]
      .filter((each) => mounted.includes(each))
      .map((each) => `mount ${each}`),
  ];
}

/**
 * Files that a run may leave: temporary ones, and those that the scripts keep. Pulumi rotates its own logs, and marks a
 * plugin once.
 */
function files(cluster: string): string[] {
  const temporary = readdirSync(tmpdir()).filter(
    (name) => name.startsWith("pi-speedup-image-") || name.startsWith(cluster),
  );
  const kept = readdirSync(privateFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith("/logs") && !entry.name.endsWith(".lastused"))
    .map((entry) => join(entry.parentPath, entry.name));
  return [...temporary.map((name) => join(tmpdir(), name)), ...kept];
}

/** Processes whose command line contains this checkout or its cluster, except for those that run this benchmark. */
function processes(cluster: string): string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => ({ pid, line: commandLine(pid) }))
    .filter(({ line }) => line.includes(`${projectFolder}/`) || line.includes(cluster))
    .filter(({ line }) => !/bench|toolchain\/bootstrap/.test(line))
    .map(({ pid, line }) => `${pid} ${line.slice(0, 100)}`);
}

function commandLine(pid: string): string {
  const file = `/proc/${pid}/cmdline`;
  try {
    return existsSync(file) ? readFileSync(file, "utf8").replaceAll("\0", " ") : "";
  } catch {
    // It has ended between the two.
    return "";
  }
}

const newIn = (before: string[], after: string[]) => after.filter((each) => !before.includes(each));

await runScript(async () => {
  const stack = await openStack();
  const cluster = clusterNameFor(stack.name, projectFolder);
  const keys = { agents: 1, samples: 1000, rounds: 1, baseline: 1.5 };
  const settings = Object.entries(keys).map(([key, value]) => `--config=pi-speedup:${key}=${value}`);
  const all = [...(await prepareMachine(stack)), ...settings];
  const seconds: Record<"up" | "down", number[]> = { up: [], down: [] };
  const timed = async (what: "up" | "down", work: () => Promise<unknown>) => {
    const begun = performance.now();
    await work();
    seconds[what].push((performance.now() - begun) / 1000);
  };
  const remove = async () => {
    const { identity } = await stack.recorded();
    await stack.pulumi.read(["destroy"], "--yes", "--skip-preview");
    await removeLeftovers(stack.name, identity, true);
  };
  const stayed: string[] = [];
  const before = { files: files(cluster), processes: processes(cluster) };
  try {
    for (let cycle = 1; cycle <= cycles; cycle++) {
      await timed("up", () => stack.pulumi.read(["up"], "--yes", "--skip-preview", ...all));
      const made = await madeBy(stack.name, cluster);
      await timed("down", remove);
      const stays = await whatStays(made);
      stayed.push(...stays);
      const [up, down] = [seconds.up.at(-1), seconds.down.at(-1)].map((each) => each?.toFixed(1));
      const counts = Object.entries(made).map(([kind, each]) => `${each.length} ${kind}`);
      console.log(`cycle ${cycle}: up ${up} s, down ${down} s; made ${counts.join(", ")}; left ${stays.length}`);
    }
  } finally {
    await remove();
    await stack.pulumi.read(["stack", "rm"], "--yes", "--preserve-config");
    await removeLeftovers(stack.name, undefined, true);
  }
  const after = { files: files(cluster), processes: processes(cluster) };
  stayed.push(...newIn(before.files, after.files).map((file) => `file ${file}`));
  stayed.push(...newIn(before.processes, after.processes).map((line) => `process ${line}`));
  const middle = (values: number[]) => (isNonEmpty(values) ? median(values).toFixed(1) : "–");
  for (const [what, each] of Object.entries(seconds)) {
    const [first, last] = [each.slice(0, cycles / 2), each.slice(cycles / 2)];
    console.log(`${what}: median ${middle(each)} s; first half ${middle(first)} s, second half ${middle(last)} s`);
  }
  console.log(
    `After ${cycles} cycles ${stayed.length} things have stayed${stayed.map((each) => `\n  ${each}`).join("")}`,
  );
  if (stayed.length > 0) process.exitCode = 1;
});
