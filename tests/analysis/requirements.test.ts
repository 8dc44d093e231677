import test from "ava";
import fc from "fast-check";
import type { Interval } from "../../analysis/intervals.ts";
import { type Metrics, metricTable } from "../../analysis/metrics.ts";
import {
  type JudgedRequirement,
  judgeRequirements,
  missedMessage,
  parseRequirement,
  type Requirement,
  requirableNames,
} from "../../analysis/requirements.ts";
import { assessed } from "../helpers/example-run.ts";
import { assertFault, messageOf } from "../helpers/faults.ts";

const sound = assessed({});

/** A condition that is known to be one. */
function requirement(text: string): Requirement {
  const parsed = parseRequirement(text);
  if ("expected" in parsed) throw new Error(parsed.expected);
  return parsed;
}

/** The verdict on a run with these figures. */
function judged(text: string, metrics: Partial<Metrics> = {}, run = sound): JudgedRequirement | undefined {
  return judgeRequirements([requirement(text)], { ...run, metrics: { ...run.metrics, ...metrics } })[0];
}

const written: [text: string, parsed: Partial<Requirement>][] = [
  ["throughputSpeedup >= 2", { kind: "figure", name: "throughputSpeedup", comparison: ">=", limit: 2 }],
  ["overhead<=5", { name: "overhead", comparison: "<=", limit: 5, text: "overhead <= 5" }],
  ["  precision   <   0.1 ", { name: "precision", comparison: "<", limit: 0.1, text: "precision < 0.1" }],
  ["piDeviation > -3", { comparison: ">", limit: -3 }],
  ["tSingle <= 1.5e-3", { limit: 0.0015 }],
  ["concurrency >= .8", { limit: 0.8 }],
  ["good", { kind: "good", text: "good" }],
  [" good ", { kind: "good", text: "good" }],
];
for (const [text, parsed] of written) {
  test(`"${text}" is a condition`, (t) => {
    t.like(parseRequirement(text), parsed);
  });
}

const malformed = [
  "",
  "throughputSpeedup",
  "throughputSpeedup >=",
  "throughputSpeedup == 2",
  "throughputSpeedup = 2",
  "throughputSpeedup => 2",
  "throughputSpeedup ≥ 2",
  "2 <= throughputSpeedup",
  "overhead <= 5 s",
  "overhead <= 5 && good",
  "overhead <= five",
  "overhead <= 0x10",
  "overhead <= 1e999",
  "overhead <= Infinity",
  "overhead <= NaN",
  "overhead <= 5; reboot",
  "overhead <= 5\noverhead <= 6",
  "baseline.overhead <= 1",
  "Good",
  "good >= 1 ",
  "not good",
];
for (const text of malformed) {
  test(`${JSON.stringify(text)} is no condition`, (t) => {
    t.true("expected" in parseRequirement(text));
  });
}

const unknown = [
  "throughputSpedup >= 2",
  "throughputspeedup >= 2",
  "throughputSpeedupCI95 >= 2",
  "overheadParts <= 1",
  "constructor >= 2",
  "__proto__ >= 2",
  "toString < 1",
  "balancedSpeedup >= 2",
  "imbalance <= 0.1",
];
for (const text of unknown) {
  test(`"${text}" is refused with the names that there are`, (t) => {
    const parsed = parseRequirement(text);
    const expected = "expected" in parsed ? parsed.expected : "";
    for (const name of ["throughputSpeedup", "overhead", "precision", '"good"']) t.true(expected.includes(name), name);
  });
}

test("no text crashes the parser of conditions", (t) => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseRequirement(text);
      t.true("expected" in parsed || parsed.text.length > 0);
    }),
  );
});

test("blanks do not change a condition, and its text parses to itself", (t) => {
  const blanks = fc.constantFrom("", " ", "  ", "\t");
  fc.assert(
    fc.property(
      fc.constantFrom(...requirableNames),
      fc.constantFrom(">=", "<=", ">", "<"),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.array(blanks, { minLength: 4, maxLength: 4 }),
      (name, comparison, limit, [a = "", b = "", c = "", d = ""]) => {
        const found = requirement(`${a}${name}${b}${comparison}${c}${limit}${d}`);
        t.deepEqual(found, requirement(`${name} ${comparison} ${limit}`));
        t.deepEqual(requirement(found.text), found);
      },
    ),
  );
});

