// A shortened `npm run bench -- checks`, always with the same numbers: sound runs stay unmarked, disturbed ones do not.
import test from "ava";
import { alarmLimit, repeat, type Setting } from "../../bench/synthetic-runs.ts";

const own: Setting = { workers: 3, rounds: 6, noise: 0.05, hosts: "own" };

const sound: [Setting, runs: number][] = [
  [{ ...own, workers: 1 }, 400],
  [own, 400],
  [{ ...own, rounds: 30 }, 200],
  [{ ...own, workers: 20 }, 100],
  [{ ...own, hosts: "crowded" }, 400],
];
for (const [setting, runs] of sound) {
  const { workers, rounds, hosts } = setting;
  test(`sound runs: ${workers} workers, ${hosts} hosts, ${rounds} rounds: at most 2 % are called doubtful`, (t) => {
    const { doubtful } = repeat(setting, runs, "sound");
    t.true(doubtful <= alarmLimit(runs), String(doubtful));
  });
}

const single = (factor: (position: number) => number) => (worker: number, position: number) =>
  worker === 0 ? factor(position) : 1;
const disturbed: [what: string, check: string, setting: Setting, least: number][] = [
  ["a step of 1.3 on one worker", "speed changed", { ...own, slowed: single((at) => (at < 0.5 ? 1 : 1.3)) }, 0.8],
  [
    "a step of 1.3 on one of 20",
    "speed changed",
    { ...own, workers: 20, slowed: single((at) => (at < 0.5 ? 1 : 1.3)) },
    0.6,
  ],
  [
    "10 % on all of 20, little by little",
    "workers drift",
    { ...own, workers: 20, slowed: (_, at) => 1 + at / 10 },
    0.9,
  ],
  [
    "a single machine that is 40 % slower after the Job",
    "single machine changed",
    { ...own, slowedBase: (part) => (part === "after" ? 1.4 : 1) },
    0.9,
  ],
  [
    "a single machine 40 % slower throughout",
    "faster than possible",
    { ...own, hosts: "crowded", slowedBase: () => 1.4 },
    0.9,
  ],
  ["workers that wait 10 %", "workers waited", { ...own, workersWait: 0.1 }, 1],
  ["a clock 300 s ahead", "clocks shifted", { ...own, ahead: () => 300 }, 1],
  ["a clock that is set midway", "clocks unsettled", { ...own, ahead: (at) => (at < 0.5 ? 0 : 30) }, 1],
];
for (const [what, check, setting, least] of disturbed) {
  test(`${what}: "${check}" finds it in ${100 * least} % of the runs at least`, (t) => {
    const found = repeat(setting, 50, what).checks.get(check) ?? 0;
    t.true(found >= least, String(found));
  });
}

test("a clock that is shifted makes no run doubtful", (t) => {
  t.true(repeat({ ...own, ahead: () => -300 }, 200, "behind").doubtful <= alarmLimit(200));
});
