// Runs many test files in one process. To ava, they are one file. For most files, starting a process and loading the
// modules takes longer than the tests.
import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(import.meta.url);

/** What changes the process, or depends on nobody else changing it. */
const needsOwnProcess = new RegExp(
  [
    /\bprocess\.(?!(arch|cwd|execPath|getuid|pid|platform|versions?)\b)|\btest\.(before|after|serial)\b/,
    // ava wants every test before the next tick.
    /^(const .* = )?await /,
    // Settings of modules.
    /\b(setMocks|registerHooks|patience|timing)\b/,
    /helpers\/(in-environment|mocked-program|programs-within|run-program)\.ts/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "m",
);

/** The test files among those that match whose tests can share a process. */
export function sharing(pattern: string): string[] {
  const files = globSync(pattern, { exclude: ["tests/e2e/**"] });
  return files.filter((file) => !needsOwnProcess.test(readFileSync(file, "utf8"))).sort();
}

/** Declares the tests of all these files. @throws Error when two of them have the same title */
export function runInOneProcess(files: readonly string[]): void {
  for (const file of files) {
    try {
      require(resolve(file));
    } catch (error) {
      // Otherwise, ava says only that the process ended.
      console.error(file, error);
      throw error;
    }
  }
}
