// The Pulumi CLI with its Node language host, and the two provider plugins.
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { cachedOrBuilt } from "./cache.ts";
import { downloadArchive } from "./download.ts";
import { goBuild } from "./go.ts";
import { run } from "./run.ts";
import { privateFolder, projectFolder } from "./state.ts";
import { isAtLeast, oldest, versions } from "./versions.ts";

/** Folder with the CLI to put on PATH; undefined when PATH already has one that fits. */
export async function ensurePulumi(): Promise<string | undefined> {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  const { stdout } = await run("pulumi", ["version"], { allowFailure: true, env });
  const found = /^v(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  if (found !== undefined && isAtLeast(found, oldest.pulumi)) return undefined;
  const version = `v${versions.pulumi}`;
  const release = {
    repository: "pulumi/pulumi",
    version,
    file: `pulumi-${version}-${process.platform}-${process.arch}.tar.gz`,
    checksums: `pulumi-${versions.pulumi}-checksums.txt`,
  };
  const sources = join(projectFolder, "toolchain", "go-tools");
  const names = ["pulumi", "pulumi-language-nodejs"];
  const locks = await Promise.all(names.map((each) => readFile(join(sources, each, "go.sum"), "utf8")));
  return cachedOrBuilt(
    `pulumi-${versions.pulumi}`,
    locks,
    (folder) => downloadArchive(release, folder, 1),
    async (folder) => {
      await goBuild({
        folder: join(sources, "pulumi"),
        package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        output: join(folder, "pulumi"),
        ldflags: [`-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`],
      });
      await goBuild({
        folder: join(sources, "pulumi-language-nodejs"),
        package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
        output: join(folder, "pulumi-language-nodejs"),
      });
    },
  );
}

const require = createRequire(import.meta.url);
const packageSchema = v.object({ version: v.string() });
const plugins = ["kubernetes", "command"].map((name) => ({
  name,
  version: v.parse(packageSchema, require(`@pulumi/${name}/package.json`)).version,
}));

/** `PI_SPEEDUP_PLUGINS=stand-ins` uses them even where the official plugins are at hand, so that both can be tried. */
const standInsOnly = () => process.env.PI_SPEEDUP_PLUGINS === "stand-ins";

/**
 * The environment in which Pulumi finds its plugins: nothing when the user's own Pulumi has the official ones, else a
 * Pulumi home of this checkout, with the official ones where they can be downloaded, else with our stand-ins. The
 * user's login stays in force there.
 */
export async function pluginEnvironment(): Promise<NodeJS.ProcessEnv> {
  const users = process.env.PULUMI_HOME || join(homedir(), ".pulumi");
  const there = plugins.every(({ name, version }) =>
    existsSync(join(users, "plugins", `resource-${name}-v${version}`)),
  );
  if (there && !standInsOnly()) return {};
  const home = join(privateFolder, standInsOnly() ? "stand-ins" : "pulumi-home");
  for (const { name, version } of plugins) {
    const place = join(home, "plugins", `resource-${name}-v${version}`);
    await rm(place, { recursive: true, force: true });
    await mkdir(place, { recursive: true });
    if (standInsOnly()) await writeStandIn(name, place);
    else {
      const plugin = await officialOrStandIn(name, version);
      // Pulumi takes no link for a plugin's folder, but links in it.
      for (const file of await readdir(plugin)) await symlink(join(plugin, file), join(place, file));
    }
  }
  return { PULUMI_HOME: home, PULUMI_CREDENTIALS_PATH: process.env.PULUMI_CREDENTIALS_PATH || users };
}

/** Whether the plugins that Pulumi would use in this environment are the official ones. */
export function pluginsAreOfficial(env: NodeJS.ProcessEnv): boolean {
  const home = env.PULUMI_HOME || join(homedir(), ".pulumi");
  return plugins.every(({ name, version }) => {
    const file = join(home, "plugins", `resource-${name}-v${version}`, `pulumi-resource-${name}`);
    // A stand-in is a script.
    return existsSync(file) && !readFileSync(file).subarray(0, 2).equals(Buffer.from("#!"));
  });
}

function officialOrStandIn(name: string, version: string): Promise<string> {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const release = {
    repository: `pulumi/pulumi-${name}`,
    version: `v${version}`,
    file: `pulumi-resource-${name}-v${version}-${process.platform}-${architecture}.tar.gz`,
    checksums: `pulumi-${name}_${version}_checksums.txt`,
  };
  return cachedOrBuilt(
    `plugin-${name}-${version}`,
    [standIn(name)],
    (folder) => downloadArchive(release, folder, 0),
    async (folder) => {
      await writeStandIn(name, folder);
      console.error(`The ${name} plugin can't be downloaded here: a stand-in of this project takes its place.`);
    },
  );
}

/** A few lines that load this checkout's own sources. */
function standIn(name: string): string {
  const source = join(projectFolder, "toolchain", "standins", `${name}.ts`);
  return `#!/usr/bin/env node\nimport(${JSON.stringify(source)});\n`;
}

async function writeStandIn(name: string, folder: string): Promise<void> {
  const file = join(folder, `pulumi-resource-${name}`);
  await writeFile(file, standIn(name));
  await chmod(file, 0o755);
}
