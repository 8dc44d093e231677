// A machine of its own for a test that kills Docker. It is isolated from this machine's processes, mounts and network,
// so a daemon in it runs in the usual places next to the shared one. The machine always ends with the test.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheFolder } from "../../toolchain/cache.ts";
import { ensurePythonImage, imagesLeft } from "../../toolchain/offline/images.ts";
import { run } from "../../toolchain/run.ts";

/** Why this is impossible here; undefined if it is possible. */
export async function whyNoOwnMachine(): Promise<string | undefined> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "only root on Linux can make one";
  if (process.env.DOCKER_HOST) return "DOCKER_HOST names a daemon elsewhere";
  for (const tool of ["unshare", "nsenter", "ip", "dockerd"]) {
    const { code } = await run(tool, ["--version"], { allowFailure: true });
    if (code === 127) return `there is no ${tool}`;
  }
  return undefined;
}

export interface OwnMachine {
  /** The prefix of a command that should run in it. */
  prefix: readonly string[];
  /** Numbers, here, of the processes in it that have this name. */
  processes(name?: string): number[];
  /** Kills all its processes, like a power cut. */
  cutPower(): Promise<void>;
  remove(): Promise<void>;
}

/** Folders of a daemon's data, and of our scripts' notes on the daemon that they started. */
const places = () => ["/var/lib/docker", join(cacheFolder(), "docker")];

/** Creates a machine whose Docker has the images of a cluster. */
export async function startOwnMachine(): Promise<OwnMachine> {
  const image = await ensurePythonImage("python:3.9-slim");
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-machine-"));
  const setUp = [
    "mount -t tmpfs tmpfs /run",
    "ip link set lo up",
    ...places().map((place, i) => {
      const own = join(folder, String(i));
      mkdirSync(own);
      mkdirSync(place, { recursive: true });
      return `mount --bind '${own}' '${place}'`;
    }),
    // Its input ends with this process. The machine's first process, the shell, then ends too and takes all others with it.
    "tee",
    // Some shells would otherwise become their last command.
    ":",
  ];
  const holder = spawn(
    "unshare",
    ["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-euc", setUp.join("\n")],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  holder.stdin.write("ready");
  await said("ready", holder);
  const first = childOf(holder.pid);
  // The process that waits for the end of the input.
  const waiting = childOf(first);
  const prefix = [
    ...["nsenter", `--target=${first}`, "--mount", "--net", "--pid", "--"],
    ...["env", `--chdir=${process.cwd()}`],
  ];
  const machine: OwnMachine = {
    prefix,
    processes: (name) => processesIn(first, name),
    async cutPower() {
      const others = processesIn(first).filter((pid) => pid !== first && pid !== waiting);
      await kill(others);
    },
    async remove() {
      const ended = new Promise((resolve) => holder.once("close", resolve));
      holder.stdin?.end();
      await ended;
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  const [command = "", ...args] = prefix;
  const inside = (...more: string[]) => run(command, [...args, ...more]);
  const start = 'await (await import("./toolchain/docker.ts")).ensureDocker();';
  await inside("node", "--input-type=module", "--eval", start);
  const images = join(folder, "images.tar");
  const names = (await imagesLeft()).filter((name) => !name.includes("@"));
  await run("docker", ["save", "--output", images, ...new Set([...names, image])]);
  await inside("docker", "load", "--quiet", "--input", images);
  rmSync(images);
  return machine;
}

async function said(word: string, { stdout }: ChildProcess): Promise<void> {
  let text = "";
  for await (const chunk of stdout ?? []) {
    text += String(chunk);
    if (text.includes(word)) return;
  }
  throw new Error(`the machine did not start: ${text}`);
}

/** The only child of a process. */
function childOf(pid: number | undefined): number {
  const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim());
  if (child > 0) return child;
  throw new Error(`process ${pid} has not one child, where the machine's processes were expected`);
}

function processesIn(first: number, name?: string): number[] {
  const space = (pid: number) => readlinkSync(`/proc/${pid}/ns/pid`);
  const own = space(first);
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        return space(pid) === own && (name === undefined || nameOf(pid) === name);
      } catch {
        // It has ended meanwhile.
        return false;
      }
    });
}

function nameOf(pid: number): string | undefined {
  return /^Name:\t(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
}

/** Kills processes and waits until they are gone. */
export async function kill(pids: readonly number[]): Promise<void> {
  for (const pid of pids.filter(isAlive)) process.kill(pid, "SIGKILL");
  while (pids.some(isAlive)) await sleep(50);
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
