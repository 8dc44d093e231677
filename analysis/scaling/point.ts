// Turns the reports of a Job's pods and its collector into a point of a study, by the same rules as an ordinary run.

import { assess } from "../assessment.ts";
import { Failure } from "../failure.js";
import * as formulas from "../formulas.ts";
import { coresOf, hostsOf, processesOf } from "../hosts.ts";
import type { NodeRecord, Timeline } from "../records.ts";
import { timedRun } from "../timed-run.ts";
import type { PlannedPoint, StudyPoint } from "./study-records.ts";

/**
 * The planned point, measured.
 * @throws Failure if the pods ran elsewhere than planned, or if `timedRun` throws one.
 */
export function studyPoint(
  planned: PlannedPoint,
  { nodes: records, timeline }: { nodes: readonly NodeRecord[]; timeline: Timeline | null },
): StudyPoint {
  const byNode = new Map(records.map((record) => [record.node, record]));
  const nodes = planned.nodes.flatMap((name) => byNode.get(name) ?? []);
  if (nodes.length !== planned.nodes.length || nodes.length !== records.length) {
    throw new Failure(
      "study-elsewhere",
      `Point ${planned.position} of block ${planned.block} was planned on ${planned.nodes.join(", ")}, but ran on ${records.map(({ node }) => node).join(", ")}. Measure the study again with \`npm run measure\`.`,
    );
  }
  // A point has no single machine. Its seconds are given, and the figures derived from them are not used.
  const seconds = records.reduce((sum, record) => sum + record.seconds, 0) / records.length;
  const single = { mode: "given", seconds } as const;
  const { metrics, judgement } = assess({ nodes: records, timeline }, single);
  const { times, cost } = timedRun(records, single, timeline);
  // `timedRun` sorts the records by index.
  const indexed = records.toSorted((a, b) => a.index - b.index);
  const timeOf = new Map(indexed.map((record, i) => [record, times[i] ?? times[0]]));
  return {
    ...planned,
    seconds: metrics.tSlowest,
    interval: metrics.tSlowestCI95 && [metrics.tSlowestCI95[0], metrics.tSlowestCI95[1]],
    elapsed: metrics.elapsed,
    times: nodes.map((record) => timeOf.get(record) ?? record.seconds),
    wait: cost.ofPods && formulas.slowestWith(cost.ofPods, times),
    when: timeline?.released ?? null,
    doubts: judgement.doubts,
    hosts: hostsOf(nodes).map((guests) => ({
      nodes: guests.map(({ node }) => node),
      cores: coresOf(guests),
      processes: processesOf(guests),
    })),
  };
}
