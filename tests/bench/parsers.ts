// Whether ten times as much text costs about ten times as much processor time, for every parser of external text. Fails
// if it costs more than thirty times as much. Quadratic time would be a hundred times.
import { parseLog } from "../../analysis/pod-output.ts";
import { printableMessage } from "../../analysis/printable.js";
import { chooseContext, parseKubeconfig } from "../../components/cluster/existing/kubeconfig.ts";
import { explainSsh } from "../../components/cluster/existing/ssh-fault.ts";
import { csvOf } from "../../report/history/csv.ts";
import { parseHistory } from "../../report/history/entries.ts";
import { historyText } from "../../report/history/text.ts";
import { wrap } from "../../report/terminal-text.ts";
import { readRequirements } from "../../scripts/stack/requirements.ts";
import { entry } from "../helpers/example-history.ts";
import { logOf } from "../helpers/fake-cluster.ts";

const one = entry(1);
const project = "config: { cluster: { default: ssh } }";
const readers: Record<string, [unit: number, read: (n: number) => unknown]> = {
  "a log, lines": [100_000, (n) => parseLog("noise\n".repeat(n) + logOf(0), { source: "the pod" })],
  "a history, runs": [
    500,
    (n) => {
      const text = Array.from({ length: n }, (_, i) => JSON.stringify({ ...one, id: String(i) })).join("\n");
      const { entries } = parseHistory(text);
      historyText(entries, "UTC");
      return csvOf(entries);
    },
  ],
  "a kubeconfig, contexts": [
    500,
    (n) => {
      const contexts = Array.from({ length: n }, (_, i) => `- { name: c${i}, context: { cluster: a, user: b } }`);
      const rest = "clusters: [{ name: a, cluster: { server: 'https://x' } }]\nusers: [{ name: b, user: {} }]\n";
      return chooseContext(parseKubeconfig(`${rest}contexts:\n${contexts.join("\n")}\n`, "x"), "c1");
    },
  ],
  "a stack's file, keys": [
    2_000,
    (n) => readRequirements(project, `config:\n${Array.from({ length: n }, (_, i) => `  k${i}: v`).join("\n")}\n`, []),
  ],
  "a word to be wrapped, characters": [20_000, (n) => wrap("x".repeat(n), 100, "  ")],
  "words to be wrapped": [10_000, (n) => wrap("word ".repeat(n), 100, "  ")],
  "what ssh says, characters": [
    100_000,
    (n) => explainSsh({ code: 1, stderr: "sudo: ".repeat(n / 6), master: "red", file: "/x" }),
  ],
  "a message, characters": [1_000_000, (n) => printableMessage("\u001b[2J\n".repeat(n / 5))],
};

/** Seconds of processor time, the least of three. */
function cost(work: () => unknown): number {
  const costs = Array.from({ length: 3 }, () => {
    const begun = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / 1e6;
  });
  return Math.min(...costs);
}

for (const [what, [unit, read]] of Object.entries(readers)) {
  const [small, large] = [cost(() => read(unit)), cost(() => read(10 * unit))];
  // A millisecond is what the clock of the processor can tell.
  const ratio = large / Math.max(small, 0.001);
  console.log(
    `${what}: ${unit} in ${small.toFixed(3)} s, ten times as many in ${large.toFixed(3)} s: ${ratio.toFixed(1)}×`,
  );
  if (ratio > 30) process.exitCode = 1;
}
