// The peak memory of a Node program.

/**
 * An option of Node.js, with which a program prints its peak memory in MiB on stderr at its end. `maxRSS` is not used on
 * Linux, because it includes the program that started this one.
 */
export const tellMemory = `--import=data:text/javascript,${encodeURIComponent(`
  import { existsSync, readFileSync } from "node:fs";
  const status = "/proc/self/status";
  process.on("exit", () => {
    const kibibytes = existsSync(status) ? /^VmHWM:\\s+(\\d+)/m.exec(readFileSync(status, "utf8"))[1] : process.resourceUsage().maxRSS;
    console.error("memory:", kibibytes / 1024);
  });
`)}`;

/** The printed value, in MiB. */
export function memoryIn(stderr: string): number {
  return Number(/memory: (\S+)/.exec(stderr)?.[1]);
}
