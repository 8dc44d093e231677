// Checks whether all machines did the same work, and got the right result.
import { decimal, whole } from "../format.ts";
import { type Check, doubt, named } from "./finding.ts";

/** Doubtful if the records come from different numbers of processes. */
export const processCounts: Check = ({ nodes, baseline }) => {
  const counts = new Map(named(nodes, baseline).map(({ name, run }) => [run.processes, name]));
  if (counts.size < 2) return [];
  const who = [...counts].map(([count, name]) => `${count} on ${name}`).join(", ");
  return [
    doubt(
      "different numbers of processes",
      `The machines did not use the same number of processes (${who}). Set pi-speedup:processes to a number for which all have enough cores.`,
    ),
  ];
};

/** This many points do not all fall inside, or all outside, by chance: (π/4)^41 is one in 20,000. */
const neverAlike = 41;

/** Doubtful if chance does not explain the value of π. */
export const piOff: Check = ({ metrics: { pi, piDeviation }, timed: { samples } }) => {
  if (piDeviation === null) {
    if (samples < neverAlike) return [];
    const where = pi > 0 ? "inside" : "outside";
    const text = `All ${whole(samples)} points fell ${where} the quarter circle. This cannot be chance. Look for a fault in the program or its random numbers.`;
    return [doubt("π is off", text)];
  }
  return Math.abs(piDeviation) <= 4
    ? []
    : [
        doubt(
          "π is off",
          `The workers' π ≈ ${pi.toFixed(6)} is ${decimal(Math.abs(piDeviation))} standard errors off. By chance, this happens once in 16,000 runs. Look for a fault in the program or its random numbers.`,
        ),
      ];
};
