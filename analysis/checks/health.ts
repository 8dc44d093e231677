// Checks the boards' supply voltage, heat and clock limits, sampled every two seconds while the program ran.
import { atStart, decimal, plural, shortList, wholePercent } from "../format.ts";
import type { Run } from "../records.ts";
import { growth } from "../step.ts";
import { isNonEmpty } from "../values.ts";
import { type Check, doubtWorst, explain, type MachineFinding, type Named, named } from "./finding.ts";
import { noticeable } from "./steadiness.ts";

/** Doubtful if the supply voltage dropped, because boards then lower their clock. */
export const underVoltage: Check = ({ nodes, baseline }) => {
  const findings = named(nodes, baseline)
    .filter(({ run }) => run.machine.health.underVoltage === true)
    .map(({ name }) => ({ name, badness: 0, found: `The supply voltage was too low on ${name}` }));
  return doubtWorst(
    "under-voltage",
    findings,
    "The board then slows down. Use the official power supply and a short cable.",
  );
};

/** °C at which a Raspberry Pi, and most other boards, lower their clock. */
const hot = 80;
const isHot = ({ run }: Named) => (run.machine.health.temperature ?? 0) >= hot;

function slowing(run: Run): number {
  const times = run.rounds.map(({ seconds }) => seconds);
  return isNonEmpty(times) ? growth(times) : 0;
}

/** Doubtful if a machine was hot and slowed down. Heat alone is only explained. */
export const heat: Check = ({ nodes, baseline }) => {
  const all = named(nodes, baseline).filter(isHot);
  const findings = all.flatMap(({ name, run }): MachineFinding[] => {
    const by = slowing(run);
    if (by < noticeable) return [];
    const found = `${atStart(name)} was ${degrees(run)} hot, and its rounds became ${wholePercent(by)} slower`;
    return [{ name, badness: by, found }];
  });
  const doubts = doubtWorst("slowed by heat", findings, "Cool it, and measure again.");
  const steady = all.filter(({ name }) => !findings.some((finding) => finding.name === name));
  const [hottest, ...others] = steady.toSorted(
    (a, b) => temperature(b.run) - temperature(a.run) || a.name.localeCompare(b.name),
  );
  if (hottest === undefined) return doubts;
  const who = atStart(shortList(others.map(({ name }) => name)));
  const also = others.length === 0 ? "" : ` ${who} ${plural(others.length, "was", "were")} almost as hot.`;
  const text = `${atStart(hottest.name)} was ${degrees(hottest.run)} hot.${also} The rounds did not become slower, but those of longer jobs may. Improve the cooling.`;
  return [...doubts, explain("hot", text)];
};

const temperature = (run: Run) => run.machine.health.temperature ?? 0;
const degrees = (run: Run) => `${decimal(temperature(run))} °C`;

/** Explains that a machine's clock was limited to less than the processor can do. */
export const capped: Check = ({ nodes, baseline }) => {
  const names = named(nodes, baseline)
    .filter(({ run }) => run.machine.health.capped === true)
    .map(({ name }) => name);
  if (names.length === 0) return [];
  const text = `The clock limit was below the processor's maximum on ${shortList(names)}. The figures apply to this limit.`;
  return [explain("clock capped", text)];
};
