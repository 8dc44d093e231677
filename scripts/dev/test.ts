// Runs all checks that take seconds and need no Docker: types, lint, format and spelling, then the tests.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { onTerminal, runTool } from "../../components/host/run-tool.ts";

type Command = [tool: string, ...args: string[]];

/** What they keep makes the next run faster. */
const caches = "node_modules/.cache";
const checks: Command[] = [
  // TypeScript 7. Were its package installed as `typescript`, Pulumi would load it, which needs an older one.
  ["tsc", "--incremental", "--tsBuildInfoFile", `${caches}/tsc.json`],
  // Without this, it colours each character of what it writes to a file or to another program.
  ["biome", "ci", "--error-on-warnings", ...(process.stdout.isTTY ? [] : ["--colors=off"])],
  [
    "cspell",
    "--config",
    "scripts/dev/spelling.json",
    "--cache",
    `--cache-location=${caches}/cspell`,
    "--no-progress",
    "--quiet",
  ],
];
const named = process.argv.slice(2);
const tests: Command = [
  "ava",
  ...(named.length === 0 ? ["--config=tests/ava.config.js"] : named),
  // Many tests wait for something, so more of them than there are cores run side by side.
  `--concurrency=${2 * availableParallelism()}`,
];

async function run([tool, ...args]: Command, env = process.env): Promise<number> {
  const { code } = await runTool(tool, args, { ...onTerminal, env });
  return code;
}

/** Runs the tests with a temporary folder of their own, and deletes what they leave there. */
async function runTests(): Promise<number> {
  const TMPDIR = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  try {
    // Some tests run programs as another user, who must find what is in there. Only names that they know: nobody can list it.
    chmodSync(TMPDIR, 0o711);
    return await run(tests, { ...process.env, TMPDIR });
  } finally {
    rmSync(TMPDIR, { recursive: true, force: true });
  }
}

// Each of these prints all it has to say at its end.
const codes = await Promise.all(checks.map((check) => run(check)));
const code = codes.find((each) => each !== 0) ?? (await runTests());
process.exitCode = code < 0 ? 1 : code;
