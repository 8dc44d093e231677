// All tools together, as the environment in which Pulumi runs.
import { delimiter } from "node:path";
import { ensureK3d } from "./k3d.ts";
import { ensurePulumi, pluginEnvironment } from "./pulumi.ts";
import { stateEnvironment } from "./state.ts";

/** Gets what is missing and returns the environment in which everything is found; k3d only where it is wanted. */
export async function prepareTools({ k3d = true } = {}): Promise<{ env: NodeJS.ProcessEnv }> {
  const env = {
    ...process.env,
    PATH: pathWith(await ensurePulumi(), process.env.PATH),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...(await stateEnvironment()),
    ...(await pluginEnvironment()),
  };
  if (k3d) await addK3d(env);
  return { env };
}

/** Adds k3d to an environment. */
export async function addK3d(env: NodeJS.ProcessEnv): Promise<void> {
  env.PATH = pathWith(await ensureK3d(), env.PATH);
}

function pathWith(folder: string | undefined, path = ""): string {
  return folder === undefined ? path : [folder, path].join(delimiter);
}
