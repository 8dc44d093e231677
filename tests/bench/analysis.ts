// Measures how long it takes to interpret a large run: from its records to its figures. Prints a table; exit code 1 if
// the largest takes too long.
import { performance } from "node:perf_hooks";
import { assess } from "../../analysis/assessment.ts";
import { baselineRecord, nodeRecord, timelineOf } from "../helpers/example-records.ts";
import { randomFrom } from "./random.ts";

const sizes = [
  { workers: 3, rounds: 6 },
  { workers: 100, rounds: 100 },
  { workers: 1000, rounds: 30 },
  { workers: 10_000, rounds: 6 },
  { workers: 10, rounds: 10_000 },
  { workers: 1000, rounds: 10_000 },
];
/** Seconds. */
const limit = 60;
/** This many records differ. The memory of ten million rounds is not what is measured. */
const different = 20;

console.log("workers  rounds  seconds");
for (const { workers, rounds } of sizes) {
  const { normal, uniform } = randomFrom(`${workers} ${rounds}`);
  const times = () => Array.from({ length: rounds }, () => 1 + 0.05 * normal());
  const originals = Array.from({ length: Math.min(workers, different) }, () =>
    nodeRecord({ seconds: times(), started: uniform(), warmUp: 0.5, coolDown: 0.5 }),
  );
  const nodes = Array.from({ length: workers }, (_, index) => ({
    ...(originals[index % different] ?? nodeRecord({ seconds: [1] })),
    index,
  }));
  const timeline = timelineOf(nodes.map(({ ended }) => ended + 1));
  const baseline = baselineRecord(times());
  const began = performance.now();
  assess({ nodes, timeline }, baseline);
  const took = (performance.now() - began) / 1000;
  console.log(`${String(workers).padStart(7)} ${String(rounds).padStart(7)} ${took.toFixed(3).padStart(8)}`);
  if (took > limit) {
    console.error(`  longer than ${limit} s`);
    process.exitCode = 1;
  }
}