const byInterval: [text: string, interval: Interval | null, verdict: JudgedRequirement["verdict"]][] = [
  ["throughputSpeedup >= 2", [2, 2.2], "met"],
  ["throughputSpeedup >= 2", [2.1, 2.2], "met"],
  ["throughputSpeedup >= 2", [1.9, 2.2], "can't tell"],
  ["throughputSpeedup >= 2", [1.9, 2], "can't tell"],
  ["throughputSpeedup >= 2", [1.8, 1.99], "missed"],
  ["throughputSpeedup >= 2", null, "can't tell"],
  ["throughputSpeedup > 2", [2, 2.2], "can't tell"],
  ["throughputSpeedup > 2", [2.01, 2.2], "met"],
  ["throughputSpeedup > 2", [1.9, 2], "missed"],
  ["throughputSpeedup <= 2", [1.9, 2], "met"],
  ["throughputSpeedup <= 2", [1.9, 2.1], "can't tell"],
  ["throughputSpeedup <= 2", [2, 2.1], "can't tell"],
  ["throughputSpeedup <= 2", [2.01, 2.1], "missed"],
  ["throughputSpeedup < 2", [1.9, 2], "can't tell"],
  ["throughputSpeedup < 2", [1.9, 1.99], "met"],
  ["throughputSpeedup < 2", [2, 2.1], "missed"],
];
for (const [text, interval, verdict] of byInterval) {
  test(`with the interval ${JSON.stringify(interval)}, "${text}" is ${verdict}`, (t) => {
    t.like(judged(text, { throughputSpeedup: 2.05, throughputSpeedupCI95: interval }), {
      value: 2.05,
      interval,
      verdict,
    });
  });
}

test("no condition is met and missed by intervals of which one holds the other", (t) => {
  const ends = fc.tuple(fc.double({ min: 0, max: 9, noNaN: true }), fc.double({ min: 0, max: 9, noNaN: true }));
  fc.assert(
    fc.property(
      ends,
      fc.double({ min: 0, max: 9, noNaN: true }),
      fc.constantFrom(">=", "<=", ">", "<"),
      (pair, limit, sign) => {
        const [low, high] = [Math.min(...pair), Math.max(...pair)] as const;
        const of = (throughputSpeedupCI95: Interval) =>
          judged(`throughputSpeedup ${sign} ${limit}`, { throughputSpeedupCI95 })?.verdict;
        const [whole, lower, upper] = [of([low, high]), of([low, low]), of([high, high])];
        t.is(whole, lower === upper ? lower : "can't tell");
      },
    ),
  );
});

const exact: [text: string, metrics: Partial<Metrics>, verdict: JudgedRequirement["verdict"]][] = [
  ["overhead <= 5", { overhead: 5 }, "met"],
  ["overhead <= 5", { overhead: 5.001 }, "missed"],
  ["overhead <= 5", { overhead: null }, "can't tell"],
  ["elapsed < 60", { elapsed: 59 }, "met"],
  ["precision <= 0.1", { precision: 0.1 }, "met"],
  ["precision <= 0.1", { precision: 0.11 }, "missed"],
  ["precision <= 0.1", { precision: null }, "can't tell"],
  ["concurrency >= 0.8", { concurrency: 0.7 }, "missed"],
  ["workers >= 3", { workers: 3 }, "met"],
  ["piDeviation < 3", { piDeviation: -4 }, "met"],
];
for (const [text, metrics, verdict] of exact) {
  test(`"${text}" is judged by its value ${Object.values(metrics)}: ${verdict}`, (t) => {
    t.like(judged(text, metrics), { interval: null, verdict });
  });
}

// By hand. S/N with N = 3: [2.1, 2.4]/3. N·T_S: 3·[1, 1.2]. Karp–Flatt: (1/S − 1/3)·3/2 at 2.4 and 2. Makespan's 2.5·[1, 1.2]/1.1.
const derived: [text: string, metrics: Partial<Metrics>, interval: Interval][] = [
  ["throughputEfficiency >= 0.7", { throughputSpeedupCI95: [2.1, 2.4] }, [0.7, 0.8]],
  ["tSequential >= 3", { tSingle: 1.1, tSingleCI95: [1, 1.2] }, [3, 3.6]],
  ["combinedTime >= 3", { tParallelCI95: [1, 1.2] }, [3, 3.6]],
  ["karpFlatt <= 0.3", { karpFlatt: 0.2, throughputSpeedupCI95: [2, 2.4] }, [0.125, 0.25]],
  ["makespanSpeedup >= 2", { makespanSpeedup: 2.5, tSingle: 1.1, tSingleCI95: [1, 1.2] }, [2.5 / 1.1, 3 / 1.1]],
];
for (const [text, metrics, interval] of derived) {
  test(`"${text}" is judged by an interval that follows from another`, (t) => {
    const found = judged(text, metrics);
    t.deepEqual(
      found?.interval?.map((end) => Number(end?.toFixed(9))),
      interval.map((end) => Number(end.toFixed(9))),
    );
  });
}

