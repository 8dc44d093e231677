// Provides a Docker daemon that answers: an existing one, or one that is installed and started here.

import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../analysis/failure.js";
import type { Fault } from "../analysis/fault-ids.js";
import { withLock } from "../components/host/lock.js";
import { makePrivateFolder } from "../components/host/private-folder.js";
import { writeWhole } from "../components/host/text-file.ts";
import { announceWait, cacheFolder } from "./cache.ts";
import { installDebianPackages } from "./debian.ts";
import { environmentFor } from "./environment.js";
import { buildPrograms } from "./offline/programs.ts";
import { step } from "./progress.ts";
import { answerSeconds, run } from "./run.ts";

/** Facts that determine how to get a daemon. */
export interface Machine {
  /** A daemon answers the docker command. */
  answers: boolean;
  /** `$DOCKER_HOST`; empty or undefined: the local socket. */
  dockerHost: string | undefined;
  /** The address of the context that the user selected instead; undefined if it is Docker's default. */
  context: string | undefined;
  /** Root on Debian or a derivative, so that packages can be installed and services started. */
  mayInstall: boolean;
  /** Which of these commands are on PATH. */
  commands: { docker: boolean; dockerd: boolean; iptables: boolean };
  /** This machine runs systemd. */
  systemd: boolean;
  /** Containers may have CAP_SYS_RESOURCE, which all privileged ones request. */
  sysResource: boolean;
}

export type Plan =
  | { kind: "use" }
  | { kind: "refuse"; why: Fault }
  | { kind: "start"; install: string[]; by: "systemd" | "process"; withoutSysResource: boolean };

/** What to do on such a machine. */
export function planDocker(machine: Machine): Plan {
  if (machine.answers) return { kind: "use" };
  if (machine.dockerHost) {
    return {
      kind: "refuse",
      why: {
        id: "docker-host-dead",
        text: `No Docker daemon answers at DOCKER_HOST=${machine.dockerHost}. Start it there, or unset DOCKER_HOST to use this machine's Docker, and run this again.`,
      },
    };
  }
  if (machine.context !== undefined) {
    return {
      kind: "refuse",
      why: {
        id: "docker-context-dead",
        text: `No Docker daemon answers at ${machine.context}, the address of Docker's current context. Start it there, or use this machine's Docker with \`docker context use default\`, and run this again.`,
      },
    };
  }
  if (!machine.mayInstall) {
    return {
      kind: "refuse",
      why: {
        id: "docker-not-running",
        text: "No Docker daemon answers on this machine. Start Docker (Docker Desktop, or `sudo systemctl start docker`), check that `docker version` works for you, and run this again.",
      },
    };
  }
  const { docker, dockerd, iptables } = machine.commands;
  return {
    kind: "start",
    install: [...(docker && dockerd ? [] : ["docker.io"]), ...(iptables ? [] : ["iptables"])],
    // The service does not use our runtime. If it is needed, we start the daemon ourselves.
    by: machine.systemd && machine.sysResource ? "systemd" : "process",
    withoutSysResource: !machine.sysResource,
  };
}

/** Whether a process on this machine can have a capability at all, by the text of /proc/self/status. */
export function canHave(capability: number, status: string): boolean {
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return bounding === undefined || ((BigInt(`0x${bounding}`) >> BigInt(capability)) & 1n) === 1n;
}

/**
 * Whether a pid file was left by a dead daemon. Daemons only check whether *some* process has that id, and after a
 * reboot another one may.
 * @param nameOf name of the process with that id, undefined if there is none.
 */
export function isStale(pidFile: string, daemon: string, nameOf: (pid: number) => string | undefined): boolean {
  const pid = Number(pidFile.trim());
  return !(pid > 0) || nameOf(pid) !== daemon;
}

/**
 * Makes sure that there is a docker command and a daemon for it. Starts a daemon if possible, otherwise throws one
 * sentence.
 */
export async function ensureDocker(): Promise<void> {
  if (await dockerAnswers()) return;
  await withLock(join(cacheFolder(), "locks", "docker"), announceWait, async () => {
    const machine = await look();
    const plan = planDocker(machine);
    if (plan.kind === "use") return;
    if (plan.kind === "refuse") throw new Failure(plan.why.id, plan.why.text);
    if (plan.install.length > 0) {
      await installDebianPackages(plan.install);
      // The package may have started its service, which does not use our runtime.
      if (plan.withoutSysResource) await run("service", ["docker", "stop"], { allowFailure: true });
      if (await dockerAnswers()) return;
    }
    if (plan.by === "systemd") {
      await step("No Docker daemon answers: starting its service", async () => {
        await run("systemctl", ["start", "docker"]);
        await waitForAnswer(
          () => true,
          () => "Look into `journalctl --unit docker` for the cause, and run this again.",
        );
      });
    } else {
      const runtime = plan.withoutSysResource ? (await buildPrograms(runc))[runc] : undefined;
      await step("No Docker daemon answers: starting one in the background", () => startDaemon(runtime));
    }
  });
}

