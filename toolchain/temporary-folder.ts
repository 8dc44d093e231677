// A folder for the temporary files of one run of a script. Pulumi's official Kubernetes plugin writes its kubeconfig
// into the temporary folder at every start and leaves it there, with the key of the cluster's administrator.
import { randomUUID } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isHeld, withLock } from "../components/host/lock.js";
import { makePrivateFolder } from "../components/host/private-folder.js";
import { privateFolder } from "./paths.ts";

const folders = join(privateFolder, "tmp");
const lockOf = (name: string) => join(privateFolder, "locks", `tmp-${name}`);

/**
 * Runs `work` with a folder that only the user can read, and deletes it afterwards. First deletes what a killed run has
 * left.
 */
export async function withTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const name = randomUUID().slice(0, 8);
  const folder = join(folders, name);
  // Held as long as the folder is used, so that other runs know.
  return withLock(
    lockOf(name),
    () => {},
    async () => {
      await makePrivateFolder(folders);
      await removeAbandoned();
      await makePrivateFolder(folder);
      try {
        return await work(folder);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
}

async function removeAbandoned(): Promise<void> {
  const locks = (await readdir(dirname(lockOf("")))).flatMap((lock) => /^tmp-([0-9a-f]{8})$/.exec(lock)?.[1] ?? []);
  for (const name of new Set([...(await readdir(folders)), ...locks])) {
    if (await isHeld(lockOf(name))) continue;
    await rm(join(folders, name), { recursive: true, force: true });
    await rm(lockOf(name), { force: true });
  }
}
