// Where Pulumi finds its plugins, while several commands run at once: real processes in a checkout of their own.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { runTool } from "../../components/host/run-tool.ts";
import { pluginVersions } from "../../toolchain/releases.ts";

/** A checkout with the sources of the toolchain, and two sets of plugins. */
function checkout(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-plugins-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const part of ["toolchain", "analysis", "components", "package.json"]) {
    cpSync(part, join(folder, part), { recursive: true });
  }
  symlinkSync(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
  const sources = (set: string) => {
    const folders = { kubernetes: join(folder, set, "kubernetes"), command: join(folder, set, "command") };
    for (const [plugin, place] of Object.entries(folders)) {
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, `pulumi-resource-${plugin}`), set, { mode: 0o755 });
    }
    return folders;
  };
  return { folder, sets: { downloaded: sources("downloaded"), built: sources("built") } };
}

type Checkout = ReturnType<typeof checkout>;

/** Asks for a home again and again, and looks each time whether the plugins are there. Prints the home, and what was missing. */
async function ask({ folder, sets }: Checkout, set: keyof Checkout["sets"], times: number) {
  const code = `const { pluginHome } = await import("./toolchain/plugins.ts");
    const { existsSync, readFileSync } = await import("node:fs");
    const missing = new Set();
    let home;
    for (let i = 0; i < ${times}; i++) {
      ({ PULUMI_HOME: home } = await pluginHome(${JSON.stringify(sets[set])}));
      for (const [plugin, version] of Object.entries(${JSON.stringify(pluginVersions)})) {
        const file = home + "/plugins/resource-" + plugin + "-v" + version + "/pulumi-resource-" + plugin;
        if (!existsSync(file) || readFileSync(file, "utf8") !== ${JSON.stringify(set)}) missing.add(file);
      }
    }
    console.log(JSON.stringify({ home, missing: [...missing] }));`;
  const line = ["--input-type=module", "--eval", code];
  const { code: status, stdout, stderr } = await runTool(process.execPath, line, { seconds: 120, cwd: folder });
  if (status !== 0) throw new Error(stderr);
  // What the program above prints.
  return JSON.parse(stdout) as { home: string; missing: string[] };
}

test("three commands at once have one home, in which no plugin is ever missing", async (t) => {
  const made = checkout(t);
  const answers = await Promise.all([1, 2, 3].map(() => ask(made, "downloaded", 20)));
  for (const { home, missing } of answers) {
    t.deepEqual(missing, []);
    t.is(home, answers[0]?.home ?? "");
  }
});

test("a command with other plugins takes none from an engine that is running", async (t) => {
  const made = checkout(t);
  const [first, second, third] = await Promise.all([
    ask(made, "downloaded", 15),
    ask(made, "built", 15),
    ask(made, "downloaded", 15),
  ]);
  for (const { missing } of [first, second, third]) t.deepEqual(missing, []);
  t.is(first.home, third.home);
  t.not(first.home, second.home);
});

test("a home is for the user alone, is left as it is where it is right, and repaired where it is not", async (t) => {
  const made = checkout(t);
  const { home } = await ask(made, "downloaded", 1);
  t.is(statSync(home).mode & 0o777, 0o700);
  const place = join(home, "plugins", `resource-command-v${pluginVersions.command}`);
  const link = join(place, "pulumi-resource-command");
  const { ino, ctimeMs } = statSync(place);
  await ask(made, "downloaded", 1);
  t.deepEqual([statSync(place).ino, statSync(place).ctimeMs], [ino, ctimeMs]);
  rmSync(link);
  symlinkSync("/nowhere", link);
  const repaired = await ask(made, "downloaded", 1);
  t.deepEqual(repaired.missing, []);
  t.is(readlinkSync(link), join(made.sets.downloaded.command, "pulumi-resource-command"));
  t.true(existsSync(link));
});
