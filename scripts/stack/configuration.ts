// A copy of the stack's configuration, so that no run changes a tracked file.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readIfExists } from "../../components/host/text-file.ts";
import { privateFolder, projectFolder } from "../../toolchain/paths.ts";

/** A project folder of its own for the copies: `pulumi stack` writes into the stack file of the folder where it runs. */
export const copiesFolder: string = join(privateFolder, "stack");

/**
 * Copies Pulumi.<stack>.yaml to where Pulumi may write into it. The salt of the stack's secrets, which Pulumi wrote there,
 * stays. Returns the copy's path.
 */
export async function copyConfiguration(stack: string): Promise<string> {
  await mkdir(copiesFolder, { recursive: true });
  await writeFile(join(copiesFolder, "Pulumi.yaml"), "name: pi-speedup\nruntime: nodejs\n");
  const file = `Pulumi.${stack}.yaml`;
  const copy = join(copiesFolder, file);
  const [tracked, former] = await Promise.all([readIfExists(join(projectFolder, file)), readIfExists(copy)]);
  const salt = /^encryptionsalt:.*$/m.exec(former)?.[0];
  await writeFile(copy, salt === undefined || /^encryptionsalt:/m.test(tracked) ? tracked : `${salt}\n${tracked}`);
  return copy;
}
