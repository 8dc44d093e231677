// Whether pods that have a node begin. What keeps a whole pod from it, such as a network that its node's plugin can't set up,
// stands in its events alone: its containers wait as they do where all is well.
import type { CoreV1Event } from "@kubernetes/client-node";
import { patience } from "./pod-creation.ts";
import type { PodState } from "./pod-state.ts";

/** Pods that are asked about at a time. */
const most = 3;

/** Of an event what counts here. */
type Told = Pick<CoreV1Event, "reason" | "message" | "count" | "series">;

/** The pods of one Job that have a node and have not begun. */
export class PodStart {
  private readonly tell: (line: string) => void;
  private readonly now: () => number;
  /** By uid: since when they have had a node, and since when something was said to keep them from beginning. */
  private readonly placed = new Map<string, { since: number; refused?: number; times: number }>();
  private readonly told = new Set<string>();

  /** @param now milliseconds, from any origin. */
  constructor(tell: (line: string) => void, now: () => number = () => performance.now()) {
    this.tell = tell;
    this.now = now;
  }

  /** Those about which to ask, a few. */
  late(pods: Iterable<PodState>): PodState[] {
    const late: PodState[] = [];
    for (const pod of pods) {
      if (pod.uid === undefined || pod.node === undefined || pod.started || pod.phase !== "active") continue;
      const known = this.placed.get(pod.uid) ?? { since: this.now(), times: 0 };
      this.placed.set(pod.uid, known);
      if (this.now() - known.since >= patience.quiet && late.length < most) late.push(pod);
    }
    return late;
  }

  /**
   * @param events of that pod.
   * @returns why it is given up, as the predicate of a sentence about it; undefined while it may still begin.
   */
  refusal({ uid = "", title }: PodState, events: readonly Told[]): string | undefined {
    const known = this.placed.get(uid);
    // The kubelet's own are called so, and others, such as that a name server is left out, are harmless.
    const failures = events.filter(({ reason = "" }) => /^Failed(?!Scheduling)|^NetworkNotReady$/.test(reason));
    const last = failures.at(-1);
    if (known === undefined || last === undefined) return undefined;
    const times = failures.reduce((sum, { series, count }) => sum + (series?.count ?? count ?? 1), 0);
    if (known.refused === undefined) Object.assign(known, { refused: this.now(), times });
    const why = `${last.reason}${last.message ? ` (${last.message})` : ""}`;
    if (!this.told.has(uid)) {
      this.told.add(uid);
      this.tell(`The ${title} does not begin: ${why}`);
    }
    const waited = this.now() - (known.refused ?? this.now());
    return waited >= patience.begin && times > known.times ? `cannot start: ${why}` : undefined;
  }
}
