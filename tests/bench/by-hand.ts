// The tutorial's procedure as a script would run it: kubectl's delete, apply, wait and logs, then the arithmetic.
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../toolchain/run.ts";

/** The tutorial's program, word for word. */
export const tutorial = `import time, random
def monte_carlo_pi(n):
    inside = 0
    for _ in range(n):
        x, y = random.random(), random.random()
        if x*x + y*y <= 1:
            inside += 1
    return (inside / n) * 4
n = 10_000_000
t0 = time.time()
pi_est = monte_carlo_pi(n)
dt = time.time() - t0
print(f"Node {__import__('socket').gethostname()}: π ≈ {pi_est:.6f}, Time: {dt:.2f}s")
`;

const namespace = "by-hand";
const job = "pi-calculation-job";

export interface ByHand {
  /** Image and arguments of the container of the stack's own Job. */
  container: { image: string; args: string[] };
  /** The tutorial's Job with another program in it; returns the path of its manifest. */
  manifest(file: string, args: readonly string[]): string;
  /** One whole measurement; returns what the tutorial's script prints. */
  measure(manifest: string, tSingle: number): Promise<string>;
}

/** Copies kubectl and a kubeconfig from its server's container, and creates a namespace next to the stack's. */
export async function byHand(server: string, kubeconfig: string, folder: string): Promise<ByHand> {
  const program = join(folder, "kubectl");
  const where = await run("docker", ["exec", server, "sh", "-c", 'readlink -f "$(command -v kubectl)"']);
  await run("docker", ["cp", `${server}:${where.stdout.trim()}`, program]);
  chmodSync(program, 0o755);
  const config = join(folder, "kubeconfig");
  writeFileSync(config, kubeconfig, { mode: 0o600 });
  const kubectl = async (...args: string[]) => (await run(program, ["--kubeconfig", config, ...args])).stdout;

  const containers = "jsonpath={.spec.template.spec.containers[0]";
  const ofJob = (field: string) =>
    kubectl("get", "job", "--namespace=pi-workload", job, `--output=${containers}.${field}}`);
  const [image, args] = [await ofJob("image"), await ofJob("args")];
  await kubectl("create", "namespace", namespace);
  const parallelism = (await kubectl("get", "nodes", "--selector=role=worker", "--output=name"))
    .trim()
    .split("\n").length;

  return {
    container: { image, args: JSON.parse(args) as string[] },
    manifest(file, args) {
      const container = { name: "pi-calculator", image, command: ["python3", "-c"], args };
      const spec = { nodeSelector: { role: "worker" }, restartPolicy: "Never", containers: [container] };
      const target = join(folder, file);
      const whole = {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name: job, namespace },
        spec: { completions: parallelism, parallelism, template: { spec } },
      };
      writeFileSync(target, JSON.stringify(whole));
      return target;
    },
    async measure(manifest, tSingle) {
      await kubectl("delete", "job", job, `--namespace=${namespace}`, "--ignore-not-found");
      await kubectl("apply", `--filename=${manifest}`);
      await kubectl("wait", "--for=condition=complete", `job/${job}`, `--namespace=${namespace}`, "--timeout=300s");
      const logs = await kubectl("logs", `--namespace=${namespace}`, `--selector=job-name=${job}`);
      const times = [...logs.matchAll(/Time: ([0-9.]+)s/g)].map(([, seconds]) => Number(seconds));
      if (times.length !== parallelism) throw new Error(`${times.length} of ${parallelism} times in: ${logs}`);
      const tParallel = times.reduce((sum, each) => sum + each, 0) / times.length;
      return `T_P ${tParallel}, speed-up ${tSingle / tParallel}, N·T_P/T_S ${(times.length * tParallel) / tSingle}`;
    },
  };
}
