// Parses a script's arguments: `--stack` is ours, and Pulumi gets the others.

import { parseArgs } from "node:util";
import { Failure } from "../../analysis/failure.js";

export interface ScriptArguments {
  stack: StackName;
  /** In their original order. */
  pulumiArgs: string[];
  /** Settings given as `--config KEY=VALUE`, in order. */
  config: string[];
}

export interface StackName {
  /** As passed to Pulumi: the name alone, or `ORGANIZATION/NAME` or `ORGANIZATION/pi-speedup/NAME`. */
  qualified: string;
  /** The last part, which the program itself knows. */
  name: string;
}

/** Pulumi's options that take a value, as far as that value could look like one of our options. */
const options = {
  stack: { type: "string", short: "s" },
  config: { type: "string", short: "c", multiple: true },
  message: { type: "string", short: "m" },
  verbose: { type: "string", short: "v" },
} as const;

/**
 * Takes `--stack NAME` (default: dev) out of the arguments.
 * @throws Failure when there is no name, more than one, or one that Pulumi would not take.
 */
export function parseArguments(args: readonly string[]): ScriptArguments {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const given = tokens
    .filter((token) => token.kind === "option")
    // After another letter, an `s` may be part of that option's value, as in `-tpods`. So `-s` only counts at the
    // beginning.
    .filter(({ name, index }) => name !== "stack" || /^(-s|--stack)/.test(args[index] ?? ""))
    .map((token) => ({ ...token, value: valueIn(token) }));
  const stacks = given.filter(({ name }) => name === "stack");
  const [stack, second] = stacks;
  if (second !== undefined) {
    throw new Failure(
      "stack-name-twice",
      `--stack was given ${stacks.length} times, but a script works on one stack. Leave out all but one of them.`,
    );
  }
  return {
    stack: stack === undefined ? { qualified: "dev", name: "dev" } : parseStackName(stack.value ?? ""),
    pulumiArgs: stack === undefined ? [...args] : without(args, stack),
    config: given.flatMap(({ name, value }) => (name === "config" && value !== undefined ? [value] : [])),
  };
}

/** Pulumi's log level: the number after `-v` or `--verbose`, 0 without one. */
export function verbosityOf(args: readonly string[]): number {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const levels = tokens.flatMap((token) =>
    token.kind === "option" && token.name === "verbose" ? [Number(valueIn(token) ?? 0)] : [],
  );
  return Math.max(0, ...levels);
}

/** Pulumi also accepts `-s=NAME`. */
function valueIn({ rawName, value }: { rawName: string; value?: string | undefined }): string | undefined {
  return rawName.startsWith("--") ? value : value?.replace(/^=/, "");
}

interface Given {
  index: number;
  value?: string | undefined;
  inlineValue?: boolean | undefined;
}

function without(args: readonly string[], { index, value, inlineValue }: Given): string[] {
  return args.toSpliced(index, value === undefined || inlineValue ? 1 : 2);
}

const allowed = `Use at most 100 letters, digits, ".", "_" and "-", beginning with a letter or a digit, for example \`--stack raspi\``;
const part = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** @throws Failure. */
export function parseStackName(text: string): StackName {
  if (text === "") {
    throw new Failure(
      "stack-name-missing",
      `--stack needs the name of a stack. ${allowed}, or leave it out for "dev".`,
    );
  }
  const parts = text.split("/");
  const name = parts.at(-1) ?? "";
  const project = parts.length === 3 ? parts[1] : "pi-speedup";
  if (parts.length > 3 || !parts.every((each) => part.test(each))) {
    throw new Failure(
      "stack-name-wrong",
      `--stack: ${JSON.stringify(text.slice(0, 200))} is not the name of a stack. ${allowed}.`,
    );
  }
  if (project !== "pi-speedup") {
    throw new Failure(
      "stack-of-another-project",
      `--stack: "${text}" names a stack of project "${project}", but this is pi-speedup. Use \`--stack ${parts[0]}/pi-speedup/${name}\`.`,
    );
  }
  return { qualified: text, name };
}

/**
 * Refuses an argument that a script does not know.
 * @param use what it knows, as a sentence.
 */
export function refuseUnknown(script: string, argument: string | undefined, use: string): void {
  if (argument === undefined) return;
  throw new Failure("arguments-unknown", `\`${script}\` does not know the argument "${argument}". ${use}.`);
}