const sysResource = 24; // of capabilities(7)
/** Our runc, for a machine without that capability. */
const runc = "runc-without-sys-resource";

async function look(): Promise<Machine> {
  const has = async (command: string) =>
    (await run(command, ["--version"], { allowFailure: true, seconds: answerSeconds })).code !== 127;
  const onLinux = process.platform === "linux";
  return {
    answers: await dockerAnswers(),
    dockerHost: process.env.DOCKER_HOST,
    context: await chosenContext(),
    mayInstall: onLinux && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get"),
    commands: { docker: await has("docker"), dockerd: await has("dockerd"), iptables: await has("iptables") },
    systemd: existsSync("/run/systemd/system"),
    sysResource: !onLinux || canHave(sysResource, readFileSync("/proc/self/status", "utf8")),
  };
}

/** Address of a context other than the default one. Older versions have no contexts. */
async function chosenContext(): Promise<string | undefined> {
  const format = "{{.Name}} {{.Endpoints.docker.Host}}";
  const { code, stdout } = await run("docker", ["context", "inspect", "--format", format], {
    allowFailure: true,
    seconds: answerSeconds,
  });
  const [, name = "default", address] = /^(\S+) (\S+)$/m.exec(stdout) ?? [];
  return code !== 0 || name === "default" ? undefined : address;
}

/** Whether there is a docker command, and a daemon answers it. */
export async function dockerAnswers(): Promise<boolean> {
  const { code } = await run("docker", ["version", "--format", "{{.Server.Version}}"], {
    allowFailure: true,
    seconds: answerSeconds,
  });
  return code === 0;
}

async function startDaemon(runtime: string | undefined): Promise<void> {
  const running = await clearLeftovers();
  const folder = join(cacheFolder(), "docker");
  await makePrivateFolder(folder);
  const log = join(folder, "dockerd.log");
  const lastLines = () =>
    `Remove the cause and run this again. The last lines of ${log}:\n${readFileSync(log, "utf8").trim().split("\n").slice(-8).join("\n")}`;
  if (running) {
    // A daemon that was just started, or hangs.
    await waitForAnswer(
      () => true,
      () => "Stop the dockerd process that is running, and run this again.",
    );
    return;
  }
  const own = runtime === undefined ? [] : ["--add-runtime", `own=${runtime}`, "--default-runtime", "own"];
  const output = openSync(log, "a", 0o600);
  // It outlives this process, because clusters stay when a script ends. So it must not use a run's temporary folder.
  // Once that folder is gone, or if its path is too long for a socket, it could start no process in a container.
  const env = environmentFor("dockerd");
  const daemon = spawn("dockerd", own, { detached: true, stdio: ["ignore", output, output], env, cwd: "/" });
  let alive = true;
  daemon.once("error", () => {
    alive = false;
  });
  daemon.once("exit", () => {
    alive = false;
  });
  daemon.unref();
  await writeWhole(join(folder, "dockerd.pid"), `${daemon.pid ?? ""}\n`);
  await waitForAnswer(() => alive, lastLines);
}

/** Process id of a running daemon that one of our runs has started. */
export function ownDaemon(): number | undefined {
  const file = join(cacheFolder(), "docker", "dockerd.pid");
  if (!existsSync(file)) return undefined;
  const pid = readFileSync(file, "utf8");
  return isStale(pid, "dockerd", processName) ? undefined : Number(pid);
}

/** Removes the remains of a killed daemon. Returns whether a daemon is running. */
async function clearLeftovers(): Promise<boolean> {
  let running = false;
  for (const [file, daemon] of [
    ["/var/run/docker.pid", "dockerd"],
    ["/var/run/docker/containerd/containerd.pid", "containerd"],
  ] as const) {
    if (!existsSync(file)) continue;
    if (isStale(readFileSync(file, "utf8"), daemon, processName)) await rm(file, { force: true });
    else if (daemon === "dockerd") running = true;
  }
  return running;
}

/** Name of a process; undefined if there is none, or if it is a zombie. */
function processName(pid: number): string | undefined {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return undefined;
  const status = readFileSync(file, "utf8");
  return /^State:\s*[ZX]/m.test(status) ? undefined : /^Name:\s*(.*)$/m.exec(status)?.[1];
}

/**
 * Waits until a daemon that was started answers.
 * @param alive whether it still runs.
 * @param more what the user is told to do.
 */
export async function waitForAnswer(alive: () => boolean, more: () => string, seconds = 60): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await dockerAnswers())) {
    if (!alive()) throw new Failure("docker-not-started", `The Docker daemon ended right after its start. ${more()}`);
    if (performance.now() > end)
      throw new Failure("docker-silent", `The Docker daemon has not answered for ${seconds} seconds. ${more()}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
