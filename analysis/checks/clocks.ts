// Whether the nodes' clocks agree with the API server's.
import { decimal } from "../format.ts";
import { type Check, doubtWorst, type MachineFinding } from "./finding.ts";

/** Kubernetes stamps whole seconds. */
const stamp = 1;

/** Doubts clocks that are further off than Kubernetes' whole seconds explain. */
export const clocks: Check = ({ nodes, timeline }) => {
  const findings = nodes.flatMap((node): MachineFinding[] => {
    const pod = timeline?.pods.find(({ index }) => index === node.index);
    const behind = Math.max(timeline?.created ?? 0, pod?.scheduled ?? 0) - node.started;
    const ahead = node.ended - (pod?.finished ?? Number.POSITIVE_INFINITY) - stamp;
    const off = Math.max(behind, ahead);
    if (off <= stamp) return [];
    const how = `at least ${decimal(off)} s ${behind > ahead ? "behind" : "ahead of"} the API server's`;
    return [{ name: node.node, badness: off, found: `The clock of ${node.node} is ${how}` }];
  });
  const advice = "elapsed, overhead and concurrency are off by as much; set up time synchronisation";
  return doubtWorst("clocks differ", findings, advice);
};
