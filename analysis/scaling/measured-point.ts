// From one Job of a study to its point: computing only by the rules of every run's figures, and as its user waits.
import { assess } from "../assessment.ts";
import { slowestWith, tSlowest } from "../formulas.ts";
import { coresOf, hostsOf, processesOf } from "../hosts.ts";
import { tSlowestInterval } from "../intervals.ts";
import type { Collection, SingleMachine } from "../records.ts";
import { timedRun } from "../timed-run.ts";
import type { PlannedPoint, StudyPoint } from "./study-records.ts";

/** No figure of a point holds the single machine, and no check of a run whose seconds were given speaks of it. */
const noSingleMachine: SingleMachine = { mode: "given", seconds: 1 };

/** What a Job has measured as one point. Throws as `timedRun` does. */
export function measuredPoint(planned: PlannedPoint, { nodes: records, timeline }: Collection): StudyPoint {
  const { nodes, judgement } = assess({ nodes: records, timeline }, noSingleMachine);
  const { times, workerBounds, elapsed, cost } = timedRun(nodes, noSingleMachine, timeline);
  const [low, high] = workerBounds === null ? [null, null] : tSlowestInterval(workerBounds);
  const timeOf = new Map(nodes.map(({ node }, i) => [node, times[i] ?? times[0]]));
  return {
    ...planned,
    seconds: tSlowest(times),
    interval: low === null || high === null ? null : [low, high],
    elapsed,
    // Which pod came to which node Kubernetes has decided.
    times: planned.nodes.flatMap((node) => timeOf.get(node) ?? []),
    wait: cost.ofPods === null ? null : slowestWith(cost.ofPods, times),
    when: timeline.released,
    doubts: judgement.doubts,
    hosts: hostsOf(nodes).map((guests) => ({
      nodes: guests.map(({ node }) => node),
      cores: coresOf(guests),
      processes: processesOf(guests),
    })),
  };
}
