// Long steps tell that they go on, and how long they took.

/** Runs one step: its title on stderr at once, a sign of life every 15 seconds, the time at the end. */
export async function step<T>(title: string, work: (say: (line: string) => void) => Promise<T>): Promise<T> {
  const begun = performance.now();
  const took = () => `${((performance.now() - begun) / 1000).toFixed(1)} s`;
  let last = "";
  console.error(`${title} …`);
  const sign = setInterval(
    () => console.error(`  still at it after ${took()}${last && `: ${last.slice(0, 100)}`}`),
    15_000,
  );
  try {
    const result = await work((line) => {
      last = line;
    });
    console.error(`  done in ${took()}`);
    return result;
  } finally {
    clearInterval(sign);
  }
}
