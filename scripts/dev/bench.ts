// Runs all benchmarks, or those that are named: `npm run bench -- loops`.
import { onTerminal, runTool } from "../../components/host/run-tool.ts";
import { logLine } from "../../components/program/log-line.ts";

/** Names, each with its arguments. The last two use stacks of their own. */
const benchmarks: Record<string, string[]> = {
  loops: [],
  coverage: [],
  checks: [],
  scaling: [],
  analysis: [],
  parsers: [],
  procedure: ["--stack", "bench"],
  cycles: ["--stack", "cycles"],
};
const all = Object.keys(benchmarks);
const asked = process.argv.slice(2);
for (const name of asked.length > 0 ? asked : all) {
  if (!all.includes(name)) {
    logLine(`There is no benchmark "${name}". Choose among ${all.join(", ")}.`);
    process.exitCode = 2;
    break;
  }
  console.log(`\n— ${name} —`);
  const script = [`tests/bench/${name}.ts`, ...(benchmarks[name] ?? [])];
  const { code, interrupted } = await runTool("node", script, onTerminal);
  if (code !== 0) process.exitCode = code < 0 ? 1 : code;
  if (interrupted) break;
}
