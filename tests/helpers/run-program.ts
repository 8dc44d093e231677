// Runs the programs behind the Commands as Pulumi does, but in this process, which is already started.
import { type Ended, runProgram as run } from "../../components/program/run-program.ts";
import type { FakePrograms } from "./fake-programs.ts";
import { inEnvironment } from "./in-environment.ts";
import { programsWithin } from "./programs-within.ts";

/** Runs the program of that name in a world of fake programs. */
export async function runProgram(
  name: string,
  settings: object,
  { env, rules, note }: FakePrograms,
): Promise<Ended & { stderr: string }> {
  const work = () => run(name, async () => JSON.stringify(settings));
  const { result, stderr } = await inEnvironment(env, () => (rules ? programsWithin(rules, work, note) : work()));
  return { ...result, stderr };
}
