// Shows that long steps are still running, and how long they took. Several may run in parallel.
import { logLine } from "../components/program/log-line.ts";

interface Step {
  title: string;
  begun: number;
  /** The last line of its program's output. */
  last: string;
}

const underWay = new Set<Step>();
let signOfLife: NodeJS.Timeout | undefined;

const secondsSince = (begun: number) => `${((performance.now() - begun) / 1000).toFixed(1)} s`;

/** Runs one step: prints its title to stderr at once, a sign of life every 15 seconds, and the time at the end. */
export async function step<T>(title: string, work: (onLine: (line: string) => void) => Promise<T>): Promise<T> {
  const step: Step = { title, begun: performance.now(), last: "" };
  logLine(`${title} …`);
  underWay.add(step);
  signOfLife ??= setInterval(tellUnderWay, 15_000);
  try {
    const result = await work((line) => {
      step.last = line;
    });
    logLine(`  ${title}: done in ${secondsSince(step.begun)}`);
    return result;
  } finally {
    underWay.delete(step);
    if (underWay.size === 0) {
      clearInterval(signOfLife);
      signOfLife = undefined;
    }
  }
}

function tellUnderWay(): void {
  for (const { title, begun, last } of underWay) {
    logLine(`  ${title}: still going on after ${secondsSince(begun)}${last && `: ${last.slice(0, 90)}`}`);
  }
}
