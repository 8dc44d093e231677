// Long steps tell that they go on, and how long they took.

/** Steps under way, outermost first: only the innermost gives signs of life. */
const underWay: string[] = [];

/** Runs one step: its title on stderr at once, a sign of life every 15 seconds, the time at the end. */
export async function step<T>(title: string, work: (say: (line: string) => void) => Promise<T>): Promise<T> {
  const begun = performance.now();
  const took = () => `${((performance.now() - begun) / 1000).toFixed(1)} s`;
  const indent = "  ".repeat(underWay.length);
  let last = "";
  console.error(`${indent}${title} …`);
  underWay.push(title);
  const sign = setInterval(() => {
    if (underWay.at(-1) === title)
      console.error(`${indent}  still at it after ${took()}${last && `: ${last.slice(0, 90)}`}`);
  }, 15_000);
  try {
    const result = await work((line) => {
      last = line;
    });
    console.error(`${indent}  done in ${took()}`);
    return result;
  } finally {
    underWay.splice(underWay.lastIndexOf(title), 1);
    clearInterval(sign);
  }
}
