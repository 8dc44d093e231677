// How often the 95 % intervals hold the true figure, and how wide they are, by simulation. Prints a table; exit code 1 when
// a coverage is below 94 %. The number of runs per setting may be given: `node tests/bench/coverage.ts 200`.
import {
  figures,
  noiseNames,
  requiredCoverage,
  roundCounts,
  shapeNames,
  simulate,
  workerCounts,
} from "./simulation.ts";

const runs = Number(process.argv[2] ?? 1500);
if (!Number.isInteger(runs) || runs < 100) {
  console.error(`number of runs: found "${process.argv[2]}", expected a whole number of at least 100`);
  process.exit(2);
}

const required = requiredCoverage(runs);
const percent = (share: number) => (100 * share).toFixed(1);
const broken: string[] = [];

console.log(`${runs} runs each: coverage in % / mean width in % of the true figure\n`);
console.log(["  N rounds times      workers ", ...figures.map((figure) => figure.padStart(17))].join(" "));
for (const workers of workerCounts) {
  for (const rounds of roundCounts) {
    for (const noise of noiseNames) {
      for (const shape of shapeNames) {
        const outcome = simulate({ workers, rounds, noise, shape }, runs);
        const label = `${String(workers).padStart(3)} ${String(rounds).padStart(6)} ${noise.padEnd(10)} ${shape.padEnd(8)}`;
        const cells = figures.map((figure) => {
          const { coverage, width } = outcome[figure];
          const low = coverage < required;
          if (low) broken.push(`${label.trim()} ${figure}: ${percent(coverage)} %`);
          return `${low ? "!" : ""}${percent(coverage)} / ${percent(width).padStart(5)}`.padStart(17);
        });
        console.log([label, ...cells].join(" "));
      }
    }
  }
}

if (broken.length > 0) {
  console.error(`\ncoverage below ${percent(required)} %:\n${broken.join("\n")}`);
  process.exitCode = 1;
}
