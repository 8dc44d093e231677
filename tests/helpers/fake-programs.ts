// Fake programs on PATH for the programs under test: each answers by rules, or never, and records its calls.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { ExecutionContext } from "ava";

/** The answer to a call whose arguments, joined by blanks, match. */
export type Rule = [args: RegExp, answer: { code?: number; stdout?: string; stderr?: string; hangs?: true }];

export interface FakePrograms {
  /** An environment with these programs, and of the real ones only node. */
  env: NodeJS.ProcessEnv;
  /** All calls so far, as `docker version …`. */
  calls(): string[];
}

/** Creates programs that are deleted when the test ends. A call without a rule succeeds and prints nothing. */
export function fakePrograms(t: ExecutionContext, programs: Record<string, Rule[]>): FakePrograms {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const log = join(folder, "calls");
  writeFileSync(log, "");
  for (const [name, rules] of Object.entries(programs)) {
    const known = rules.map(([args, answer]) => [args.source, answer]);
    const source = `#!${process.execPath}
const { appendFileSync } = require("node:fs");
const call = process.argv.slice(2).join(" ");
appendFileSync(${JSON.stringify(log)}, ${JSON.stringify(name)} + " " + call + "\\n");
const [, answer = {}] = ${JSON.stringify(known)}.find(([args]) => new RegExp(args).test(call)) ?? [];
if (answer.stdout) process.stdout.write(answer.stdout);
process.stderr.write(answer.stderr ?? "");
process.exitCode = answer.code ?? 0;
if (answer.hangs) setInterval(() => {}, 1000);
`;
    writeFileSync(join(folder, name), source, { mode: 0o755 });
  }
  return {
    env: { ...process.env, PATH: [folder, dirname(process.execPath)].join(delimiter) },
    calls: () => readFileSync(log, "utf8").split("\n").filter(Boolean),
  };
}
