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

/** The home of the user's own Pulumi. */
const usersHome = () => process.env.PULUMI_HOME || join(homedir(), ".pulumi");

const placeIn = (home: string, plugin: Plugin) =>
  join(home, "plugins", `resource-${plugin}-v${pluginVersions[plugin]}`);

const plugins: readonly Plugin[] = ["kubernetes", "command"];

/** Whether the user's own Pulumi has both plugins in the versions that the program needs. */
export function usersPlugins(): boolean {
  return (
    process.env.PI_SPEEDUP_TOOLS !== "built" && plugins.every((plugin) => existsSync(placeIn(usersHome(), plugin)))
  );
}

/**
 * A Pulumi home in this checkout that has these plugins, as an environment. The user's login still applies. Other
 * sources get another home, because a running engine may start plugins from its own at any time.
 * @param sources for each plugin the folder with its files.
 * @param own the scripts' folder in the checkout.
 */
export async function pluginHome(
  sources: Record<Plugin, string>,
  own: string = privateFolder,
): Promise<{ PULUMI_HOME: string; PULUMI_CREDENTIALS_PATH: string }> {
  const homes = join(own, "pulumi-home");
  const identity = createHash("sha256").update(plugins.map((plugin) => sources[plugin]).join("\0"));
  const home = join(homes, identity.digest("hex").slice(0, 8));
  for (const folder of [own, homes, home, join(home, "plugins")]) await makePrivateFolder(folder);
  for (const plugin of plugins) await linkPlugin(sources[plugin], placeIn(home, plugin), own);
  return { PULUMI_HOME: home, PULUMI_CREDENTIALS_PATH: process.env.PULUMI_CREDENTIALS_PATH || usersHome() };
}

/**
 * Pulumi does not accept a link for a plugin's folder, but accepts links in it. One run at a time, because a folder
 * without its files looks broken.
 */
function linkPlugin(folder: string, place: string, own: string): Promise<void> {
  return withLock(join(own, "locks", "plugins"), announceWait, () => replaceLinks(folder, place));
}

/** Link by link, each replacing a wrong one atomically, so a right one is never missing. */
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

/** The plugins that Pulumi uses in this environment, by their own version output. */
export async function pluginsIn(env: NodeJS.ProcessEnv): Promise<Record<Plugin, string>> {
  const home = env.PULUMI_HOME || usersHome();
  const told = await Promise.all(
    plugins.map(async (plugin) => {
      const target = await readlink(join(placeIn(home, plugin), `pulumi-resource-${plugin}`)).catch(() => "");
      const built = /\/built-pulumi-resource-[a-z]+-[0-9a-f]+\//.test(target);
      return [plugin, built ? builtNames[plugin] : pluginVersions[plugin]] as const;
    }),
  );
  // One entry per plugin.
  return Object.fromEntries(told) as Record<Plugin, string>;
}

const builtNames: Record<Plugin, string> = {
  kubernetes: "built from its Go module",
  command: `${pluginVersions.command} (pi-speedup's substitute)`,
};
