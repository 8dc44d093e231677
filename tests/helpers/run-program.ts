// Runs the programs behind the Commands as Pulumi does.
import { runTool, type ToolResult } from "../../components/host/run-tool.ts";
import type { FakePrograms } from "./fake-programs.ts";

/** Runs the program of that name in a world of fake programs. */
export function runProgram(name: string, settings: object, { env }: FakePrograms): Promise<ToolResult> {
  return runTool(process.execPath, ["components/program/main.ts", name], {
    seconds: 120,
    env,
    input: JSON.stringify(settings),
  });
}