test("the tutorial's ratios have intervals of both times: the distances add up as squares, in logarithms", (t) => {
  const times = { tSingle: 2, tSingleCI95: [1.8, 2.2], tParallel: 4, tParallelCI95: [3.5, 4.5] } as const;
  const [low = 0, high = 0] = judged("speedup >= 0.5", times)?.interval ?? [];
  t.is(low.toFixed(9), (0.5 * Math.exp(-Math.hypot(Math.log(2 / 1.8), Math.log(4.5 / 4)))).toFixed(9));
  t.is(high?.toFixed(9), (0.5 * Math.exp(Math.hypot(Math.log(2.2 / 2), Math.log(4 / 3.5)))).toFixed(9));
  const ratio = judged("linearRatio >= 5", times)?.interval;
  t.is(ratio?.[0].toFixed(9), (3 / (high ?? 0)).toFixed(9));
});

test("an unbounded break-even is never certainly below a limit", (t) => {
  const metrics = { breakEvenSeconds: 20, breakEvenCI95: [10, null] } as const;
  t.like(judged("breakEvenSeconds <= 60", metrics), { verdict: "can't tell", interval: [10, null] });
  t.is(judged("breakEvenSeconds >= 10", metrics)?.verdict, "met");
  t.is(judged("breakEvenSeconds <= 9", metrics)?.verdict, "missed");
});

test("given seconds for the single machine are exact", (t) => {
  const given = assessed({ single: 1.5 });
  t.is(given.metrics.tSingleCI95, null);
  t.is(judged("tSingle <= 1.5", {}, given)?.verdict, "met");
  t.is(judged("tSingle < 1.5", {}, given)?.verdict, "missed");
});

test("a sound run is good, a doubtful one is not, and without an interval nobody can tell", (t) => {
  t.is(judged("good")?.verdict, "met");
  t.is(judged("good", {}, assessed({ timeline: null }))?.verdict, "missed");
  const short = assessed({ workers: [{ seconds: [1] }, { seconds: [1] }, { seconds: [1] }], single: { seconds: [1] } });
  t.deepEqual(short.judgement.doubts, []);
  t.is(judged("good", {}, short)?.verdict, "can't tell");
});

test("a doubtful run's figures are judged as they stand", (t) => {
  t.is(judged("throughputSpeedup >= 1", {}, assessed({ timeline: null }))?.verdict, "met");
});

test("every figure that is a number can be used, except for two without bounds", (t) => {
  const numbers = Object.entries(metricTable).flatMap(([name, metric]) => ("shape" in metric ? [] : [name]));
  t.deepEqual(
    numbers.filter((name) => !requirableNames.some((each) => each === name)),
    ["balancedSpeedup", "imbalance"],
    "docs/conditions.md names these exceptions, too",
  );
});

test("every figure of a sound run that is known can be judged", (t) => {
  for (const name of requirableNames) {
    if (sound.metrics[name] === null) continue;
    t.is(judged(`${name} >= -1e9`)?.verdict, "met", name);
    t.is(judged(`${name} < -1e9`)?.verdict, "missed", name);
  }
});

test("the verdicts come in the order of the conditions, by their texts", (t) => {
  const all = judgeRequirements(["good", "overhead<=5"].map(requirement), sound);
  t.deepEqual(
    all.map(({ text }) => text),
    ["good", "overhead <= 5"],
  );
});

const missed: JudgedRequirement = {
  text: "throughputSpeedup >= 2",
  value: 1.6234567,
  interval: [1.5, 1.75],
  verdict: "missed",
};

test("the message says what was missed, by how much, and what to do", (t) => {
  const message = messageOf(
    missedMessage([missed, { text: "overhead <= 5", value: 1, interval: null, verdict: "met" }]),
  );
  t.true(
    message.includes(
      'a condition of pi-speedup:require: "throughputSpeedup >= 2" (measured: 1.6235, 95 % interval 1.5 – 1.75).',
    ),
    message,
  );
  t.false(message.includes("overhead"));
  assertFault(t, "requirement-missed", message);
});

test("several missed conditions are reported together, including a doubt", (t) => {
  const message = messageOf(missedMessage([missed, { text: "good", value: null, interval: null, verdict: "missed" }]));
  t.regex(message, /2 conditions of .*; "good" \(something made the run doubtful\)\./);
});

test("a met or undecided condition is no failure", (t) => {
  t.is(
    missedMessage([
      { ...missed, verdict: "can't tell" },
      { ...missed, verdict: "met" },
    ]),
    undefined,
  );
  t.is(missedMessage([]), undefined);
});
