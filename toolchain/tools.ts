// All tools together, as the environment in which Pulumi runs.
import { delimiter } from "node:path";
import { ensureK3d } from "./k3d.ts";
import { ensurePulumi, pluginEnvironment } from "./pulumi.ts";
import { stateEnvironment } from "./state.ts";

/** Gets what is missing and returns the environment in which everything is found. */
export async function prepareTools(): Promise<{ env: NodeJS.ProcessEnv }> {
  const folders = [await ensurePulumi(), await ensureK3d()].filter((each) => each !== undefined);
  const env = {
    ...process.env,
    PATH: [...folders, process.env.PATH ?? ""].join(delimiter),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...(await stateEnvironment()),
    ...(await pluginEnvironment()),
  };
  return { env };
}
