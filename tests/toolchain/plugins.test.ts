// Where Pulumi finds its plugins, while several commands run at once.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { pluginHome } from "../../toolchain/plugins.ts";
import { pluginVersions } from "../../toolchain/releases.ts";
import { inEnvironment } from "../helpers/in-environment.ts";

/** The scripts' folder of a checkout, and two sets of plugins. */
function checkout(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-plugins-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const sources = (set: string) => {
    const folders = { kubernetes: join(folder, set, "kubernetes"), command: join(folder, set, "command") };
    for (const [plugin, place] of Object.entries(folders)) {
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, `pulumi-resource-${plugin}`), set, { mode: 0o755 });
    }
    return folders;
  };
  return { own: join(folder, "own"), sets: { downloaded: sources("downloaded"), built: sources("built") } };
}

type Checkout = ReturnType<typeof checkout>;

/** Several times: asks for a home, and looks for a while which plugins are missing in it, as an engine would. */
async function ask({ own, sets }: Checkout, set: keyof Checkout["sets"], times: number) {
  const missing = new Set<string>();
  let home = "";
  for (let i = 0; i < times; i++) {
    ({ PULUMI_HOME: home } = await pluginHome(sets[set], own));
    for (let looks = 0; looks < 20; looks++) {
      for (const [plugin, version] of Object.entries(pluginVersions)) {
        const file = join(home, "plugins", `resource-${plugin}-v${version}`, `pulumi-resource-${plugin}`);
        if (!existsSync(file) || readFileSync(file, "utf8") !== set) missing.add(file);
      }
      // Other commands go on.
      await setImmediate();
    }
  }
  return { home, missing: [...missing] };
}

/** Each command says for whom it waits. */
const quietly = <T>(work: () => Promise<T>) => inEnvironment(process.env, work);

test("three commands at once have one home, in which no plugin is ever missing", async (t) => {
  const made = checkout(t);
  const { result: answers } = await quietly(() => Promise.all([1, 2, 3].map(() => ask(made, "downloaded", 10))));
  for (const { home, missing } of answers) {
    t.deepEqual(missing, []);
    t.is(home, answers[0]?.home ?? "");
  }
});

test("a command with other plugins takes none from an engine that is running", async (t) => {
  const made = checkout(t);
  const { result } = await quietly(() =>
    Promise.all([ask(made, "downloaded", 8), ask(made, "built", 8), ask(made, "downloaded", 8)]),
  );
  const [first, second, third] = result;
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
