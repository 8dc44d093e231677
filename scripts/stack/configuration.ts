// Copies the stack's configuration, so that no run changes a tracked file.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { makePrivateFolder } from "../../components/host/private-folder.js";
import { readIfExists, writeWhole } from "../../components/host/text-file.ts";
import { privateFolder, projectFolder } from "../../toolchain/paths.ts";

/**
 * A separate project folder for the copies, because `pulumi stack` writes into the stack file of its working folder.
 */
export const copiesFolder: string = join(privateFolder, "stack");

/**
 * Copies Pulumi.<stack>.yaml to where Pulumi may write into it. The salt of the stack's secrets, which Pulumi wrote
 * there, is kept. Returns the path of the copy.
 */
export async function copyConfiguration(stack: string): Promise<string> {
  await makePrivateFolder(privateFolder);
  await makePrivateFolder(copiesFolder);
  await writeWhole(join(copiesFolder, "Pulumi.yaml"), "name: pi-speedup\nruntime: nodejs\n");
  const file = `Pulumi.${stack}.yaml`;
  const copy = join(copiesFolder, file);
  const [tracked, former] = await Promise.all([readIfExists(join(projectFolder, file)), readIfExists(copy)]);
  const salt = /^encryptionsalt:.*$/m.exec(former)?.[0];
  const wanted = salt === undefined || /^encryptionsalt:/m.test(tracked) ? tracked : `${salt}\n${tracked}`;
  // Not written if it is already right, because Pulumi may be writing the salt for another run at this moment.
  if (former !== wanted || !existsSync(copy)) await writeWhole(copy, wanted);
  return copy;
}
