// Runs `npm test`, then `npm run e2e`, as a new developer would. The last line contains ava's totals of both.
import { runTool } from "../../components/host/run-tool.ts";

/** Runs an npm script, shows its output, and returns its exit code and ava's counts. */
async function check(script: string): Promise<{ code: number; passed: number; failed: number }> {
  const { code, stdout } = await runTool("npm", ["run", "--silent", script], {
    // Who runs it looks on, and has a limit of their own.
    seconds: Number.POSITIVE_INFINITY,
    stdout: "both",
    stderr: "shown",
    most: 100_000_000,
    // More of what depends on chance than in a developer's run.
    env: { ...process.env, THOROUGH: "yes" },
  });
  const count = (pattern: RegExp) => [...stdout.matchAll(pattern)].reduce((sum, [, n]) => sum + Number(n), 0);
  const failed =
    count(/^ {2}(\d+) (?:tests?|hooks?) failed$/gm) +
    count(/^ {2}(\d+) (?:uncaught exceptions?|unhandled rejections?)$/gm) +
    count(/^ {2}(\d+) tests? remained pending after a timeout$/gm);
  return { code, passed: count(/^ {2}(\d+) tests? passed$/gm), failed };
}

const results: Awaited<ReturnType<typeof check>>[] = [];
for (const script of ["test", "e2e"]) {
  const result = await check(script);
  results.push(result);
  if (result.code !== 0 || result.passed === 0) {
    process.exitCode = 1;
    console.log(`npm run ${script}: exit code ${result.code}, ${result.passed} tests passed`);
    break;
  }
}
const total = (key: "passed" | "failed") => results.reduce((sum, result) => sum + result[key], 0);
console.log(`${total("passed")} passed, ${total("failed")} failed`);
