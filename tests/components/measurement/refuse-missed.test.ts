// A missed condition under Pulumi's mocks: when it fails the deployment, and when not. Failures of an unused output
// reach the process as unhandled rejections, which is how Pulumi ends a deployment.
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import test from "ava";
import type { JudgedRequirement } from "../../../analysis/requirements.ts";
import { refuseMissed } from "../../../components/measurement/refuse-missed.ts";
import { toldByScript } from "../../../components/measurement/told-by-script.ts";

/** Each once: an output has several promises, of which each is rejected. */
const failures = new Set<unknown>();
// Ours instead of the test runner's, which would take them for failures of the tests.
process.removeAllListeners("unhandledRejection");
process.on("unhandledRejection", (error) => failures.add(error));

const judged = (verdict: JudgedRequirement["verdict"]): JudgedRequirement[] => [
  { text: "overhead <= 5", value: 7, interval: null, verdict },
];

interface Given {
  verdict?: JudgedRequirement["verdict"];
  preview?: boolean;
  script?: boolean;
  others?: pulumi.Input<unknown>[];
}

/** What the deployment fails with. */
async function failing({
  verdict = "missed",
  preview = false,
  script = false,
  others = [],
}: Given): Promise<unknown[]> {
  failures.clear();
  pulumi.runtime.setMocks(
    { newResource: () => ({ id: "", state: {} }), call: () => ({}) },
    "pi-speedup",
    "dev",
    preview,
  );
  if (script) process.env[toldByScript] = "yes";
  refuseMissed(pulumi.output(judged(verdict)), others);
  delete process.env[toldByScript];
  await sleep(50);
  return [...failures];
}

test.serial("a condition that is missed fails the deployment with its message alone", async (t) => {
  const [error, ...others] = await failing({});
  t.deepEqual(others, []);
  t.true(pulumi.RunError.isInstance(error));
  t.regex(String(error), /missed a condition of pi-speedup:require: "overhead <= 5" \(measured: 7\)/);
});

const passing: [what: string, given: Given][] = [
  ["a condition that is met", { verdict: "met" }],
  ["a condition of which nobody can tell", { verdict: "can't tell" }],
  ["a preview, also of a stack whose figures are known", { preview: true }],
  ["a deployment by our scripts, which tell it themselves", { script: true }],
];
for (const [what, given] of passing) {
  test.serial(`${what} does not fail the deployment`, async (t) => {
    t.deepEqual(await failing(given), []);
  });
}

test.serial("the failure comes after everything else is complete", async (t) => {
  const late = Promise.withResolvers<string>();
  t.deepEqual(await failing({ others: [late.promise] }), []);
  late.resolve("there");
  await sleep(50);
  t.is(failures.size, 1);
});
