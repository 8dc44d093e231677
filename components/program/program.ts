// A program behind a Command: reads settings, does its work, and returns a result, as its contract says.
import * as v from "valibot";
import type { Contract } from "./contract.ts";

export interface Program {
  /** Its contract's name. */
  readonly name: string;
  /**
   * Does the work.
   * @param stdin the settings as JSON.
   * @returns the result as JSON.
   * @throws Failure if the work fails for a reason that the user can fix.
   */
  execute(stdin: string): Promise<string>;
}

/** The program that does `work` by a contract. Its result is validated before it is returned. */
export function program<Settings extends v.GenericSchema, Result extends v.GenericSchema>(
  { name, settings, result }: Contract<Settings, Result>,
  work: (settings: v.InferOutput<Settings>) => Promise<v.InferInput<Result>>,
): Program {
  return {
    name,
    async execute(stdin) {
      const parsed = v.safeParse(result, await work(parseSettings(name, settings, stdin)));
      if (parsed.success) return JSON.stringify(parsed.output);
      throw new Error(`Result of the program ${name}: ${placeOf(parsed.issues[0])}.`);
    },
  };
}

/** The text is never quoted, because it may contain a kubeconfig. */
function parseSettings<Settings extends v.GenericSchema>(
  name: string,
  schema: Settings,
  stdin: string,
): v.InferOutput<Settings> {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), stdin);
  if (parsed.success) return parsed.output;
  throw new Error(`Settings of the program ${name}: ${placeOf(parsed.issues[0])}.`);
}

/** The place of an unexpected value. The value itself may be a secret. */
function placeOf(issue: v.BaseIssue<unknown>): string {
  return `${v.getDotPath(issue) ?? "the whole of it"}: expected ${issue.expected ?? "something else"}`;
}
