import test from "ava";
import { questionsOf, tutorialRemark } from "../../report/questions.ts";
import { assessmentOf } from "../helpers/example-assessment.ts";
import { baselineRecord, nodeRecord, timelineOf } from "../helpers/example-records.ts";

const six = (length: number) => new Array<number>(6).fill(length);
// The tutorial's: 1.52 s against three times 5.7 s; 2 s pass beside computing.
const nodes = [0, 1, 2].map((index) => nodeRecord({ index, seconds: six(5.7) }));
const { metrics } = assessmentOf(nodes, baselineRecord(six(1.52)), timelineOf([36.2, 36.2, 36.2]));

test("each speed-up stands with the question that it answers, and the tutorial's with none", (t) => {
  t.deepEqual(
    questionsOf(metrics).map(({ whose, value }) => [whose, value]),
    [
      // 1.52/(2 + 5.7/3)
      ["Amdahl", "0.39"],
      // 3·1.52/5.7
      ["Gustafson", "0.80"],
      // 1.52/5.7
      ["neither", "0.27"],
    ],
  );
});

test("the text says that no clock shows the tutorial's sum of times", (t) => {
  t.regex(
    tutorialRemark(metrics),
    /N·T_P = 17\.1 s is processor time, which no clock shows\. The wall clock shows 5\.700 s/,
  );
});

test("for one worker there is no sum", (t) => {
  const { metrics } = assessmentOf([nodeRecord({ seconds: six(2) })], baselineRecord(six(1)));
  t.notRegex(tutorialRemark(metrics), /N·T_P/);
});
