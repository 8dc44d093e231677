// Checks whether each machine had enough memory.
import { atStart } from "../format.ts";
import { type Check, doubtWorst, type MachineFinding, named } from "./finding.ts";

const mebibyte = 2 ** 20;

/** Doubtful if a machine had hardly any memory left, or swapped. */
export const memory: Check = ({ nodes, baseline }) => {
  const findings = named(nodes, baseline).flatMap(({ name, run: { machine } }): MachineFinding[] => {
    const { before, after } = machine;
    const left = Math.min(
      before.memoryAvailable ?? Number.POSITIVE_INFINITY,
      after.memoryAvailable ?? Number.POSITIVE_INFINITY,
    );
    const swapped = (after.swapUsed ?? 0) - (before.swapUsed ?? 0);
    if (left >= 64 * mebibyte && swapped <= 16 * mebibyte) return [];
    const found =
      left < 64 * mebibyte
        ? `had only ${(left / mebibyte).toFixed(0)} MiB of memory left`
        : `swapped out ${(swapped / mebibyte).toFixed(0)} MiB during the run`;
    return [{ name, badness: swapped - left, found: `${atStart(name)} ${found}` }];
  });
  return doubtWorst("short of memory", findings, "Stop other programs there, and measure again.");
};
