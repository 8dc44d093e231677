// Where Pulumi finds its provider plugins.
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readlink, rename, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { withLock } from "../components/host/lock.js";
import { makePrivateFolder } from "../components/host/private-folder.js";
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
 * A Pulumi home of this checkout that has these plugins, as an environment. The user's login stays in force there. Other
 * sources have another home: an engine that is running starts its plugins from its own one whenever it wants to.
 * @param sources for each plugin the folder that holds its files.
 */
export async function pluginHome(sources: Record<Plugin, string>): Promise<NodeJS.ProcessEnv> {
  const homes = join(privateFolder, "pulumi-home");
  const identity = createHash("sha256").update(plugins.map((plugin) => sources[plugin]).join("\0"));
  const home = join(homes, identity.digest("hex").slice(0, 8));
  for (const folder of [privateFolder, homes, home, join(home, "plugins")]) await makePrivateFolder(folder);
  for (const plugin of plugins) await linkPlugin(sources[plugin], placeIn(home, plugin));
  return { PULUMI_HOME: home, PULUMI_CREDENTIALS_PATH: process.env.PULUMI_CREDENTIALS_PATH || usersHome() };
}

/** Pulumi takes no link for a plugin's folder, but links in it. One run at a time: a folder without its files looks broken. */
function linkPlugin(folder: string, place: string): Promise<void> {
  return withLock(join(privateFolder, "locks", "plugins"), announceWait, () => replaceLinks(folder, place));
}

/** Link by link, each put in place of a wrong one at once: one that is right is never missing. */
async function replaceLinks(folder: string, place: string): Promise<void> {
  await makePrivateFolder(place);
  for (const file of await readdir(folder)) {
    const [target, link] = [join(folder, file), join(place, file)];
    if ((await readlink(link).catch(() => undefined)) === target) continue;
    const aside = `${link}.${randomUUID()}`;
    await symlink(target, aside);
    await rename(aside, link);
  }
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
