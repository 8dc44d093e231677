import test from "ava";
import { announcement } from "../../../../components/measurement/baseline/announcement.ts";

/** First round, how many, of how many; seconds of a round; what is said after the place. */
const cases: [half: [first: number, count: number, of: number], round: number | null, said: string][] = [
  [[0, 1, 1], 0.7, "one round, less than a second."],
  [[0, 1, 1], 12, "one round, about 12 s."],
  // A second around them.
  [[0, 1, 2], 1, "round 1 of 2, about 2 s. The other one follows after the Job."],
  [[1, 1, 2], 1, "round 2 of 2, about 2 s."],
  [[0, 2, 3], 2, "rounds 1 to 2 of 3, about 5 s. The other one follows after the Job."],
  [[2, 1, 3], 2, "round 3 of 3, about 3 s."],
  [[0, 5, 10], 0.01, "rounds 1 to 5 of 10, about 1 s. The other 5 follow after the Job."],
  // Two tenths of a round around them: 3 · 60 s + 12 s.
  [[3, 3, 6], 60, "rounds 4 to 6 of 6, about 3 min."],
  [[0, 3, 6], null, "rounds 1 to 3 of 6. The other 3 follow after the Job."],
  [[0, 5, 10], 3_000, "rounds 1 to 5 of 10, about 4 h. The other 5 follow after the Job."],
];
for (const [[first, count, of], round, said] of cases) {
  test(`before rounds of ${round ?? "unknown"} s comes: ${said}`, (t) => {
    t.is(announcement({ half: { first, count, of } }, "here", round), `Measuring the single machine here: ${said}`);
  });
}
