// Whether pods that have a node begin. If something prevents a whole pod, such as a network that its node's plugin cannot
// set up, only the events show it. The containers wait in the same state as in a normal start.
import type { CoreV1Event } from "@kubernetes/client-node";
import { patience } from "./pod-creation.ts";
import type { PodState } from "./pod-state.ts";

/** The most pods whose events are requested at a time. */
const most = 3;

/** The fields of an event that are used here. */
type Told = Pick<CoreV1Event, "reason" | "message" | "count" | "series">;

/** The pods of one Job that have a node and have not begun. */
export class PodStart {
  private readonly tell: (line: string) => void;
  private readonly now: () => number;
  /** By uid: when the pod got its node, and when an event first reported a problem. */
  private readonly placed = new Map<string, { since: number; refused?: number; times: number }>();
  private readonly told = new Set<string>();

  /** @param now milliseconds, from any origin. */
  constructor(tell: (line: string) => void, now: () => number = () => performance.now()) {
    this.tell = tell;
    this.now = now;
  }

  /** A few pods that are late, whose events should be requested. */
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
   * @returns the reason to give up the pod, as the predicate of a sentence about it; undefined while it may still begin.
   */
  refusal({ uid = "", title }: PodState, events: readonly Told[]): string | undefined {
    const known = this.placed.get(uid);
    // The kubelet's failures have these names. Other events, such as one about an omitted name server, are harmless.
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
    return waited >= patience.begin && times > known.times ? `cannot begin: ${why}` : undefined;
  }
}
