// Runs many test files in one process. To ava, they are one file.
import { globSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(import.meta.url);

/**
 * Declares the tests of all files in `tests/FOLDER`. They must not depend on the process: no hooks, no environment.
 * @throws Error when two of them have the same title
 */
export function runInOneProcess(folder: string): void {
  for (const file of globSync(`tests/${folder}/**/*.test.ts`).sort()) {
    try {
      // In time for ava, which wants every test before the next tick.
      require(resolve(file));
    } catch (error) {
      // Otherwise, ava says only that the process ended.
      console.error(file, error);
      throw error;
    }
  }
}
