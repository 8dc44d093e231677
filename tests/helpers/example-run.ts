// A whole run for tests of findings: sound unless a test changes it.
import { type Assessment, assess } from "../../analysis/assessment.ts";
import type { BaselineRecord, NodeRecord, Part, PodTimes, Run } from "../../analysis/records.ts";
import { baselineRecord, nodeRecord, podTimes } from "./example-records.ts";

/** Rounds that differ by 2 %, without a trend. */
export const steady: readonly number[] = [1, 1.01, 1, 1.02, 1.01, 1];

/** When the Job is released, seconds since the epoch. */
export const released = 1000;

type Changes = Partial<Omit<Run, "machine" | "rounds" | "seconds">> & {
  machine?: Partial<Run["machine"]>;
  digest?: string | null;
};

type SingleChanges = Changes &
  Partial<Pick<BaselineRecord, "mode" | "parts" | "rounds">> & { seconds?: readonly number[] };

/** Differences from a sound run. */
export interface Given {
  /** Each worker's changes; `seconds` are those of its rounds, `started` when it began. */
  workers?: readonly (Changes & { node?: string; rounds?: Run["rounds"]; seconds?: readonly number[] })[];
  /** A number: its seconds were given. */
  single?: number | SingleChanges;
  /** By the workers' order. */
  pods?: readonly Partial<PodTimes>[];
  /** Null: the collector did not see it. */
  released?: number | null;
  /** Null: nothing is known of the times. */
  timeline?: null;
}

/** All findings on a run of three workers, each on its own machine with one core, with the given changes. */
export function assessed({ workers = [{}, {}, {}], single = {}, pods = [], ...times }: Given): Assessment {
  const nodes = workers.map(
    ({ seconds = steady, started = released + 0.5, machine, ...changed }, index): NodeRecord => {
      const record = nodeRecord({ index, seconds, started, warmUp: 0.5, coolDown: 0.5 });
      return { ...record, cores: 1, ...changed, machine: { ...record.machine, bootId: `boot-${index}`, ...machine } };
    },
  );
  const seen = nodes.map(({ index, ended, started }) => {
    // The collector's clock is right, even if a node's is not.
    const finished = released + 0.5 + (ended - started) + Math.max(0, started - released - 0.5);
    return podTimes({
      index,
      scheduled: released,
      started: released + 0.4,
      finished,
      read: finished - released,
      ...pods[index],
    });
  });
  const timeline =
    times.timeline === null ? null : { released: times.released === undefined ? released : null, pods: seen };
  const last = Math.max(...seen.map(({ read }) => read ?? 0));
  return assess(
    { nodes, timeline },
    typeof single === "number" ? { mode: "given", seconds: single } : measured(single, last),
  );
}

function measured({ seconds = steady, machine, ...changed }: SingleChanges, last: number): BaselineRecord {
  const half = Math.ceil(seconds.length / 2);
  const before = seconds.slice(0, half).reduce((sum, each) => sum + each, 0);
  const record = aroundJob(baselineRecord(seconds, released - 1 - before), released + last + 1);
  return { ...record, cores: 1, ...changed, machine: { ...record.machine, ...machine } };
}

/** The same record with its second half begun at this moment. */
export function aroundJob(record: BaselineRecord, second: number): BaselineRecord {
  const end = record.parts[0]?.ended ?? record.started;
  const move = (part: Part) => (part === "before" ? 0 : second - end);
  return {
    ...record,
    parts: record.parts.map((each) => ({
      ...each,
      started: each.started + move(each.part),
      ended: each.ended + move(each.part),
    })),
    rounds: record.rounds.map((each) => ({
      ...each,
      start: each.start + move(each.part),
      end: each.end + move(each.part),
    })),
    ended: record.ended + move("after"),
  };
}
