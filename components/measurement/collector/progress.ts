// Progress messages while the workers are busy: every change for a few workers, an occasional count for many.

/** Up to this number of workers, each change of state is a line. */
const maxDetailed = 8;
/**
 * This many changes are reported one by one. If there are more, someone may be abusing the output, so they are counted
 * as for many workers.
 */
const mostChanges = 200;
/** For more workers, at most one line in this many milliseconds. */
const interval = 5_000;

/** Reports the progress of one Job's workers. */
export class Progress {
  private readonly workers: number;
  private readonly writeLine: (line: string) => void;
  private readonly now: () => number;
  private readonly states = new Map<number, string>();
  private readonly done = new Set<number>();
  private lastWritten = Number.NEGATIVE_INFINITY;
  private lastLine = "";
  private changes = 0;

  /** @param now milliseconds, from any origin. */
  constructor(workers: number, writeLine: (line: string) => void, now: () => number = () => performance.now()) {
    this.workers = workers;
    this.writeLine = writeLine;
    this.now = now;
  }

  /** The state of a worker's pod, `name` for short, has changed. */
  changed(index: number, name: string, state: string): void {
    if (this.states.get(index) === state) return;
    this.states.set(index, state);
    this.changes++;
    if (this.isDetailed()) this.writeLine(`${name}: ${state}`);
    else this.tick();
  }

  private isDetailed(): boolean {
    return this.workers <= maxDetailed && this.changes <= mostChanges;
  }

  /** A worker has returned its result. */
  finished(index: number, node: string): void {
    this.states.delete(index);
    this.done.add(index);
    const count = `${this.done.size}/${this.workers} workers done`;
    if (this.workers <= maxDetailed) this.writeLine(`${count}: ${node}`);
    else if (this.done.size === this.workers) this.writeLine(count);
    else this.tick();
  }

  /** Called from time to time, so that the last change is reported as well. */
  tick(): void {
    if (this.isDetailed() || this.now() - this.lastWritten < interval) return;
    const counts = new Map<string, number>();
    for (const state of this.states.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
    const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, 3);
    const line = [`${this.done.size}/${this.workers} workers done`, ...most.map(([state, n]) => `${n} ${state}`)];
    if (line.join(", ") === this.lastLine) return;
    this.lastLine = line.join(", ");
    this.lastWritten = this.now();
    this.writeLine(this.lastLine);
  }
}
