// How often the checks call a sound run doubtful, and how often they detect a disturbance: `npm run bench -- checks`.
// Exits with 1 if all checks together call more than 2 % of the sound runs of any kind doubtful, beyond chance.
import {
  alarmLimit,
  allowedAlarms,
  always,
  repeat,
  type Setting,
  type Spoken,
  soundSettings,
} from "./synthetic-runs.ts";

/** Fewer runs if each takes long. */
const soundRuns = ({ workers, rounds }: Setting) =>
  workers * rounds >= 2000 ? 400 : workers * rounds >= 300 ? 1000 : 4000;
const disturbedRuns = 300;

const percent = (share: number) => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

/** All checks that reported something, except for what every such run has. */
function listed({ checks }: Spoken): string {
  const spoken = [...checks].filter(([check]) => !always.has(check)).toSorted((a, b) => b[1] - a[1]);
  return spoken.map(([check, share]) => `${check} ${percent(share)}`).join(", ");
}

function kind({ workers, rounds, hosts }: Setting): string {
  return `${workers} ${hosts === "crowded" ? "on 2 cores" : "own hosts"}, ${rounds} rounds`.padEnd(26);
}

console.log(
  "False alarms on sound runs, rounds with 5 % noise: doubtful in all, and what spoke (doubts and explanations)",
);
for (const setting of soundSettings) {
  const runs = soundRuns(setting);
  const spoken = repeat(setting, runs, "sound");
  const isTooMuch = spoken.doubtful > alarmLimit(runs);
  console.log(
    `${kind(setting)} ${percent(spoken.doubtful).padStart(6)} of ${runs}${isTooMuch ? " TOO MANY" : ""}: ${listed(spoken)}`,
  );
  if (isTooMuch) process.exitCode = 1;
}

console.log("\nThe same with more noise, shown and not required");
for (const noise of [0.1, 0.15]) {
  for (const setting of soundSettings.filter(({ workers, rounds }) => workers === 3 && rounds <= 10)) {
    const spoken = repeat({ ...setting, noise }, 1000, "noisy");
    console.log(`${kind(setting)} ${percent(noise)} noise ${percent(spoken.doubtful).padStart(6)}: ${listed(spoken)}`);
  }
}

const own: Setting = { workers: 3, rounds: 6, noise: 0.05, hosts: "own" };
const crowd: Setting = { ...own, hosts: "crowded" };
const single = (factor: (position: number) => number) => (worker: number, position: number) =>
  worker === 0 ? factor(position) : 1;
const all = (factor: (position: number) => number) => (_: number, position: number) => factor(position);
const step = (to: number) => (position: number) => (position < 0.5 ? 1 : to);
const ramp = (to: number) => (position: number) => 1 + (to - 1) * position;
const fall = (from: number) => (position: number) => from - (from - 1) * position;

const disturbances: [title: string, setting: Setting][] = [
  ...[1.2, 1.3, 1.5].map((to): [string, Setting] => [`step x ${to} on one`, { ...own, slowed: single(step(to)) }]),
  ...[1.2, 1.3, 1.5].map((to): [string, Setting] => [`step x ${to} on all`, { ...own, slowed: all(step(to)) }]),
  ["step x 1.3 down on one", { ...own, slowed: single(step(1 / 1.3)) }],
  ["step x 1.3 on one of 20", { ...own, workers: 20, slowed: single(step(1.3)) }],
  ["step x 1.3 on one of 100", { ...own, workers: 100, slowed: single(step(1.3)) }],
  ["step x 1.3 on one, 30 rounds", { ...own, rounds: 30, slowed: single(step(1.3)) }],
  ["step x 1.3 on all, crowded", { ...crowd, slowed: all(step(1.3)) }],
  ...[3, 7, 20].map((workers): [string, Setting] => [
    `ramp 10 % on all of ${workers}`,
    { ...own, workers, slowed: all(ramp(1.1)) },
  ]),
  ["fall 10 % on all of 7", { ...own, workers: 7, slowed: all(fall(1.1)) }],
  ["ramp 45 % on one", { ...own, slowed: single(ramp(1.45)) }],
  ["ramp 10 % on one, 30 rounds", { ...own, rounds: 30, slowed: single(ramp(1.1)) }],
  ["fall 45 % on one", { ...own, slowed: single(fall(1.45)) }],
  ...[0.05, 0.1, 0.2].map((baseWaits): [string, Setting] => [
    `base waits ${percent(baseWaits)}`,
    { ...own, baseWaits },
  ]),
  ...[0.05, 0.1, 0.2].map((workersWait): [string, Setting] => [
    `workers wait ${percent(workersWait)}`,
    { ...own, workersWait },
  ]),
  ...[0.1, 0.2, 0.4].map((workersWait): [string, Setting] => [
    `others take ${percent(workersWait)}, crowded`,
    { ...crowd, workersWait },
  ]),
  ...[1.1, 1.2, 1.4].map((factor): [string, Setting] => [
    `base x ${factor} throughout, crowded`,
    { ...crowd, slowedBase: () => factor },
  ]),
  ["base x 1.2 throughout, own", { ...own, slowedBase: () => 1.2 }],
  ["pauses of 5 % of a round", { ...own, pause: 0.05 }],
  ["pauses of 20 % of a round", { ...own, pause: 0.2 }],
  ["a pod 1 s late", { ...own, late: 1 }],
  ["a pod 4 s late", { ...own, late: 4 }],
  ["a pod 20 s late", { ...own, late: 20 }],
  ["a clock 300 s ahead", { ...own, ahead: () => 300 }],
  ["a clock 300 s behind", { ...own, ahead: () => -300 }],
  ["a clock set by 30 s midway", { ...own, ahead: (position) => (position < 0.5 ? 0 : 30) }],
  ["5 % stolen", { ...own, stolen: 0.05 }],
  ["one worker 10 % slower", { ...own, slowed: single(() => 1.1) }],
  ["one worker 20 % slower", { ...own, slowed: single(() => 1.2) }],
  ["10 % of rounds at 3 x", { ...own, outliers: 0.1 }],
];
console.log(
  `\nWhat is found of what disturbs a run (3 workers, 6 rounds, 5 % noise where nothing else is said; ${disturbedRuns} runs each)`,
);
for (const [title, setting] of disturbances) {
  const spoken = repeat(setting, disturbedRuns, title);
  console.log(`${title.padEnd(32)} ${percent(spoken.doubtful).padStart(6)} doubtful: ${listed(spoken)}`);
}

console.log(
  '\nPower of "single machine changed" (99.5 % Welch, or halves that lie apart; at least 3 %): a base slower after the Job by 5, 10 and 20 %',
);
for (const rounds of [6, 10, 20, 30]) {
  for (const noise of [0.02, 0.05, 0.12]) {
    const found = [1.05, 1.1, 1.2].map((factor) => {
      const slowedBase = (part: "before" | "after") => (part === "after" ? factor : 1);
      const { checks } = repeat({ ...own, rounds, noise, slowedBase }, disturbedRuns, `power ${factor}`);
      return percent(checks.get("single machine changed") ?? 0).padStart(6);
    });
    console.log(`${rounds / 2} against ${rounds / 2} rounds, ${percent(noise)} noise:`.padEnd(40), found.join(" "));
  }
}

console.log(
  process.exitCode === 1
    ? `\nFAILED: more than ${percent(allowedAlarms)} of some kind of sound runs are called doubtful.`
    : `\nAt most ${percent(allowedAlarms)} of sound runs are called doubtful.`,
);
