import { existsSync } from "node:fs";
import test from "ava";
import fc from "fast-check";
import { parseArguments, parseStackName, refuseUnknown, verbosityOf } from "../../../scripts/stack/arguments.ts";
import { assertFault } from "../../helpers/faults.ts";
import { runScript } from "../../helpers/in-environment.ts";

const good: [args: string[], name: string, pulumiArgs: string[]][] = [
  [[], "dev", []],
  [["baseline", "--stack", "raspi", "--refresh"], "raspi", ["baseline", "--refresh"]],
  [["--stack=raspi", "--refresh"], "raspi", ["--refresh"]],
  [["-s", "raspi"], "raspi", []],
  [["-sraspi"], "raspi", []],
  [["-s=raspi", "-y"], "raspi", ["-y"]],
  [["-tpods", "-Cinfra/aws", "-s", "raspi"], "raspi", ["-tpods", "-Cinfra/aws"]],
  [["-Csub"], "dev", ["-Csub"]],
  [["--stack", "a.b_c-1"], "a.b_c-1", []],
  [["--config=pi-speedup:run=a=b"], "dev", ["--config=pi-speedup:run=a=b"]],
  [["--config", "seed=--stack", "-s", "raspi"], "raspi", ["--config", "seed=--stack"]],
  [["--message", "--stack", "--yes"], "dev", ["--message", "--stack", "--yes"]],
  [["--", "--stack", "x"], "dev", ["--", "--stack", "x"]],
];
for (const [args, name, pulumiArgs] of good) {
  test(`"${args.join(" ")}" is the stack ${name}, and "${pulumiArgs.join(" ")}" is Pulumi's`, (t) => {
    t.like(parseArguments(args), { stack: { qualified: name, name }, pulumiArgs });
  });
}

test("a stack of an organization keeps its whole name for Pulumi", (t) => {
  t.deepEqual(parseArguments(["--stack", "acme/raspi"]).stack, { qualified: "acme/raspi", name: "raspi" });
  t.deepEqual(parseArguments(["--stack", "acme/pi-speedup/raspi"]).stack.name, "raspi");
});

const bad: [fault: string, args: string[]][] = [
  ["stack-name-wrong", ["--stack", "--yes"]],
  ["stack-name-wrong", ["-s", "-y"]],
  ["stack-name-wrong", ["--stack=-dev"]],
  ["stack-name-wrong", ["--stack", ".."]],
  ["stack-name-wrong", ["--stack", "../dev"]],
  ["stack-name-wrong", ["--stack", "a b"]],
  ["stack-name-wrong", ["--stack", "a/b/c/d"]],
  ["stack-name-wrong", ["--stack", "/dev"]],
  ["stack-name-wrong", ["--stack", "x".repeat(101)]],
  ["stack-name-wrong", ["--stack", "a\u001b[2J"]],
  ["stack-name-wrong", ["--stack", "π"]],
  ["stack-name-missing", ["--stack"]],
  ["stack-name-missing", ["--refresh", "-s"]],
  ["stack-name-missing", ["--stack="]],
  ["stack-name-missing", ["--stack", ""]],
  ["stack-name-missing", ["-s="]],
  ["stack-name-twice", ["--stack", "a", "--stack", "b"]],
  ["stack-of-another-project", ["--stack", "acme/other/dev"]],
];
for (const [fault, args] of bad) {
  test(`${JSON.stringify(args.join(" "))} is refused (${fault})`, (t) => {
    assertFault(t, fault, t.throws(() => parseArguments(args)).message);
  });
}

const levels: [args: string[], level: number][] = [
  [[], 0],
  [["-v=9"], 9],
  [["-v", "9"], 9],
  [["-v9"], 9],
  [["--verbose=11", "--yes"], 11],
  [["--verbose", "3", "-v=7"], 7],
  [["--message", "-v=9"], 0],
];
for (const [args, level] of levels) {
  test(`"${args.join(" ")}" asks Pulumi to log at level ${level}`, (t) => {
    t.is(verbosityOf(args), level);
  });
}

test("no accepted name leads out of a folder, looks like an option, or controls the terminal", (t) => {
  const anything = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: fc.constantFrom(..."./-_ab0\n\u001b=") }),
  );
  fc.assert(
    fc.property(anything, (text) => {
      try {
        t.regex(parseStackName(text).name, /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/);
      } catch (error) {
        t.true(error instanceof Error && !/[\p{Cc}]/u.test(error.message), String(error));
      }
    }),
    { numRuns: 5000 },
  );
});

for (const script of ["up", "measure", "output", "report", "history", "down"]) {
  test.serial(`\`${script}\` with a wrong name of a stack ends before it has done anything`, async (t) => {
    const { argv } = process;
    process.argv = [process.execPath, script, "--stack", "--yes"];
    t.teardown(() => Object.assign(process, { argv }));
    // Nothing can be fetched, built or started.
    const { href } = new URL(`../../../scripts/${script}.ts`, import.meta.url);
    const { code, stderr } = await runScript(href, { PATH: "/nowhere", HOME: "/nowhere" });
    t.is(code, 1);
    assertFault(t, "stack-name-wrong", stderr);
    t.false(existsSync(".pi-speedup/stack/Pulumi.--yes.yaml"));
  });
}

for (const script of ["history", "report"]) {
  test(`\`${script}\` names the argument that it does not know`, (t) => {
    const message = t.throws(() => refuseUnknown(script, "--cvs", "Use `--csv`")).message;
    assertFault(t, "arguments-unknown", message);
  });
}
