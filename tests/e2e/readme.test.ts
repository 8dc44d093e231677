// The README as a new user follows it, then the page for those who have Pulumi: a clean clone in another folder, and
// every command that is not marked as untested, word for word and in order.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { prepareMachine } from "../../scripts/stack/machine.ts";
import { projectFolder } from "../../toolchain/paths.ts";
import { type Ended, run } from "../../toolchain/run.ts";
import { prepareTools } from "../../toolchain/tools.ts";
import { commandsOf } from "../helpers/documents.ts";

const folder = mkdtempSync(join(tmpdir(), "pi-speedup-readme-"));
const clone = join(folder, "pi-speedup");
/** Plain Pulumi is for those who have set it up, with a backend of theirs. */
let pulumiUsers: NodeJS.ProcessEnv;

function type(line: string): Promise<Ended> {
  const env = line.startsWith("pulumi ") ? pulumiUsers : process.env;
  return run("sh", ["-c", line], { cwd: clone, env, allowFailure: true });
}

test.serial.before("a clean clone, and a user who has Pulumi", async () => {
  await run("git", ["clone", "--quiet", projectFolder, clone]);
  const backend = join(folder, "backend");
  mkdirSync(backend);
  const { env } = await prepareTools();
  pulumiUsers = { ...env, PULUMI_BACKEND_URL: `file://${backend}`, PULUMI_CONFIG_PASSPHRASE: "the reader's own" };
});
test.serial.after.always("nothing is left, whatever happened", async () => {
  await type("pulumi destroy --yes --skip-preview --stack dev");
  await type("npm run --silent down");
  rmSync(folder, { recursive: true, force: true });
});

for (const [number, { line, tested }] of [
  ...commandsOf("README.md"),
  ...commandsOf("docs/plain-pulumi.md"),
].entries()) {
  if (!tested) continue;
  test.serial(`${number + 1}: \`${line}\` does what it says`, async (t) => {
    const { code, stdout, stderr } = await type(line);
    t.is(code, 0, `${stdout}\n${stderr}`);
    // Pulumi itself writes into the stack file; our scripts never do.
    if (line.startsWith("npm ")) t.is((await run("git", ["status", "--porcelain"], { cwd: clone })).stdout, "");
    if (!line.startsWith("pulumi stack init")) return;
    // Where the default image can't be pulled, the reader names another one, as the page says.
    const settings = (await prepareMachine()).map((each) => each.replace("--config=", ""));
    // What a whole run takes has been seen above.
    for (const setting of [...settings, "pi-speedup:samples=1000000"]) {
      const [key = "", value = ""] = setting.split("=");
      t.is((await run("pulumi", ["config", "set", key, value], { cwd: clone, env: pulumiUsers })).code, 0);
    }
  });
}
