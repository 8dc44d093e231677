import test from "ava";
import { ConditionMissed, exitCodeOf } from "../../../scripts/stack/exit-code.ts";
import { PulumiFailed } from "../../../scripts/stack/pulumi-cli.ts";

const codes: [what: string, error: unknown, code: number][] = [
  ["a condition that was missed", new ConditionMissed("requirement-missed", "missed"), 3],
  ["Pulumi's own failures", new PulumiFailed("up", 255, false), 255],
  ["a Pulumi that is not logged in, whose code is that of a missed condition", new PulumiFailed("up", 3, false), 1],
  ["a failure of the script itself", new Error("no"), 1],
  ["what is no error", "no", 1],
];
for (const [what, error, code] of codes) {
  test(`${what} ends a script with ${code}`, (t) => {
    t.is(exitCodeOf(error), code);
  });
}
