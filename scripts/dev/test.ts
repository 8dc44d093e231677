// Everything that can be checked in seconds and without Docker: types, lint and format, then the tests.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const checks: [tool: string, ...args: string[]][] = [
  ["tsc"],
  ["biome", "ci", "--error-on-warnings"],
  ["ava", ...process.argv.slice(2)],
];
// What the tests leave in their temporary folders goes with this one.
const TMPDIR = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
try {
  for (const [tool, ...args] of checks) {
    const { status, error } = spawnSync(tool, args, { stdio: "inherit", env: { ...process.env, TMPDIR } });
    if (error !== undefined) throw error;
    if (status !== 0) {
      process.exitCode = status ?? 1;
      break;
    }
  }
} finally {
  rmSync(TMPDIR, { recursive: true, force: true });
}
