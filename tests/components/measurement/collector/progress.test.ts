import test from "ava";
import { Progress } from "../../../../components/measurement/collector/progress.ts";

function heard(workers: number) {
  const lines: string[] = [];
  let clock = 0;
  const progress = new Progress(
    workers,
    (line) => lines.push(line),
    () => clock,
  );
  const wait = (milliseconds: number) => {
    clock += milliseconds;
  };
  return { progress, lines, wait };
}

test("for few workers each new state is a line, and an unchanged state is none", (t) => {
  const { progress, lines } = heard(2);
  progress.changed(0, "pod a", "pending");
  progress.changed(0, "pod a", "pending");
  progress.changed(0, "pod a", "running");
  progress.finished(0, "gray");
  t.deepEqual(lines, ["pod a: pending", "pod a: running", "1/2 workers done: gray"]);
});

test("for many workers there are counts every five seconds, most frequent states first", (t) => {
  const { progress, lines, wait } = heard(100);
  for (let index = 0; index < 100; index++) progress.changed(index, "pod", "pending");
  for (let index = 0; index < 60; index++) progress.changed(index, "pod", "running");
  progress.finished(0, "gray");
  t.deepEqual(lines, ["0/100 workers done, 1 pending"]);
  wait(5_000);
  progress.tick();
  progress.tick();
  t.deepEqual(lines.slice(1), ["1/100 workers done, 59 running, 40 pending"]);
});

test("nothing is repeated if nothing has changed", (t) => {
  const { progress, lines, wait } = heard(100);
  progress.changed(0, "pod", "pending");
  wait(5_000);
  progress.tick();
  t.is(lines.length, 1);
});

test("a pod that keeps changing its state is reported like many workers, every five seconds", (t) => {
  const { progress, lines, wait } = heard(1);
  for (let i = 0; i < 10_000; i++) {
    progress.changed(0, "pod a", `state ${i}`);
    wait(10);
  }
  t.true(lines.length <= 200 + 21, `${lines.length} lines`);
});
