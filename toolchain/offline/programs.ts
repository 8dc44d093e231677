// Compiles the programs for machines that can only reach package registries. All are in one Go module, so shared code
// is compiled once. Exceptions are the language host, whose last release in a registry is older, and programs that no
// user needs.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as v from "valibot";
import { cachedTogether, type Entry, isCached } from "../cache.ts";
import { projectFolder } from "../paths.ts";
import { runGo } from "./go.ts";
import { sdkRecipe, versionIn, withChangedSdk } from "./pulumi-sdk.ts";

export const offlineFolder: string = join(projectFolder, "toolchain", "offline");

const require = createRequire(import.meta.url);
const commandVersion = v.parse(v.object({ version: v.string() }), require("@pulumi/command/package.json")).version;

interface Recipe {
  /** Import path, or a path in the module. */
  package: string;
  /** Variables of the program that the linker sets. */
  set?: (versionOf: (module: string) => string) => Record<string, string>;
  /** The module's folder below this one. Default: this one. */
  module?: string;
  /** Go's build tags for all of the module. */
  tags?: string;
  /** Compiled without waiting for others, because it takes only seconds, and Docker waits for it. */
  atOnce?: boolean;
}

/** What Kubernetes says that it is. */
function kubernetesVersion(versionOf: (module: string) => string): Record<string, string> {
  const version = versionOf("k8s.io/kubernetes");
  const [, major = "", minor = ""] = /^v(\d+)\.(\d+)\./.exec(version) ?? [];
  const name = (variable: string) => `k8s.io/component-base/version.${variable}`;
  return { [name("gitVersion")]: version, [name("gitMajor")]: major, [name("gitMinor")]: minor };
}

/** Its API server tells clients another copy of that. */
function oldKubernetesVersion(versionOf: (module: string) => string): Record<string, string> {
  const told = Object.entries(kubernetesVersion(versionOf));
  const copies = told.map(([name, value]) => [name.replace("component-base/", "client-go/pkg/"), value]);
  return Object.fromEntries([...told, ...copies]);
}

const recipes = {
  pulumi: {
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    set: (versionOf) => ({
      "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": versionOf("github.com/pulumi/pulumi/pkg/v3"),
    }),
  },
  "pulumi-language-nodejs": {
    package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    module: "language-host",
  },
  "pulumi-resource-kubernetes": { package: "./pulumi-resource-kubernetes" },
  "pulumi-resource-command": {
    package: "./pulumi-resource-command",
    set: () => ({ "main.version": `${commandVersion}+pi-speedup` }),
  },
  k3d: {
    package: "github.com/k3d-io/k3d/v5",
    set: (versionOf) => ({ "github.com/k3d-io/k3d/v5/version.Version": versionOf("github.com/k3d-io/k3d/v5") }),
  },
  kubernetes: { package: "./kubernetes", set: kubernetesVersion },
  pause: { package: "./pause" },
  // Only for a benchmark. Built without the code of the clouds, which is larger than the rest.
  "kubernetes-1.24": { package: ".", module: "kubernetes-1.24", tags: "providerless", set: oldKubernetesVersion },
  kwok: { package: "sigs.k8s.io/kwok/cmd/kwok", module: "kwok" },
  "runc-without-sys-resource": { package: "./runc-without-sys-resource", atOnce: true },
} as const satisfies Record<string, Recipe>;

export type Program = keyof typeof recipes;

/**
 * For all compilers: without data that the linker strips anyway. Functions of Kubernetes' own packages, which only the
 * nodes' image has, are not inlined. That saves a quarter of the time, where speed matters least.
 */
const compilerFlags = [
  "-gcflags=all=-dwarf=false",
  ...["k8s.io/kubernetes/...", "k8s.io/kube-aggregator/...", "go.etcd.io/...", "github.com/google/cadvisor/..."].map(
    (packages) => `-gcflags=${packages}=-dwarf=false -l`,
  ),
];

