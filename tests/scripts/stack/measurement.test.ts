import test from "ava";
import { existingMeasurement } from "../../../scripts/stack/measurement.ts";
import { PulumiCli } from "../../../scripts/stack/pulumi-cli.ts";
import { fakePrograms } from "../../helpers/fake-programs.ts";
import { assertFault } from "../../helpers/faults.ts";

test("a stack that has measured nothing has nothing to report", async (t) => {
  const { env } = fakePrograms(t, { pulumi: [[/^stack output/, { stdout: "{}" }]] });
  const pulumi = new PulumiCli({ stack: "dev", configFile: "none", env, folder: process.cwd() });
  const { PATH } = process.env;
  process.env.PATH = env.PATH;
  try {
    const { message } = await t.throwsAsync(existingMeasurement({ name: "dev", pulumi }));
    assertFault(t, "never-measured", message);
  } finally {
    process.env.PATH = PATH;
  }
});
