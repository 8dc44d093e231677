// Runs all benchmarks, or those that are named, each with its own options after it: `npm run bench -- loops pods --workers=40`.
import { onTerminal, runTool } from "../../components/host/run-tool.ts";
import { logLine } from "../../components/program/log-line.ts";

/** Names, each with its arguments. The last three use stacks of their own. */
const benchmarks: Record<string, string[]> = {
  loops: [],
  coverage: [],
  checks: [],
  scaling: [],
  analysis: [],
  parsers: [],
  pods: [],
  procedure: ["--stack", "bench"],
  startup: ["--stack", "startup"],
  cycles: ["--stack", "cycles"],
};
const all = Object.keys(benchmarks);
/** What is asked for, each with its options. */
const asked: [name: string, ...options: string[]][] = [];
for (const word of process.argv.slice(2)) {
  const last = asked.at(-1);
  if (word.startsWith("--") && last !== undefined) last.push(word);
  else asked.push([word]);
}
for (const [name, ...options] of asked.length > 0 ? asked : all.map((name): [string] => [name])) {
  if (!all.includes(name)) {
    logLine(`There is no benchmark "${name}". Choose among ${all.join(", ")}.`);
    process.exitCode = 2;
    break;
  }
  console.log(`\n— ${name} —`);
  const script = [`tests/bench/${name}.ts`, ...(benchmarks[name] ?? []), ...options];
  const { code, interrupted } = await runTool("node", script, onTerminal);
  if (code !== 0) process.exitCode = code < 0 ? 1 : code;
  if (interrupted) break;
}
