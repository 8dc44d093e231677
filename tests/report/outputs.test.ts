import test from "ava";
import { measurementIn } from "../../report/outputs.ts";
import { example } from "../helpers/example-measurement.ts";
import { exampleScaling } from "../helpers/example-scaling.ts";
import { assertFault } from "../helpers/faults.ts";

const study = exampleScaling();
const outputs = { ...example(), logs: ["Node …"], kubeconfig: "[secret]", readme: "" };

test("the measurement is what a stack's outputs hold, without the others", (t) => {
  t.deepEqual(measurementIn(JSON.parse(JSON.stringify(outputs)), "dev"), example());
});

test("a single machine with given seconds is valid", (t) => {
  const given = example({ single: { mode: "given", seconds: 1.52 } });
  t.deepEqual(measurementIn(JSON.parse(JSON.stringify(given)), "dev")?.baseline, { mode: "given", seconds: 1.52 });
});

test("the verdicts on conditions are read, and outputs of former versions, which have none, are read as well", (t) => {
  const requirements = [
    { text: "tSingle < 2", value: 1, interval: [0.9, null] as const, verdict: "can't tell" as const },
  ];
  t.deepEqual(measurementIn({ ...outputs, requirements }, "dev")?.requirements, requirements);
  const { requirements: none, ...former } = outputs;
  t.deepEqual(measurementIn(former, "dev")?.requirements, none);
});

test("a stack that has measured nothing has no measurement", (t) => {
  t.is(measurementIn({}, "dev"), undefined);
});

test("a study is read, and so is one of a former version, whose points do not tell their doubts", (t) => {
  const points = study.points.map(({ doubts: _, ...point }) => point);
  t.deepEqual(measurementIn({ ...outputs, scaling: study }, "dev")?.scaling, study);
  t.deepEqual(measurementIn({ ...outputs, scaling: { ...study, points } }, "dev")?.scaling, study);
});

const broken: [what: string, change: object, named: RegExp][] = [
  ["an output that is missing", { timeline: undefined }, /^Output "timeline" of stack "dev" /],
  ["a figure that is no number", { metrics: { ...outputs.metrics, tSingle: "x" } }, /^Output "metrics\.tSingle" /],
  [
    "a workload that does not tell its program",
    { workload: { ...outputs.workload, program: undefined } },
    /^Output "workload\.program" /,
  ],
  [
    "a round of the former contract",
    { nodes: [{ ...outputs.nodes[0], rounds: [{ start: 1, end: 2, seconds: 1, inside: 1 }] }] },
    /^Output "nodes\.0\./,
  ],
  [
    "a point of a study at an impossible time",
    { scaling: { ...study, points: study.points.map((point) => ({ ...point, when: 1e15 })) } },
    /^Output "scaling" .*out of range/,
  ],
  [
    "a worker that ended in the year 10000, which a date as text can't say",
    { nodes: outputs.nodes.map((node) => ({ ...node, ended: 253_402_300_800 })) },
    /^Output "nodes.* out of range/,
  ],
  ["a study without a point", { scaling: { ...study, points: [] } }, /^Output "scaling" .*no point/],
  ["a worker's record that is cut", { nodes: [{ node: "a" }] }, /^Output "nodes\.0\./],
];
for (const [what, change, named] of broken) {
  test(`${what} is named, with what to do`, (t) => {
    const found = t.throws(() => measurementIn({ ...outputs, ...change }, "dev"));
    t.regex(found?.message ?? "", named);
    assertFault(t, "outputs-of-another-version", found?.message ?? "");
  });
}
