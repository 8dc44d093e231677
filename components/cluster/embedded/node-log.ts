// Why a node of a new cluster does not come up: k3d says only that it waited in vain, the reason stands in the node's own log,
// and that goes with its container.
import { stripVTControlCharacters } from "node:util";
import { Failure } from "../../../analysis/failure.js";
import type { Labelled } from "../../host/labelled.ts";
import { lastLine, runTool } from "../../host/run-tool.ts";
import { isNode } from "./names.ts";

/** Lines of a log that are looked at, and seconds that Docker may take to give them. */
const limits = { lines: 400, seconds: 15 };
/** Characters of a line that are told: some quote whole configurations. */
const mostCharacters = 400;

/** A line by which a program says that it gives up, then one that tells of an error: K3s', Kubernetes' own, Go's. */
const signs = [
  /\blevel=(?:fatal|panic)\b|^F\d{4} |^panic: |"command failed"/,
  /\blevel=error\b|^E\d{4} |\b(?:error|failed)\b/i,
];

/** What a node says of its end. */
export interface LastWords {
  line: string;
  /** 0: that it gives up; 1: of an error; 2: only that it was the last. */
  weight: number;
}

/** The line of a log that tells most; undefined for an empty one. */
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

/** Without stamp, level and place in the sources: `time="…" level=fatal msg="…"`, and `F1126 10:00:00.0 1 run.go:74] …`. */
function message(line: string): string {
  const [, quoted] = /\bmsg="((?:[^"\\]|\\.)*)"/.exec(line) ?? [];
  const told = quoted?.replaceAll(/\\(["\\])/g, "$1") ?? line.replace(/^[EF]\d{4} \S+\s+\d+ [\w.-]+:\d+\] /, "");
  return told.length > mostCharacters ? `${told.slice(0, mostCharacters)} …` : told;
}

/**
 * What the logs of a cluster's nodes say of why it does not come up: of one that has ended, or is started again and again,
 * before those that run. Undefined where none tells, or Docker does not answer.
 */
export async function causeInNodes(containers: readonly Labelled[]): Promise<string | undefined> {
  const nodes = containers.filter(({ name, kind }) => kind === "container" && isNode(name));
  const told = await Promise.all(
    nodes.map(async ({ id, name, state }) => {
      const words = lastWordsIn(await logOf(id));
      const runs = state === "running";
      // The last line of a node that runs is no cause of anything.
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
    // It is only asked for the cause of something that is told anyway.
    if (error instanceof Failure) return "";
    throw error;
  }
}

/** k3d's first error names the cause, its last line only the consequence. */
export function k3dCause(output: string): string {
  const plain = stripVTControlCharacters(output);
  return /^ERRO\[\d+\] (.*\S)/m.exec(plain)?.[1] ?? lastLine(plain);
}
