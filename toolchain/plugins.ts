// Where Pulumi finds its provider plugins.
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { withLock } from "../components/host/lock.js";
import { announceWait } from "./cache.ts";
import { privateFolder } from "./paths.ts";
import { pluginVersions } from "./releases.ts";

type Plugin = keyof typeof pluginVersions;

/** Where the user's own Pulumi keeps what is its own. */
const usersHome = () => process.env.PULUMI_HOME || join(homedir(), ".pulumi");

const placeIn = (home: string, plugin: Plugin) =>
  join(home, "plugins", `resource-${plugin}-v${pluginVersions[plugin]}`);

const plugins: readonly Plugin[] = ["kubernetes", "command"];

/** Whether the user's own Pulumi has both plugins in the versions that the program asks for. */
export function usersPlugins(): boolean {
  return (
    process.env.PI_SPEEDUP_TOOLS !== "built" && plugins.every((plugin) => existsSync(placeIn(usersHome(), plugin)))
  );
}

/**
 * A Pulumi home of this checkout that has these plugins, as an environment. The user's login stays in force there. One that
 * is right is left as it is: another run may be using it.
 * @param sources for each plugin the folder that holds its files.
 */
export async function pluginHome(sources: Record<Plugin, string>): Promise<NodeJS.ProcessEnv> {
  const home = join(privateFolder, "pulumi-home");
  for (const plugin of plugins) await linkPlugin(sources[plugin], placeIn(home, plugin));
  return { PULUMI_HOME: home, PULUMI_CREDENTIALS_PATH: process.env.PULUMI_CREDENTIALS_PATH || usersHome() };
}

/** Pulumi takes no link for a plugin's folder, but links in it. One run at a time: each looks before it replaces. */
function linkPlugin(folder: string, place: string): Promise<void> {
  return withLock(join(privateFolder, "locks", "plugins"), announceWait, () => replaceLinks(folder, place));
}

async function replaceLinks(folder: string, place: string): Promise<void> {
  const files = await readdir(folder);
  const targets = await Promise.all(files.map((file) => readlink(join(place, file)).catch(() => undefined)));
  if (files.every((file, i) => targets[i] === join(folder, file))) return;
  const aside = `${place}.${randomUUID()}`;
  await mkdir(aside, { recursive: true, mode: 0o700 });
  for (const file of files) await symlink(join(folder, file), join(aside, file));
  await mkdir(dirname(place), { recursive: true, mode: 0o700 });
  await rm(place, { recursive: true, force: true });
  await rename(aside, place);
}

/** Which plugins Pulumi uses in this environment, as they name themselves. */
export async function pluginsIn(env: NodeJS.ProcessEnv): Promise<Record<Plugin, string>> {
  const home = env.PULUMI_HOME || usersHome();
  const told = await Promise.all(
    plugins.map(async (plugin) => {
      const target = await readlink(join(placeIn(home, plugin), `pulumi-resource-${plugin}`)).catch(() => "");
      const built = /\/built-pulumi-resource-[a-z]+-[0-9a-f]+\//.test(target);
      return [plugin, built ? builtNames[plugin] : pluginVersions[plugin]] as const;
    }),
  );
  // One entry for each plugin.
  return Object.fromEntries(told) as Record<Plugin, string>;
}

const builtNames: Record<Plugin, string> = {
  kubernetes: "built from its Go module",
  command: `${pluginVersions.command} (pi-speedup's substitute)`,
};
