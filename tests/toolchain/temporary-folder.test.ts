import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "ava";
import { withTemporaryFolder } from "../../toolchain/temporary-folder.ts";

test.serial(
  "the folder is for the user alone, and gone with all that is in it, also when the work fails",
  async (t) => {
    let used = "";
    const work = withTemporaryFolder(async (folder) => {
      used = folder;
      t.is(statSync(folder).mode & 0o777, 0o700);
      writeFileSync(join(folder, "kubeconfig1"), "secret");
      throw new Error("interrupted");
    });
    await t.throwsAsync(work, { message: "interrupted" });
    t.not(used, "");
    t.false(existsSync(used));
  },
);

test.serial("the next run removes what a killed run left, but not what a run uses", async (t) => {
  const code = `
    const { withTemporaryFolder } = await import("./toolchain/temporary-folder.ts");
    const { writeFileSync } = await import("node:fs");
    await withTemporaryFolder(async (folder) => {
      writeFileSync(folder + "/kubeconfig1", "secret");
      console.log(folder);
      await new Promise((resolve) => setTimeout(resolve, 1e6));
    });`;
  const start = async () => {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [folder] = await once(child.stdout, "data");
    return { child, folder: String(folder).trim() };
  };
  const [killed, running] = [await start(), await start()];
  t.is(readFileSync(join(killed.folder, "kubeconfig1"), "utf8"), "secret");
  killed.child.kill("SIGKILL");
  await once(killed.child, "exit");
  await withTemporaryFolder(async (folder) => {
    t.deepEqual(readdirSync(folder), []);
    t.false(existsSync(killed.folder));
    t.true(existsSync(join(running.folder, "kubeconfig1")));
  });
  running.child.kill("SIGKILL");
  await once(running.child, "exit");
  await withTemporaryFolder(async (folder) => t.true(existsSync(dirname(folder))));
  t.false(existsSync(running.folder));
});
