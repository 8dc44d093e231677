// The peak memory of a Node program.

/**
 * An option of Node's by which a program tells that on stderr at its end, in MiB. `maxRSS` is what the largest of the programs
 * had that the process was before: the one that started it, too.
 */
export const tellMemory = `--import=data:text/javascript,${encodeURIComponent(`
  import { existsSync, readFileSync } from "node:fs";
  const status = "/proc/self/status";
  process.on("exit", () => {
    const kibibytes = existsSync(status) ? /^VmHWM:\\s+(\\d+)/m.exec(readFileSync(status, "utf8"))[1] : process.resourceUsage().maxRSS;
    console.error("memory:", kibibytes / 1024);
  });
`)}`;

/** What it has told, in MiB. */
export function memoryIn(stderr: string): number {
  return Number(/memory: (\S+)/.exec(stderr)?.[1]);
}
