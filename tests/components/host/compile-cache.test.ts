// Where plain `pulumi up` and the programs behind Commands keep compiled code, and when they use no cache.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { load } from "js-yaml";
import * as v from "valibot";
import { runTool } from "../../../components/host/run-tool.ts";

const projectSchema = v.object({ runtime: v.object({ options: v.object({ nodeargs: v.string() }) }) });
const { nodeargs } = v.parse(projectSchema, load(readFileSync("Pulumi.yaml", "utf8"))).runtime.options;

/** The folder that Node.js uses if Pulumi starts it here; empty: none. */
async function usedFolder(env: NodeJS.ProcessEnv): Promise<string> {
  const { NODE_COMPILE_CACHE: _, PI_SPEEDUP_CACHE: _c, ...inherited } = process.env;
  const tell = 'process.stdout.write(require("node:module").getCompileCacheDir() ?? "")';
  const { code, stdout, stderr } = await runTool(process.execPath, [nodeargs, "-e", tell], {
    seconds: 60,
    env: { ...inherited, ...env },
  });
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

function folderFor(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("Pulumi's program keeps its compiled code in the user's cache", async (t) => {
  const folder = folderFor(t);
  t.true((await usedFolder({ XDG_CACHE_HOME: folder })).startsWith(join(folder, "pi-speedup", "node")));
});

test("under npm's scripts it stays where they have put it", async (t) => {
  const [folder, theirs] = [folderFor(t), folderFor(t)];
  t.true((await usedFolder({ XDG_CACHE_HOME: folder, NODE_COMPILE_CACHE: theirs })).startsWith(theirs));
  t.false(existsSync(join(folder, "pi-speedup")));
});

test("compiled code that others could have written is not run", async (t) => {
  const folder = folderFor(t);
  const compiled = join(folder, "pi-speedup", "node");
  mkdirSync(compiled, { recursive: true });
  chmodSync(compiled, 0o777);
  t.is(await usedFolder({ XDG_CACHE_HOME: folder }), "");
});

test("without a place for a cache everything is compiled again", async (t) => {
  t.is(await usedFolder({ XDG_CACHE_HOME: "/dev/null" }), "");
});
