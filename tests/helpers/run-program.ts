// Runs the programs behind the Commands as Pulumi does, but in this process, which is already started.
import pLimit from "p-limit";
import { type Ended, runProgram as run } from "../../components/program/run-program.ts";
import type { FakePrograms } from "./fake-programs.ts";
import { programsWithin } from "./programs-within.ts";

/** The environment and stderr are the process's. */
const oneAtATime = pLimit(1);

/** Runs the program of that name in a world of fake programs. */
export function runProgram(
  name: string,
  settings: object,
  { env, rules, note }: FakePrograms,
): Promise<Ended & { stderr: string }> {
  const work = () => run(name, async () => JSON.stringify(settings));
  return oneAtATime(async () => {
    const before = process.env;
    const write = process.stderr.write;
    let stderr = "";
    process.env = env;
    process.stderr.write = (text: string | Uint8Array) => {
      stderr += text;
      return true;
    };
    try {
      return { ...(await (rules ? programsWithin(rules, work, note) : work())), stderr };
    } finally {
      process.env = before;
      process.stderr.write = write;
    }
  });
}
