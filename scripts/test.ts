// Everything that can be checked in seconds and without Docker: types, lint and format, then the tests.
import { spawnSync } from "node:child_process";

const checks: [tool: string, ...args: string[]][] = [
  ["tsc"],
  ["biome", "ci", "--error-on-warnings"],
  ["ava", ...process.argv.slice(2)],
];
for (const [tool, ...args] of checks) {
  const { status, error } = spawnSync(tool, args, { stdio: "inherit" });
  if (error !== undefined) throw error;
  if (status !== 0) {
    process.exitCode = status ?? 1;
    break;
  }
}
