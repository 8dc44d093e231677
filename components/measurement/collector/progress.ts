// How the user hears that it goes on: of few workers everything, of many a count now and then.

/** Up to so many workers, each change of state is a line. */
const few = 8;
/** Of more workers, a line at most every so many milliseconds. */
const pause = 5_000;

export class Progress {
  private readonly workers: number;
  private readonly say: (line: string) => void;
  private readonly now: () => number;
  private readonly states = new Map<number, string>();
  private readonly done = new Set<number>();
  private last = Number.NEGATIVE_INFINITY;
  private told = "";

  /** @param now milliseconds, from any origin. */
  constructor(workers: number, say: (line: string) => void, now: () => number = () => performance.now()) {
    this.workers = workers;
    this.say = say;
    this.now = now;
  }

  /** A worker's pod, `name` for short, is in another state. */
  changed(index: number, name: string, state: string): void {
    if (this.states.get(index) === state) return;
    this.states.set(index, state);
    if (this.workers <= few) this.say(`${name}: ${state}`);
    else this.tick();
  }

  /** A worker has given its result. */
  finished(index: number, node: string): void {
    this.states.delete(index);
    this.done.add(index);
    const count = `${this.done.size}/${this.workers} workers done`;
    if (this.workers <= few) this.say(`${count}: ${node}`);
    else if (this.done.size === this.workers) this.say(count);
    else this.tick();
  }

  /** Called now and then, so that the last change is told as well. */
  tick(): void {
    if (this.workers <= few || this.now() - this.last < pause) return;
    const counts = new Map<string, number>();
    for (const state of this.states.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
    const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, 3);
    const line = [`${this.done.size}/${this.workers} workers done`, ...most.map(([state, n]) => `${n} ${state}`)];
    if (line.join(", ") === this.told) return;
    this.told = line.join(", ");
    this.last = this.now();
    this.say(this.told);
  }
}
