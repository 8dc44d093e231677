import { delimiter, dirname } from "node:path";
import test, { type ExecutionContext } from "ava";
import { madeTooLongAgo, oldClusterMessage } from "../../../scripts/stack/cluster-age.ts";
import { fakePrograms, type Rule } from "../../helpers/fake-programs.ts";
import { assertFault } from "../../helpers/faults.ts";

const now = new Date("2027-01-01T00:00:00Z");

/** What comes of a container of which Docker says this. */
async function made(t: ExecutionContext, answer: Rule[1]): Promise<Date | undefined> {
  const { env } = fakePrograms(t, { docker: [[/^container inspect /, answer]] });
  const before = process.env.PATH;
  process.env.PATH = [env.PATH?.split(delimiter)[0], dirname(process.execPath)].join(delimiter);
  try {
    return await madeTooLongAgo("id", now);
  } finally {
    process.env.PATH = before;
  }
}

const cases: [what: string, answer: Rule[1], old: boolean][] = [
  ["of a day", { stdout: "2026-12-31T00:00:00.123456789Z\n" }, false],
  ["of 359 days", { stdout: "2026-01-07T00:00:00Z\n" }, false],
  ["of 361 days", { stdout: "2026-01-05T00:00:00Z\n" }, true],
  ["of two years", { stdout: "2025-01-01T00:00:00Z\n" }, true],
  ["of tomorrow, after a clock was set back", { stdout: "2027-01-02T00:00:00Z\n" }, false],
  ["that is gone", { code: 1, stdout: "\n" }, false],
  ["of which Docker says something else", { stdout: "a long time ago\n" }, false],
];
for (const [what, answer, old] of cases) {
  test.serial(`a cluster ${what} is ${old ? "made again" : "left as it is"}`, async (t) => {
    t.is((await made(t, answer)) !== undefined, old);
  });
}

test("the user is told which cluster it is and why it is made again", (t) => {
  const message = oldClusterMessage("pi-speedup-00000001", "dev", new Date("2026-01-05T12:00:00Z"));
  assertFault(t, "certificates-ended", message);
  t.true(message.includes("2026-01-05"));
});
