// Checks whether the program got the processor time that it should have had.
import { atStart, decimal, wholePercent } from "../format.ts";
import { coresOf, hostsOf, processesOf } from "../hosts.ts";
import { isMeasured, type NodeRecord, type Round, type Run, type SingleMachine } from "../records.ts";
import { sum } from "../values.ts";
import { type Check, doubt, doubtWorst, type MachineFinding, named } from "./finding.ts";

/** Share of its rounds' time that the single machine may wait for a processor. */
const singleLimit = 0.03;
/** The same for a worker on a host with a core for every process. */
const workerLimit = 0.05;
/**
 * The same for all processes on a host with too few cores, beyond the time that they wait for each other. The margin
 * covers Kubernetes' own work there.
 */
export const crowdedMargin = 0.1;
/** The same for one such worker. Three on two idle cores were up to 0.07 apart from their mean. */
export const guestMargin = 0.15;

/**
 * Share (0 to 1) of these rounds' time in which the processes were ready but had no processor; null if the kernel does
 * not report it.
 */
export function waitedShare(records: readonly { rounds: readonly Round[]; processes: number }[]): number | null {
  const waits = records.flatMap(({ rounds }) => rounds.map(({ waited }) => waited));
  if (waits.includes(null)) return null;
  const time = sum(records.map(({ rounds, processes }) => processes * sum(rounds.map(({ seconds }) => seconds))));
  return time > 0 ? sum(waits.map((waited) => waited ?? 0)) / time : null;
}

/** Share of the time that processes must wait for each other if there are more processes than cores. */
function explained(guests: readonly Run[]): number {
  return Math.max(0, 1 - coresOf(guests) / processesOf(guests));
}

const busy = "Another program ran there, or a quota held it back. Stop other programs, and measure again.";

/** Doubtful if the single machine waited: T_S is then too long, and the speed-up too high. */
export const waitingBase: Check = ({ baseline }) => {
  if (!isMeasured(baseline)) return [];
  const share = waitedShare([baseline]);
  if (share === null || share <= singleLimit + explained([baseline])) return [];
  const text = `The single machine waited for a processor for ${wholePercent(share)} of its rounds' time. That makes T_S too long and the speed-up too high. ${busy}`;
  return [doubt("single machine waited", text)];
};

/** Doubtful if workers waited longer than their host's lack of cores explains. */
export const waitingWorkers: Check = ({ nodes, timed }) => {
  const counted = new Map(nodes.map((node, i) => [node, timed.window.counted[i] ?? node.rounds]));
  const part = (node: NodeRecord) => ({ rounds: counted.get(node) ?? node.rounds, processes: node.processes });
  const findings = hostsOf(nodes).flatMap((guests): MachineFinding[] => {
    const must = explained(guests);
    if (must === 0) return guests.flatMap((guest) => waited(guest.node, [part(guest)], workerLimit));
    const [name = "", ...others] = guests.map(({ node }) => node);
    const whose = others.length === 0 ? name : `the host of ${name} and ${others.length} more`;
    const all = waited(whose, guests.map(part), crowdedMargin, must);
    // When one worker is held back, the others get more. The sum does not show this.
    return all.length > 0 ? all : guests.flatMap((guest) => waited(guest.node, [part(guest)], guestMargin, must));
  });
  return doubtWorst("workers waited", findings, busy);
};

function waited(name: string, parts: Parameters<typeof waitedShare>[0], limit: number, must = 0): MachineFinding[] {
  const share = waitedShare(parts);
  if (share === null || share <= limit + must) return [];
  const than = must > 0 ? `. The processes there only have to wait for each other for ${wholePercent(must)} of it` : "";
  const found = `On ${name}, the program waited for a processor for ${wholePercent(share)} of its rounds' time${than}`;
  return [{ name, badness: share - must, found }];
}

/** Of the processor time that a record could have had. Forked processes wait for each other a little. */
const soundShare = 0.8;
/** Seconds. In less time, the clock's resolution and the start of Python matter too much. */
const longEnough = 0.5;

/**
 * Doubtful if a record had less processor time than the machine should provide. Used if the kernel does not report
 * waiting times.
 */
export const heldBack: Check = ({ nodes, baseline }) => {
  const hosts = hostsOf(nodes);
  const findings = named(nodes, baseline).flatMap(({ name, run }): MachineFinding[] => {
    if (waitedShare([run]) !== null) return [];
    const span = run === baseline ? timeOfParts(baseline) : run.ended - run.started;
    const guests = hosts.find((host) => host.some((guest) => guest === run)) ?? [run];
    const possible = 1 - explained(guests);
    const share = (run.machine.after.cpuTime - run.machine.before.cpuTime) / (span * run.processes);
    if (span < longEnough || share >= soundShare * possible) return [];
    const cores = run.processes === 1 ? "a core" : `${run.processes} cores`;
    const found = `On ${name}, the program had ${wholePercent(share)} of the processor time of ${cores}, although ${wholePercent(possible)} was possible`;
    return [{ name, badness: possible / share, found }];
  });
  return doubtWorst("held back", findings, busy);
};

/** The time between both halves of the single machine does not count. */
function timeOfParts(baseline: SingleMachine): number {
  return isMeasured(baseline) ? sum(baseline.parts.map(({ started, ended }) => ended - started)) : 0;
}

/** Share of a virtual machine's processor time that its host may give to others. */
const stolenLimit = 0.03;

/** Doubtful if the host of a virtual machine gave its processors to others. */
export const stolenTime: Check = ({ nodes, baseline }) => {
  const findings = named(nodes, baseline).flatMap(({ name, run }): MachineFinding[] => {
    const { stolen } = run.machine;
    if (stolen === null || stolen <= stolenLimit) return [];
    const found = `${atStart(name)} is a virtual machine. Its host gave ${wholePercent(stolen)} of its processor time to others`;
    return [{ name, badness: stolen, found }];
  });
  return doubtWorst("processor time stolen", findings, "Measure when that host is idle, or use a machine of your own.");
};

/** Share of the run that a CPU quota may take away before the figures measure the quota. */
const tolerableThrottling = 0.05;

/** Doubtful if a CPU quota held a record back. */
export const throttled: Check = ({ nodes, baseline }) => {
  const findings = named(nodes, baseline).flatMap(({ name, run }): MachineFinding[] => {
    const { before, after } = run.machine;
    const lost = (after.throttled ?? 0) - (before.throttled ?? 0);
    const span = run === baseline ? timeOfParts(baseline) : run.ended - run.started;
    if (lost <= tolerableThrottling * span) return [];
    return [{ name, badness: lost, found: `A CPU quota held back the program on ${name} for ${decimal(lost)} s` }];
  });
  return doubtWorst(
    "throttled by a quota",
    findings,
    "The figures show the quota, not the machine. Remove the quota, and measure again.",
  );
};
