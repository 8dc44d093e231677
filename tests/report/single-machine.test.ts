import test from "ava";
import { singleMachineName, singleSubject, thatSubject } from "../../report/single-machine.ts";
import { baselineRecord } from "../helpers/example-records.ts";

test("a single machine is called by what ran it, by the worker that it is, or by nothing more", (t) => {
  t.is(singleMachineName(baselineRecord([1])), "single machine (docker)");
  t.is(singleMachineName({ ...baselineRecord([1]), mode: "worker:gray" }), "gray, alone");
  t.is(singleMachineName({ mode: "given", seconds: 1 }), "single machine");
});

const subjects: [processes: number, cores: number, subject: string, that: string][] = [
  [1, 4, "one process of the single machine", "that process"],
  // One process on one core is all that the machine has, and still one process.
  [1, 1, "one process of the single machine", "that process"],
  [2, 4, "2 processes of the single machine", "those processes"],
  [4, 4, "the single machine with all its 4 cores", "that machine"],
  [4, 2, "4 processes of the single machine", "those processes"],
];
for (const [processes, cores, subject, that] of subjects) {
  test(`${processes} processes on ${cores} cores are "${subject}"`, (t) => {
    const baseline = { ...baselineRecord([1]), processes, cores };
    t.is(singleSubject(baseline), subject);
    t.is(thatSubject(baseline), that);
  });
}
