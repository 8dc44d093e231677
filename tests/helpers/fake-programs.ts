// Fake programs on PATH for the programs under test: each answers by rules, or never, and records its calls.
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  /** What they answer within this process; nothing if only the real programs know. */
  rules?: Record<string, readonly Rule[]>;
  /** Notes a call of such a program. */
  note(call: string): void;
}

/** Creates programs that are deleted when the test ends. A call without a rule succeeds and prints nothing. */
export function fakePrograms(t: ExecutionContext, programs: Record<string, Rule[]>): FakePrograms {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const log = join(folder, "calls");
  writeFileSync(log, "");
  for (const [name, rules] of Object.entries(programs)) {
    const source = [
      `#!${bash()} -p`,
      'call="$*"',
      `printf '%s %s\\n' ${quoted(name)} "$call" >> ${quoted(log)}`,
      ...rules.flatMap(([args, answer]) => [
        `pattern=${quoted(patternOf(args))}`,
        `if [[ $call =~ $pattern ]]; then ${answering(answer)}; fi`,
      ]),
      "",
    ].join("\n");
    writeFileSync(join(folder, name), source, { mode: 0o755 });
  }
  return {
    env: { ...process.env, PATH: [folder, dirname(process.execPath)].join(delimiter) },
    calls: () => readFileSync(log, "utf8").split("\n").filter(Boolean),
    rules: programs,
    note: (call) => appendFileSync(log, `${call}\n`),
  };
}

/** Quotes one word for the shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** Node.js takes more than ten times as long to start, and the tests make a thousand such calls. */
function bash(): string {
  const found = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "bash"));
  return found.find((file) => existsSync(file)) ?? "/bin/bash";
}

/** @throws Error if the pattern has another meaning for the shell. */
function patternOf({ source, flags }: RegExp): string {
  if (flags === "" && !/\\[A-Za-z0-9]|\(\?|[*+?}]\?/.test(source)) return source.replaceAll("\\/", "/");
  throw new Error(
    `The pattern /${source}/${flags} of a fake program is not the same in bash. Use no flags, no classes such as \\d, no (?…) and no lazy repetition.`,
  );
}

function answering({ code = 0, stdout = "", stderr = "", hangs }: Rule[1]): string {
  // A script cannot contain NUL, so its code is written.
  const words = (text: string) => quoted(text.replaceAll("\\", "\\\\").replaceAll("\0", "\\0000"));
  const end = hangs ? `exec ${quoted(process.execPath)} -e 'setInterval(() => {}, 1000)'` : `exit ${code}`;
  return `printf %b ${words(stdout)}; printf %b ${words(stderr)} >&2; ${end}`;
}
