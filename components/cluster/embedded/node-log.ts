// Finds out why a node of a new cluster does not start. k3d only reports a timeout. The reason is in the node's log,
// which is deleted with its container.
import { stripVTControlCharacters } from "node:util";
import { Failure } from "../../../analysis/failure.js";
import type { Labelled } from "../../host/labelled.ts";
import { lastLine, runTool } from "../../host/run-tool.ts";
import { isNode } from "./names.ts";

/** The number of log lines to inspect, and the seconds that Docker may take to return them. */
const limits = { lines: 400, seconds: 15 };
/** The most characters of a line to show. Some lines quote whole configurations. */
const mostCharacters = 400;

/** Lines in which a program gives up, or reports an error: K3s', Kubernetes' own, Go's. */
const signs = [
  /\blevel=(?:fatal|panic)\b|^F\d{4} |^panic: |"command failed"/,
  /\blevel=error\b|^E\d{4} |\b(?:error|failed)\b/i,
];

/** A node's log line about its end. */
export interface LastWords {
  line: string;
  /** 0: it gives up; 1: an error; 2: just its last line. */
  weight: number;
}

/** The most informative line of a log; undefined if it is empty. */
export function lastWordsIn(log: string): LastWords | undefined {
  const lines = stripVTControlCharacters(log)
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  for (const [weight, sign] of signs.entries()) {
    const line = lines.findLast((each) => sign.test(each));
    if (line !== undefined) return { line: message(line), weight };
  }
  const last = lines.at(-1);
  return last === undefined ? undefined : { line: message(last), weight: signs.length };
}

/**
 * Without timestamp, level and source location: `time="…" level=fatal msg="…"`, and `F1126 10:00:00.0 1 run.go:74] …`.
 */
function message(line: string): string {
  const [, quoted] = /\bmsg="((?:[^"\\]|\\.)*)"/.exec(line) ?? [];
  const told = quoted?.replaceAll(/\\(["\\])/g, "$1") ?? line.replace(/^[EF]\d{4} \S+\s+\d+ [\w.-]+:\d+\] /, "");
  return told.length > mostCharacters ? `${told.slice(0, mostCharacters)} …` : told;
}

/**
 * What the logs of a cluster's nodes say about why it does not start. A node that has ended or restarts repeatedly
 * comes before running ones. Undefined if no log says anything, or Docker does not answer.
 */
export async function causeInNodes(containers: readonly Labelled[]): Promise<string | undefined> {
  const nodes = containers.filter(({ name, kind }) => kind === "container" && isNode(name));
  const told = await Promise.all(
    nodes.map(async ({ id, name, state }) => {
      const words = lastWordsIn(await logOf(id));
      const runs = state === "running";
      // The last line of a running node is not a cause.
      if (words === undefined || (runs && words.weight === signs.length)) return [];
      return [{ text: `the log of ${name}: ${words.line}`, rank: words.weight + (runs ? 0.5 : 0) }];
    }),
  );
  return told.flat().sort((a, b) => a.rank - b.rank)[0]?.text;
}

async function logOf(container: string): Promise<string> {
  try {
    const { stdout, stderr } = await runTool("docker", ["logs", "--tail", String(limits.lines), container], {
      seconds: limits.seconds,
    });
    return `${stdout}\n${stderr}`;
  } catch (error) {
    // The error is reported anyway; this only looks for its cause.
    if (error instanceof Failure) return "";
    throw error;
  }
}

/** k3d's first error names the cause, and its last line only the consequence. */
export function k3dCause(output: string): string {
  const plain = stripVTControlCharacters(output);
  return /^ERRO\[\d+\] (.*\S)/m.exec(plain)?.[1] ?? lastLine(plain);
}