/** Compiles programs unless they exist, and returns their files. */
export async function buildPrograms<Name extends Program>(...names: Name[]): Promise<Record<Name, string>> {
  const entries = await Promise.all(names.map(entryOf));
  const folders = await cachedTogether(entries, async (targets) => {
    await compile(names, targets);
  });
  const files = names.map((name, i) => [name, join(folders[i] ?? "", name)] as const);
  // One entry for each requested name.
  return Object.fromEntries(files) as Record<Name, string>;
}

/** Whether all of these programs have already been compiled. */
export async function areBuilt(names: readonly Program[]): Promise<boolean> {
  return (await Promise.all(names.map(entryOf))).every(isCached);
}

/** Its recipe is everything that determines the compiler's result. */
async function entryOf(name: Program): Promise<Entry> {
  const recipe: Recipe = recipes[name];
  const module = join(offlineFolder, recipe.module ?? "");
  const own = recipe.package.startsWith(".") ? join(module, recipe.package) : undefined;
  const goFiles = own === undefined ? [] : await sourcesIn(own);
  const files = [
    ...["go.mod", "go.sum"].map((file) => join(module, file)),
    ...goFiles.map((file) => join(own ?? "", file)),
  ];
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  const sources = createHash("sha256").update(texts.join("\0")).digest("hex");
  const changes = isOfPulumi(name) ? await sdkRecipe() : [];
  return {
    name: `built-${name}`,
    recipe: [sources, ...changes, ...compilerFlags, ...tagsOf(recipe), commandVersion, process.platform, process.arch],
  };
}

/** Names of the Go files in a folder that are compiled. */
export async function sourcesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith(".go") && !name.endsWith("_test.go")).sort();
}

/** Whether a program consists of Pulumi's packages. */
function isOfPulumi(name: Program): boolean {
  return name.startsWith("pulumi");
}

/** @param targets a folder for each program to compile, nothing for one that exists. */
async function compile(names: readonly Program[], targets: readonly (string | undefined)[]): Promise<void> {
  const wanted = names.flatMap((name, i) => {
    const folder = targets[i];
    const recipe: Recipe = recipes[name];
    return folder === undefined ? [] : [{ name, folder, recipe }];
  });
  for (const module of new Set(wanted.map(({ recipe }) => recipe.module))) {
    const programs = wanted.filter(({ recipe }) => recipe.module === module);
    const folder = join(offlineFolder, module ?? "");
    const goMod = await readFile(join(folder, "go.mod"), "utf8");
    const [first] = programs;
    if (first === undefined) continue;
    // In a folder that is removed with the remains of a killed run.
    const temporary = join(first.folder, "temporary");
    await mkdir(temporary, { mode: 0o700 });
    const title = `Compiling ${programs.map(({ name }) => name).join(", ")}`;
    const build = (...more: string[]) =>
      runGo(
        title,
        folder,
        [
          ...["build", "-v", ...more, ...compilerFlags, ...tagsOf(first.recipe), "-ldflags=-s -w"],
          ...programs.map(({ recipe }) => linkerFlags(recipe, goMod)),
          ...["-o", `${first.folder}/`, ...programs.map((each) => each.recipe.package)],
        ],
        { atOnce: programs.every(({ recipe }) => recipe.atOnce === true), temporary },
      );
    await (programs.some(({ name }) => isOfPulumi(name)) ? withChangedSdk(folder, build) : build());
    await rm(temporary, { recursive: true, force: true });
    for (const { name, folder } of programs) {
      if (folder !== first.folder) await rename(join(first.folder, name), join(folder, name));
    }
  }
}

function tagsOf({ tags }: Recipe): string[] {
  return tags === undefined ? [] : [`-tags=${tags}`];
}

function linkerFlags({ package: path, set }: Recipe, goMod: string): string {
  const variables = Object.entries(set?.((module) => versionIn(goMod, module)) ?? {}).map(
    ([name, value]) => `-X ${name}=${value}`,
  );
  return `-ldflags=${path}=${["-s -w", ...variables].join(" ")}`;
}
