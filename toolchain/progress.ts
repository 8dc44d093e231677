// Long steps tell that they go on, and how long they took. Several may be under way at once.
import { logLine } from "../components/program/log-line.ts";

interface Step {
  title: string;
  begun: number;
  /** The last line of the program that does it. */
  last: string;
}

const underWay = new Set<Step>();
let signOfLife: NodeJS.Timeout | undefined;

const secondsSince = (begun: number) => `${((performance.now() - begun) / 1000).toFixed(1)} s`;

/** Runs one step: its title on stderr at once, a sign of life every 15 seconds, the time at the end. */
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
