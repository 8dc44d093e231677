// Whether a node's clock agrees with the collector's: a program can't have started before the release of its Job, nor ended
// after its end was seen.
import type { NodeRecord } from "./records.ts";

/** What bounds a program's stamps, seconds since the epoch by the collector's clock. */
export interface Seen {
  /** When the Job was released. */
  released: number;
  /** When its end, at the latest, was seen. */
  ended: number;
}

/**
 * Seconds to add to a record's stamps: the least that put them between the release and the end that was seen, and 0 for
 * stamps that lie there. Null where no shift does, since the clock was set while the program ran.
 */
export function clockShiftOf({ started, ended }: Pick<NodeRecord, "started" | "ended">, seen: Seen): number | null {
  const [least, most] = [seen.released - started, seen.ended - ended];
  if (least > most) return null;
  return Math.min(Math.max(0, least), most);
}
