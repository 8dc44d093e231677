// A small cluster on this machine that the stack under test did not create.
import * as v from "valibot";
import { createCluster } from "../../components/cluster/embedded/contracts.ts";
import { agentNodes, clusterNameFor, serverNode } from "../../components/cluster/embedded/names.ts";
import { nodeImage } from "../../components/cluster/embedded/node-image.ts";
import { ensurePythonImage } from "../../toolchain/offline/images.ts";
import { run } from "../../toolchain/run.ts";
import { prepareTools } from "../../toolchain/tools.ts";
import { stack } from "./stack.ts";

export interface ForeignCluster {
  /** Its administrator's kubeconfig. */
  kubeconfig: string;
  server: string;
  agents: string[];
  /** An image with Python that its nodes have. */
  image: string;
  kubectl(...args: string[]): Promise<string>;
  /** kubectl with something on its stdin. */
  apply(manifest: string): Promise<string>;
  remove(): Promise<void>;
}

/** Makes the only one of this test file, with two agents, by the program that makes the embedded one. */
export async function foreignCluster(): Promise<ForeignCluster> {
  const owner = `foreign-${stack}`;
  const name = clusterNameFor(owner, process.cwd());
  const { env } = await prepareTools();
  const image = await ensurePythonImage("python:3.9-slim");
  const settings = { name, stack: owner, agents: 2, nodeImage };
  const k3d = (action: string) => piped("node", ["components/program/main.ts", `${action}-cluster`], settings, env);
  // A killed run may have left a cluster that is in no state.
  await k3d("delete");
  const kubeconfig = v.parse(createCluster.result, JSON.parse(await k3d("create")));
  const server = serverNode(name);
  const agents = agentNodes(name, settings.agents);
  await piped(
    "node",
    ["components/program/main.ts", "load-image"],
    { image, server, workers: [server, ...agents] },
    env,
  );
  return {
    kubeconfig,
    server,
    agents,
    image,
    kubectl: (...args) => piped("docker", ["exec", server, "kubectl", ...args], "", env),
    apply: (manifest) =>
      piped("docker", ["exec", "--interactive", server, "kubectl", "apply", "-f", "-"], manifest, env),
    remove: async () => {
      await k3d("delete");
    },
  };
}

/** Runs a program with the PATH at the cluster's creation and with this input. Returns its output. */
async function piped(
  program: string,
  args: readonly string[],
  input: object | string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const { stdout } = await run(program, args, {
    env,
    input: typeof input === "string" ? input : JSON.stringify(input),
  });
  return stdout;
}
