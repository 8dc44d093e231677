// Changes Pulumi's own SDK where its programs are compiled here. They call each other on local ports, without
// credentials. Our builds answer only their own user: files of own-user/ are added to the package that opens these
// ports, and one of its lines calls them.

import { copyFile, cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "../../analysis/failure.js";
import { writeWhole } from "../../components/host/text-file.ts";
import { cached } from "../cache.ts";
import { moduleFolder, runGo } from "./go.ts";

const additions = fileURLToPath(new URL("own-user", import.meta.url));
const sdk = "github.com/pulumi/pulumi/sdk/v3";
const portsPackage = "go/common/util/rpcutil";
const serves = "srv.Serve(lis)";
const servesOwnUser = "srv.Serve(onlyOwnUser(lis))";

async function addedFiles(): Promise<string[]> {
  return (await readdir(additions)).filter((name) => name.endsWith(".go") && !name.endsWith("_test.go")).sort();
}

/** Everything that determines how Pulumi's SDK is changed. */
export async function sdkRecipe(): Promise<string[]> {
  const texts = (await addedFiles()).map((name) => readFile(join(additions, name), "utf8"));
  return [portsPackage, serves, servesOwnUser, ...(await Promise.all(texts))];
}

/**
 * The changed source that answers on a port.
 * @throws Error unless it does so in exactly one place.
 */
export function guardPort(source: string): string {
  const parts = source.split(serves);
  if (parts.length === 2) return parts.join(servesOwnUser);
  throw new Failure(
    "sdk-changed",
    `Pulumi's source ${sdk}/${portsPackage}/serve.go answers in ${parts.length - 1} places instead of 1, so the programs built from it could not be kept from other users. Restore the version in toolchain/offline/go.mod, or adapt toolchain/offline/pulumi-sdk.ts to the new source.`,
  );
}

/** The version of a module in a go.mod. @throws Error if it has none. */
export function versionIn(goMod: string, name: string): string {
  const version = new RegExp(`^\\s*${name.replaceAll(".", "\\.")} (v\\S+)`, "m").exec(goMod)?.[1];
  if (version === undefined)
    throw new Failure("go-mod-changed", `toolchain/offline/go.mod names no version of ${name}. Restore that file.`);
  return version;
}

/**
 * Compiles with a go.mod like that of `folder`, but with a changed copy of Pulumi's SDK. Go has verified the original
 * with go.sum.
 * @param work gets the argument for Go.
 */
export async function withChangedSdk<T>(folder: string, work: (argument: string) => Promise<T>): Promise<T> {
  const texts = await Promise.all(["go.mod", "go.sum"].map((name) => readFile(join(folder, name), "utf8")));
  const [goMod = "", goSum = ""] = texts;
  const version = versionIn(goMod, sdk);
  const place = await cached("pulumi-sdk", [...texts, ...(await sdkRecipe())], async (made) => {
    await runGo("Fetching Pulumi's Go SDK", folder, ["mod", "download", sdk], { atOnce: true });
    await cp(join(moduleFolder(), `${sdk}@${version}`), made, { recursive: true });
    const serve = join(made, portsPackage, "serve.go");
    await writeWhole(serve, guardPort(await readFile(serve, "utf8")));
    for (const name of await addedFiles()) {
      await copyFile(join(additions, name), join(made, portsPackage, `own_user_${name}`));
    }
  });
  // A go.mod needs the full path of a replacement.
  const ownModule = await cached("pulumi-sdk-module", [...texts, place], async (made) => {
    await writeWhole(join(made, "go.mod"), `${goMod}\nreplace ${sdk} => ${JSON.stringify(place)}\n`);
    await writeWhole(join(made, "go.sum"), goSum);
  });
  return work(`-modfile=${join(ownModule, "go.mod")}`);
}
