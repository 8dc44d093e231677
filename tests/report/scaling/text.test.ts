import test from "ava";
import { scalingSentences } from "../../../report/scaling/text.ts";
import { exampleLaw, exampleScaling } from "../../helpers/example-scaling.ts";

test("a study without a law says what was measured, why there is no law, and what the user waits for", (t) => {
  const [measured, law, waits, ...more] = scalingSentences(
    exampleScaling({ reason: "The cores are the limit: 3 workers share 2 cores." }),
  );
  t.is(
    measured,
    "Scaling study with 1, 2, 3, 4 workers, 3 blocks, where the work of each worker stays the same: 1.00, 2.00, 3.00, 4.00 times the throughput of one worker.",
  );
  t.is(law, "No law is fitted: The cores are the limit: 3 workers share 2 cores.");
  t.regex(waits ?? "", /^As the user waits, Kubernetes' start included: 1\.00, /);
  t.is(more.length, 0);
});

const laws: [what: string, law: ReturnType<typeof exampleLaw>, said: RegExp][] = [
  [
    "a serial fraction that limits",
    exampleLaw("Amdahl", 0.1),
    /Amdahl's law describes it with a serial fraction s = 0\.1000, 95 % interval 0\.0900 – 0\.1100: however many workers take part, they are at most 10\.0\d? times as fast as one \(9\.09 – 11\.1\d?\)/,
  ],
  ["one that can't be told from none", exampleLaw("Gustafson", 0.005), /can't tell it from 0/],
  ["one below none", exampleLaw("Amdahl", -0.1), /below 0, so more workers do better than in proportion/],
  [
    "one of Gustafson, which has no limit",
    exampleLaw("Gustafson", 0.1),
    /s = 0\.1000, 95 % interval 0\.0900 – 0\.1100\.$/,
  ],
];
for (const [what, law, said] of laws) {
  test(`a law with ${what} is told with its interval`, (t) => {
    t.regex(scalingSentences(exampleScaling({ law }))[1] ?? "", said);
  });
}

test("without a point of one worker the rounds are told", (t) => {
  t.regex(scalingSentences(exampleScaling({ counts: [2, 3] }))[0] ?? "", /: rounds of 1\.2\d* s, 1\.2\d* s\.$/);
});

test("where a start is unknown nothing is said of what the user waits for", (t) => {
  t.is(scalingSentences(exampleScaling({ start: null })).length, 2);
});
