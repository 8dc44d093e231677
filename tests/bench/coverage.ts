// How often the 95 % intervals contain the true figure, and how wide they are, by simulation. Prints tables; exit code
// 1 if a required coverage is below 93.5 % by more than the Monte Carlo error. For a quick look, use a share of the
// runs: `node tests/bench/coverage.ts 0.1`.
import { type Fared, figures, isBroken, required, type Setting, type Shape, simulate } from "./simulation.ts";

const share = Number(process.argv[2] ?? 1);
if (!(share > 0 && share <= 1)) {
  console.error(`share of the runs: found "${process.argv[2]}", expected a number above 0 and at most 1`);
  process.exit(2);
}

/** Full runs by the number of workers: fewer where each takes longer. */
const fullRuns: Record<number, number> = { 1: 5000, 3: 5000, 20: 2500, 100: 1000, 1000: 400 };
const roundCounts = [6, 10, 30];
const independent: Shape[] = ["normal", "log-normal", "two-level"];

const percent = (value: number) => (Number.isFinite(value) ? (100 * value).toFixed(1) : "–");
const headings = ["T_S", "T_P", "T_max", "S", "end to end", "fixed size", "break-even"];
const broken: string[] = [];

function table(title: string, settings: Setting[], isRequired: boolean): void {
  console.log(`\n${title}`);
  console.log(`   N rounds times      workers  runs  ± given ${headings.map((each) => each.padStart(12)).join("")}`);
  for (const setting of settings) {
    const runs = Math.max(50, Math.round(share * (fullRuns[setting.workers] ?? 1000)));
    const outcome = simulate(setting, runs);
    const label = [
      String(setting.workers).padStart(4),
      String(setting.rounds).padStart(6),
      setting.shape.padEnd(10),
      setting.speeds.padEnd(7),
    ].join(" ");
    const cell = (fared: Fared) => {
      // A few intervals say nothing about their coverage.
      if (fared.given * runs < 20) return "–".padStart(12);
      const mark = isRequired && isBroken(fared) ? "!" : "";
      return `${mark}${percent(fared.coverage)}/${percent(fared.halfWidth)}`.padStart(12);
    };
    const { error, given } = outcome.tSlowest;
    const about = `${String(runs).padStart(5)} ${percent(error).padStart(4)} ${percent(given).padStart(5)}`;
    console.log(`${label} ${about} ${figures.map((figure) => cell(outcome[figure])).join("")}`);
    if (!isRequired) continue;
    for (const figure of figures) {
      if (!isBroken(outcome[figure])) continue;
      broken.push(
        `${label.trim()} ${figure}: ${percent(outcome[figure].coverage)} ± ${percent(outcome[figure].error)} %`,
      );
    }
  }
}

const settingsOf = (workers: number[], shapes: Shape[], speeds: Setting["speeds"][]): Setting[] =>
  workers.flatMap((count) =>
    shapes.flatMap((shape) =>
      speeds
        // One worker has none to differ from.
        .filter((each) => count > 1 || each === "equal")
        .flatMap((each) => roundCounts.map((rounds) => ({ workers: count, rounds, shape, speeds: each }))),
    ),
  );

console.log(
  "Each figure: how many of the intervals hold the true value / their mean half-width in % of it, all in %.\n" +
    "±: Monte Carlo error of the coverage (two standard errors); given: runs in which the workers have an interval.",
);
table(
  `Independent rounds: ${percent(required)} % required`,
  settingsOf([1, 3, 20, 100, 1000], independent, ["equal", "unequal"]),
  true,
);
table(
  `Three pods that share two cores: ${percent(required)} % required`,
  settingsOf([3], ["normal", "log-normal"], ["shared"]),
  true,
);
table(
  "Shown, not required: the mean of what was not seen can't be bounded, and rounds that follow each other say less than they seem to",
  settingsOf([3, 20], ["outliers", "step", "AR(1) 0.3", "AR(1) 0.5", "AR(1) 0.7"], ["equal"]),
  false,
);

if (broken.length > 0) {
  console.error(`\ncoverage below ${percent(required)} % by more than the error:\n${broken.join("\n")}`);
  process.exitCode = 1;
}
