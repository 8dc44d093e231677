// A real API server with real controllers, whose nodes and pods KWOK simulates: pods run for as long as they are told, and
// nothing computes. Their logs come from a server of ours, where the API server looks for the kubelets.
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { mkdtemp, open, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildPrograms } from "../../toolchain/offline/programs.ts";
import { run } from "../../toolchain/run.ts";
import { freePort } from "../helpers/free-port.ts";
import { podStages } from "./pod-stages.ts";

export interface SimulatedCluster {
  kubeconfig: string;
  /** kubectl with the options for this cluster. */
  kubectlCommand: readonly [string, ...string[]];
  /** Runs kubectl with these arguments. @returns what it prints. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  stop(): Promise<void>;
}

/** The available API servers: the one of the nodes' image, and the oldest supported one. */
export const kubernetesVersions = ["1.34", "1.24"] as const;

/** Names of the nodes' program. The API server may be of another version. */
const names = { api: ["kube-apiserver", "kube-controller-manager", "kube-scheduler"], others: ["etcd", "kubectl"] };

export interface SimulatedClusterArgs {
  /** A container's output, by its pod's name. */
  log: (pod: string) => string;
  /** Seconds for which each pod runs. */
  podSeconds: number;
  /** Version of the API server and its parts. etcd and kubectl come from the nodes' image. */
  version: (typeof kubernetesVersions)[number];
}

/** Milliseconds until the API server must answer. */
const patience = 120_000;

export async function startSimulatedCluster(args: SimulatedClusterArgs): Promise<SimulatedCluster> {
  const { kubernetes, kwok } = await buildPrograms("kubernetes", "kwok");
  const api = args.version === "1.24" ? (await buildPrograms("kubernetes-1.24"))["kubernetes-1.24"] : kubernetes;
  const folder = await mkdtemp(join(tmpdir(), "pi-speedup-simulated-"));
  const program = (name: string) => join(folder, name);
  for (const name of names.api) await symlink(api, program(name));
  for (const name of names.others) await symlink(kubernetes, program(name));
  await symlink(kwok, program("kwok"));
  const running: ChildProcess[] = [];
  let stopping = false;
  const start = async (name: string, ...args: string[]) => {
    const log = join(folder, `${name}.log`);
    const file = await open(log, "w");
    const child = spawn(program(name), args, { stdio: ["ignore", file.fd, file.fd], env: { PATH: "/nowhere" } });
    running.push(child);
    await file.close();
    // Everything would wait for it.
    child.once("exit", () => {
      if (stopping) return;
      console.error(`${name} has ended: ${readFileSync(log, "utf8").slice(-1_000)}`);
      process.exit(1);
    });
  };
  // An interrupted benchmark leaves nothing running, and nothing behind.
  const abandon = () => {
    stopping = true;
    for (const child of running) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", abandon);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
  let kubelet: Server | undefined;
  const stop = async () => {
    stopping = true;
    kubelet?.close();
    kubelet?.closeAllConnections();
    const alive = running.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const ended = alive.map((child) => new Promise((resolve) => child.once("exit", resolve)));
    for (const child of alive.toReversed()) child.kill("SIGKILL");
    await Promise.all(ended);
    process.removeListener("exit", abandon);
    await rm(folder, { recursive: true });
  };
  try {
    const [etcd, peer, secure] = [await freePort(), await freePort(), await freePort()];
    const token = randomBytes(16).toString("hex");
    await writeFile(join(folder, "tokens"), `${token},admin,admin,"system:masters"\n`, { mode: 0o600 });
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    await writeFile(join(folder, "key"), privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
    const etcdUrl = `http://127.0.0.1:${etcd}`;
    const peerUrl = `http://127.0.0.1:${peer}`;
    await start(
      ...(["etcd", `--data-dir=${join(folder, "etcd-data")}`, "--unsafe-no-fsync", "--log-level=warn"] as const),
      ...[`--listen-client-urls=${etcdUrl}`, `--advertise-client-urls=${etcdUrl}`],
      ...[`--listen-peer-urls=${peerUrl}`, `--initial-advertise-peer-urls=${peerUrl}`],
      `--initial-cluster=default=${peerUrl}`,
    );
    await start(
      ...(["kube-apiserver", `--etcd-servers=${etcdUrl}`, "--bind-address=127.0.0.1"] as const),
      ...["--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none", `--secure-port=${secure}`],
      ...["--service-cluster-ip-range=10.43.0.0/16", "--authorization-mode=RBAC", `--cert-dir=${folder}`],
      ...[`--token-auth-file=${join(folder, "tokens")}`, "--kubelet-preferred-address-types=InternalIP"],
      ...[
        "--service-account-issuer=https://kubernetes.default.svc",
        `--service-account-key-file=${join(folder, "key")}`,
      ],
      `--service-account-signing-key-file=${join(folder, "key")}`,
      // No service account controller runs, nor one that takes away what says that a node is new.
      "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
    );
    const certificate = join(folder, "apiserver.crt");
    const kubeconfig = kubeconfigOf(`https://127.0.0.1:${secure}`, token, () => certificate);
    const file = join(folder, "kubeconfig");
    await writeFile(file, kubeconfig, { mode: 0o600 });
    const kubectlCommand = [program("kubectl"), `--kubeconfig=${file}`] as const;
    const [command, option] = kubectlCommand;
    const kubectl = async (args: readonly string[], input = "") =>
      (await run(command, [option, ...args], { input, env: { PATH: "/nowhere", HOME: folder } })).stdout;
    await untilReady(() => kubectl(["get", "--raw", "/readyz"]), folder);
    // What the API server asks for a log trusts any certificate, so its own will do.
    const [cert, key] = await Promise.all(
      ["apiserver.crt", "apiserver.key"].map((name) => readFile(join(folder, name))),
    );
    kubelet = createServer({ ...(cert && { cert }), ...(key && { key }) }, (request, response) => {
      const [, pod] = /^\/containerLogs\/[^/]+\/([^/?]+)\//.exec(request.url ?? "") ?? [];
      response.writeHead(pod === undefined ? 404 : 200, { "content-type": "text/plain" });
      response.end(pod === undefined ? "" : args.log(pod));
    });
    const listening = kubelet;
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
    // An address of a listening TCP server is never a string.
    const { port } = listening.address() as AddressInfo;
    const manager = ["--kube-api-qps=500", "--kube-api-burst=1000", "--leader-elect=false", "--secure-port=0"];
    const controllers = `--controllers=${args.version === "1.24" ? "job" : "job-controller"}`;
    await start("kube-controller-manager", `--kubeconfig=${file}`, controllers, ...manager);
    await start("kube-scheduler", `--kubeconfig=${file}`, ...manager);
    const stages = join(folder, "stages.yaml");
    await writeFile(stages, podStages(args.podSeconds));
    // KWOK would serve the nodes' logs itself, at their port, had its own server no other one.
    await start(
      ...(["kwok", `--kubeconfig=${file}`, "--manage-all-nodes=true", `--config=${stages}`] as const),
      ...["--node-ip=127.0.0.1", `--node-port=${port}`, `--server-address=127.0.0.1:${await freePort()}`],
    );
    return { kubeconfig: await withData(kubeconfig, certificate), kubectlCommand, kubectl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A kubeconfig, as kubectl and our programs read it. @param certificate the authority's file. */
function kubeconfigOf(server: string, token: string, certificate: () => string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "only",
    clusters: [{ name: "c", cluster: { server, "certificate-authority": certificate() } }],
    contexts: [{ name: "only", context: { cluster: "c", user: "u" } }],
    users: [{ name: "u", user: { token } }],
  });
}

/** The same with the certificate in it. */
async function withData(kubeconfig: string, certificate: string): Promise<string> {
  const data = (await readFile(certificate)).toString("base64");
  return kubeconfig.replace(
    JSON.stringify({ "certificate-authority": certificate }).slice(1, -1),
    `"certificate-authority-data":"${data}"`,
  );
}

async function untilReady(ask: () => Promise<unknown>, folder: string): Promise<void> {
  const end = Date.now() + patience;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (Date.now() > end) {
        const words = await readFile(join(folder, "kube-apiserver.log"), "utf8");
        throw new Error(`The API server does not answer: ${words.slice(-2_000)}`, { cause: error });
      }
    }
    await sleep(500);
  }
}
