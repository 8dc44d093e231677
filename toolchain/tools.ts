// Provides the Pulumi CLI with its Node language host, the two provider plugins, and k3d: existing ones, otherwise
// official downloads. If the downloads can't be reached, they are built from package registries, all in parallel.
import { chmod, link, mkdir, rename, writeFile } from "node:fs/promises";
import { basename, delimiter, dirname, join } from "node:path";
import { readIfExists, writeWhole } from "../components/host/text-file.ts";
import { logLine } from "../components/program/log-line.ts";
import { stateEnvironment } from "./backend.ts";
import { cached, cacheFolder, isCached } from "./cache.ts";
import { download, downloadArchive, Unreachable } from "./download.ts";
import { areBuilt, buildPrograms, type Program } from "./offline/programs.ts";
import { pluginHome, usersPlugins } from "./plugins.ts";
import { pinName, pluginVersions, releaseOf, type Tool } from "./releases.ts";
import { answerSeconds, run } from "./run.ts";
import { isAtLeast, oldest } from "./versions.ts";

/** Programs that replace a download that can't be reached. */
const substitutes: Record<Tool, readonly Program[]> = {
  pulumi: ["pulumi", "pulumi-language-nodejs"],
  k3d: ["k3d"],
  kubernetes: ["pulumi-resource-kubernetes"],
  command: ["pulumi-resource-command"],
};

/**
 * Starts the language host with what Pulumi.yaml says. The CLI sends a project's options with each request, where this
 * older host does not look for them, and so it would load a compiler of TypeScript each time.
 */
const languageHost = `#!/bin/sh
exec "\${0%/*}/programs/pulumi-language-nodejs" -typescript=false "$@"
`;

/** Everything that Pulumi needs, as the environment in which it finds it; k3d only if it is needed. */
export async function prepareTools({ k3d = true } = {}): Promise<{ env: NodeJS.ProcessEnv }> {
  const [ownPulumi, ownK3d] = await Promise.all([isOnPath("pulumi"), !k3d || isOnPath("k3d")]);
  const ownPlugins = usersPlugins();
  const wanted: Tool[] = [
    ...(ownPulumi ? [] : (["pulumi"] as const)),
    ...(ownK3d ? [] : (["k3d"] as const)),
    ...(ownPlugins ? [] : (["kubernetes", "command"] as const)),
  ];
  const tools = await getTools(wanted);
  const { pulumi, k3d: foundK3d, kubernetes, command } = tools;
  const folders = [pulumi, foundK3d].flatMap((folder) => folder ?? []);
  const env = {
    ...process.env,
    PATH: [...folders, process.env.PATH].join(delimiter),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...(await stateEnvironment()),
    ...(kubernetes && command && (await pluginHome({ kubernetes, command }))),
  };
  return { env };
}

/** `PI_SPEEDUP_TOOLS=built` uses built tools even if the downloads are available, so that both can be tested. */
const onlyBuilt = () => process.env.PI_SPEEDUP_TOOLS === "built";

/** The folder of each tool. */
async function getTools(tools: readonly Tool[]): Promise<Partial<Record<Tool, string>>> {
  const askAgain = await isTimeToAsk();
  const fetched = await Promise.all(tools.map(async (tool) => [tool, await fetchTool(tool, askAgain)] as const));
  const unreachable = tools.filter((_, i) => fetched[i]?.[1] === undefined);
  const files: Partial<Record<Program, string>> = await buildPrograms(
    ...unreachable.flatMap((tool) => substitutes[tool]),
  );
  const built = await Promise.all(
    unreachable.map(async (tool) => {
      const programs = substitutes[tool].flatMap((program) => files[program] ?? []);
      return [tool, await oneFolder(tool, programs)] as const;
    }),
  );
  if (unreachable.length > 0) logLine(builtInstead(unreachable));
  const downloaded = fetched.flatMap(([tool, folder]) => (folder === undefined ? [] : [[tool, folder] as const]));
  return Object.fromEntries([...downloaded, ...built]);
}

const names: Record<Tool, string> = {
  pulumi: "Pulumi's CLI",
  k3d: "k3d",
  kubernetes: "Pulumi's Kubernetes plugin",
  command: `pi-speedup's own substitute for Pulumi's Command plugin ${pluginVersions.command}`,
};

/**
 * Printed each time, because a built tool may have another version than the download, and the substitute is another
 * program.
 */
function builtInstead(tools: readonly Tool[]): string {
  const why = onlyBuilt() ? "PI_SPEEDUP_TOOLS=built asks for it" : "the official downloads are out of reach";
  const list = new Intl.ListFormat("en").format(tools.map((tool) => names[tool]));
  return `Used as built on this machine, since ${why}: ${list}.`;
}

/** Milliseconds after which a download is tried again, although a replacement was built. */
const patience = 86_400_000;
const askedFile = () => join(cacheFolder(), "downloads-asked");

/** Whether to try the downloads again. A laptop does not stay forever in the network where they were unreachable. */
async function isTimeToAsk(): Promise<boolean> {
  const asked = Date.parse(await readIfExists(askedFile()));
  // A clock that was set back must not delay it for years.
  return !(Math.abs(Date.now() - asked) < patience);
}

/** Pulumi looks for its language host next to itself, so the programs of one tool are put into one folder. */
async function oneFolder(tool: Tool, programs: readonly string[]): Promise<string> {
  const [first = "", ...others] = programs;
  if (others.length === 0) return dirname(first);
  return cached(`built-${tool}-together`, [...programs, languageHost], async (folder) => {
    await mkdir(join(folder, "programs"));
    for (const program of programs) {
      const name = basename(program);
      const isHost = name === "pulumi-language-nodejs";
      await link(program, join(folder, isHost ? "programs" : "", name));
      if (isHost) await writeFile(join(folder, name), languageHost, { mode: 0o755 });
    }
  });
}

/**
 * The folder of an official download; nothing if it can't be reached.
 * @param askAgain even if a replacement was built.
 */
async function fetchTool(tool: Tool, askAgain: boolean): Promise<string | undefined> {
  const release = releaseOf(tool, { platform: process.platform, architecture: process.arch });
  const entry = { name: `${tool}-${release.version}`, recipe: [pinName(release)] };
  if (onlyBuilt() || (!askAgain && !isCached(entry) && (await areBuilt(substitutes[tool])))) return undefined;
  try {
    return await cached(entry.name, entry.recipe, async (folder) => {
      if (tool === "k3d") {
        await rename(await download(release, folder), join(folder, "k3d"));
        await chmod(join(folder, "k3d"), 0o755);
      } else await downloadArchive(release, folder, tool === "pulumi" ? 1 : 0);
    });
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    logLine(`${error.message}.`);
    await writeWhole(askedFile(), new Date().toISOString());
    return undefined;
  }
}

const versionOutput = { pulumi: /^v(\d+\.\d+\.\d+)/, k3d: /^k3d version v(\d+\.\d+\.\d+)/m } as const;

/** Whether PATH has one that is new enough. */
async function isOnPath(tool: "pulumi" | "k3d", env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const { stdout } = await run(tool, ["version"], {
    allowFailure: true,
    seconds: answerSeconds,
    env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  const found = versionOutput[tool].exec(stdout)?.[1];
  return found !== undefined && isAtLeast(found, oldest[tool]);
}
