// The Pulumi CLI with its Node language host, and the two provider plugins.
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { cached } from "./cache.ts";
import { goBuild } from "./go.ts";
import { run } from "./run.ts";
import { privateFolder, projectFolder } from "./state.ts";
import { isAtLeast, versions } from "./versions.ts";

/** Oldest CLI that has all options that the scripts use. */
const oldest = "3.200.0";

/** Folder with the CLI to put on PATH; undefined when PATH already has one that fits. */
export async function ensurePulumi(): Promise<string | undefined> {
  const { stdout } = await run("pulumi", ["version"], {
    allowFailure: true,
    env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  const found = /^v(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  if (found !== undefined && isAtLeast(found, oldest)) return undefined;
  const sources = join(projectFolder, "toolchain", "go-tools");
  const locks = await Promise.all(
    ["pulumi", "pulumi-language-nodejs"].map((each) => readFile(join(sources, each, "go.sum"), "utf8")),
  );
  return cached(`pulumi-${versions.pulumi}`, locks, async (folder) => {
    await goBuild({
      folder: join(sources, "pulumi"),
      package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
      output: join(folder, "pulumi"),
      ldflags: [`-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${versions.pulumi}`],
    });
    await goBuild({
      folder: join(sources, "pulumi-language-nodejs"),
      package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
      output: join(folder, "pulumi-language-nodejs"),
    });
  });
}

const require = createRequire(import.meta.url);
const packageSchema = v.object({ version: v.string() });
const plugins = ["kubernetes", "command"].map((name) => ({
  name,
  version: v.parse(packageSchema, require(`@pulumi/${name}/package.json`)).version,
}));

/**
 * The environment in which Pulumi finds its plugins: nothing when the user's own Pulumi has the official ones,
 * else a Pulumi home of this checkout with our stand-ins. The user's login stays in force there.
 */
export async function pluginEnvironment(): Promise<NodeJS.ProcessEnv> {
  const users = process.env.PULUMI_HOME || join(homedir(), ".pulumi");
  if (plugins.every(({ name, version }) => existsSync(join(users, "plugins", `resource-${name}-v${version}`))))
    return {};
  const home = join(privateFolder, "pulumi-home");
  for (const { name, version } of plugins)
    await installStandIn(join(home, "plugins", `resource-${name}-v${version}`), name);
  return { PULUMI_HOME: home, PULUMI_CREDENTIALS_PATH: process.env.PULUMI_CREDENTIALS_PATH || users };
}

async function installStandIn(folder: string, name: string): Promise<void> {
  const file = join(folder, `pulumi-resource-${name}`);
  const source = join(projectFolder, "toolchain", "standins", `${name}.ts`);
  const text = `#!/usr/bin/env node\nimport(${JSON.stringify(source)});\n`;
  if (existsSync(file) && (await readFile(file, "utf8")) === text) return;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(file, text);
  await chmod(file, 0o755);
}
