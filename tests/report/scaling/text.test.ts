import test from "ava";
import { scalingSentences } from "../../../report/scaling/text.ts";
import { exampleLaw, exampleScaling } from "../../helpers/example-scaling.ts";

test("a study without a law says what was measured, why there is no law, and what the user waits for", (t) => {
  const [measured, law, waits, ...more] = scalingSentences(
    exampleScaling({ reason: "The cores are the limit: 3 workers share 2 cores." }),
  );
  t.is(
    measured,
    "The scaling study has 3 blocks with 1, 2, 3, 4 workers. The work of each worker stays the same. The throughput is 1.00, 2.00, 3.00, 4.00 times that of one worker (95 % interval with 4 workers: 4.00 – 4.00).",
  );
  t.is(law, "No law is fitted. The cores are the limit: 3 workers share 2 cores.");
  t.regex(waits ?? "", /^The user also waits for Kubernetes\. Including this overhead, the throughput is 1\.00, /);
  t.is(more.length, 0);
});

const laws: [what: string, law: ReturnType<typeof exampleLaw>, said: RegExp][] = [
  [
    "a serial fraction that limits",
    exampleLaw("Amdahl", 0.1),
    /Amdahl's law describes the points with a serial fraction s = 0\.1000 \(95 % interval 0\.0900 – 0\.1100\)\. Any number of workers is at most 10\.0\d? times as fast as one \(9\.09 – 11\.1\d?\)/,
  ],
  ["one that can't be told from none", exampleLaw("Gustafson", 0.005), /cannot distinguish s from 0/],
  [
    "one below none, which a remark explains",
    exampleLaw("Amdahl", -0.1),
    /Amdahl's law describes the points with a serial fraction s = -0\.1000 \(95 % interval -0\.1100 – -0\.0900\)\.$/,
  ],
  [
    "a term for exchange, and by its own name",
    { ...exampleLaw("Universal Scalability Law", 0.05), exchange: { coefficient: 0.01, interval: [0.008, 0.012] } },
    /^The Universal Scalability Law describes the points, but Amdahl's law does not\. A share α = 0\.0500 \(0\.0400 – 0\.0600\) waits, and each pair of workers costs β = 0\.0100 \(0\.0080 – 0\.0120\)\.$/,
  ],
  [
    "one of Gustafson, which has no limit",
    exampleLaw("Gustafson", 0.1),
    /s = 0\.1000 \(95 % interval 0\.0900 – 0\.1100\)\.$/,
  ],
];
for (const [what, law, said] of laws) {
  test(`a law with ${what} is described with its interval`, (t) => {
    t.regex(scalingSentences(exampleScaling({ law }))[1] ?? "", said);
  });
}

test("without a point of one worker the rounds are told", (t) => {
  t.regex(scalingSentences(exampleScaling({ counts: [2, 3] }))[0] ?? "", /\. A round takes 1\.2\d* s, 1\.2\d* s\.$/);
});

test("if a start is unknown, nothing is said about the user's wait", (t) => {
  t.is(scalingSentences(exampleScaling({ start: null })).length, 2);
});

test("why no law is fitted to what the user waits for is told where the computing has one", (t) => {
  const scaling = {
    ...exampleScaling({ law: exampleLaw("Amdahl", 0.1) }),
    asUserWaits: { law: null, reason: "Starts differ." },
  };
  t.regex(
    scalingSentences(scaling)[2] ?? "",
    /times that of one worker \(95 % interval with 4 workers: .*\)\. No law is fitted to this\. Starts differ\.$/,
  );
  const both = { ...exampleScaling({ reason: "Too few." }), asUserWaits: { law: null, reason: "Too few." } };
  t.notRegex(scalingSentences(both)[2] ?? "", /No law/);
});

test("a term for exchange is told beside Amdahl's law only where it surely costs something", (t) => {
  const exchanging = (low: number) => ({
    ...exampleLaw("Universal Scalability Law", 0.05),
    exchange: { coefficient: 0.001, interval: [low, 0.002] as [number, number] },
    limit: { of: "workers" as const, value: 12, interval: null },
  });
  const scaling = (low: number) => ({
    ...exampleScaling({ law: exampleLaw("Amdahl", 0.1) }),
    universal: { law: exchanging(low), reason: null },
  });
  t.regex(
    scalingSentences(scaling(0.0002)).join(" "),
    /With a term for exchange, the Universal Scalability Law finds that each pair of workers costs β = 0\.0010 \(0\.00020 – 0\.0020\)\. More than about 12 workers do not help\. If so, Amdahl's law promises too much for many workers\./,
  );
  t.notRegex(scalingSentences(scaling(-0.0001)).join(" "), /Universal/);
});

test("the study's remarks come last", (t) => {
  t.is(
    scalingSentences({ ...exampleScaling(), remarks: ["Between two blocks lie 2 days."] }).at(-1),
    "Between two blocks lie 2 days.",
  );
});

test("an interval that is too wide to say anything says so, and not that s may be 0", (t) => {
  const [, said = ""] = scalingSentences(exampleScaling({ law: exampleLaw("Gustafson", 0.1, 0.4) }));
  t.regex(said, /-0\.3000 – 0\.5000\)\. This interval is too wide for a conclusion\. Remove the cause of the scatter/);
  t.notRegex(said, /from 0\./);
});

test("of many counts the first ones and the last are told", (t) => {
  const counts = Array.from({ length: 60 }, (_, i) => i + 1);
  t.regex(
    scalingSentences(exampleScaling({ counts }))[0] ?? "",
    /^The scaling study has 3 blocks with 1, 2, 3, … 60 workers\. .* 1\.00, 2\.00, 3\.00, … 60\.00 times/,
  );
});
