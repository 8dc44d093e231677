// The programs behind the Commands, run as Pulumi runs them.
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { FakePrograms } from "./fake-programs.ts";

/** Runs the program of that name in a world of fake programs. */
export async function runProgram(name: string, settings: object, { env }: FakePrograms) {
  const child = spawn(process.execPath, ["components/program/main.ts", name], { stdio: "pipe", env });
  child.stdin.end(JSON.stringify(settings));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, stdout, stderr };
}
