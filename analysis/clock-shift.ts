// Checks a node's clock against the collector's. A program can't have started before its Job was released, or ended
// after its end was observed.
import type { NodeRecord } from "./records.ts";

/** Bounds for a program's timestamps, seconds since the epoch by the collector's clock. */
export interface Seen {
  /** When the Job was released. */
  released: number;
  /** The latest time at which its end was observed. */
  ended: number;
}

/**
 * The smallest number of seconds to add to a record's timestamps, so that they lie between the release and the observed
 * end. 0 if they already do. Null if no shift works, because the clock was set while the program ran.
 */
export function clockShiftOf({ started, ended }: Pick<NodeRecord, "started" | "ended">, seen: Seen): number | null {
  const [least, most] = [seen.released - started, seen.ended - ended];
  if (least > most) return null;
  return Math.min(Math.max(0, least), most);
}
