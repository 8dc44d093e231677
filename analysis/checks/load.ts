// Whether a machine had its processors and its memory for the program alone.
import { atStart, decimal, wholePercent } from "../format.ts";
import { coresOf, hostsOf, processesOf, sameHost } from "../hosts.ts";
import { type Check, doubtWorst, type MachineFinding, named } from "./finding.ts";

/** Of the processor time that a record could have had. Forked processes wait for each other a little. */
const soundShare = 0.8;
/** Seconds; in less the clocks' grain and the start of Python are too large a part. */
const longEnough = 0.5;

/** Doubts records that had less processor time than the machine should have had for them. */
export const heldBack: Check = ({ nodes, baseline }) => {
  const hosts = hostsOf(nodes);
  const findings = named(nodes, baseline).flatMap(({ name, run }): MachineFinding[] => {
    const span = run.ended - run.started;
    const guests = hosts.find((host) => host.some((guest) => guest === run)) ?? [run];
    const possible = Math.min(1, coresOf(guests) / processesOf(guests));
    const share = (run.machine.after.cpuTime - run.machine.before.cpuTime) / (span * run.processes);
    if (span < longEnough || share >= soundShare * possible) return [];
    const cores = run.processes === 1 ? "a core" : `${run.processes} cores`;
    const found = `On ${name} the program had ${wholePercent(share)} of the processor time of ${cores}, where ${wholePercent(possible)} was to be had`;
    return [{ name, badness: possible / share, found }];
  });
  const advice = "the machine was busy with something else, or a quota held the node back";
  return doubtWorst("busy or held back", findings, advice);
};

/** Percent of the ten seconds before the run in which some task waited for a processor (pressure stall information). */
const muchPressure = 20;

/** Doubts machines on which something else ran before. */
export const busyBefore: Check = ({ nodes, baseline }) => {
  const all = named(nodes, baseline);
  const findings = all.flatMap(({ name, run }): MachineFinding[] => {
    const { load, cpuPressure } = run.machine.before;
    // The load average remembers a minute: what this run itself has done there may still be in it.
    const others = all.map((each) => each.run).filter((other) => other !== run && sameHost(other, run));
    const found =
      load !== null && load > processesOf([run, ...others]) + run.cores
        ? `a load of ${decimal(load)} on ${decimal(run.cores)} cores`
        : // Ten seconds hold the start of the other pods on a shared host.
          cpuPressure !== null && cpuPressure > muchPressure && others.length === 0
          ? `tasks waited for a processor ${decimal(cpuPressure)} % of the time`
          : undefined;
    if (found === undefined) return [];
    const badness = (load ?? 0) / run.cores;
    return [{ name, badness, found: `${atStart(name)} was busy before the program ran (${found})` }];
  });
  return doubtWorst("busy before the run", findings, "stop what else runs there, and measure again");
};

const mebibyte = 2 ** 20;

/** Doubts machines that had hardly any memory left, or swapped. */
export const memory: Check = ({ nodes, baseline }) => {
  const findings = named(nodes, baseline).flatMap(({ name, run: { machine } }): MachineFinding[] => {
    const { before, after } = machine;
    const left = Math.min(
      before.memoryAvailable ?? Number.POSITIVE_INFINITY,
      after.memoryAvailable ?? Number.POSITIVE_INFINITY,
    );
    const swapped = (after.swapUsed ?? 0) - (before.swapUsed ?? 0);
    if (left >= 64 * mebibyte && swapped <= 16 * mebibyte) return [];
    const found =
      left < 64 * mebibyte
        ? `had only ${(left / mebibyte).toFixed(0)} MiB of memory left`
        : `swapped out ${(swapped / mebibyte).toFixed(0)} MiB during the run`;
    return [{ name, badness: swapped - left, found: `${atStart(name)} ${found}` }];
  });
  return doubtWorst("short of memory", findings, "stop what else runs there, and measure again");
};

/** Share of the run that a CPU quota may take away before the figures are about the quota. */
const tolerableThrottling = 0.05;

/** Doubts records that a CPU quota held back. */
export const throttled: Check = ({ nodes, baseline }) => {
  const findings = named(nodes, baseline).flatMap(({ name, run }): MachineFinding[] => {
    const { before, after } = run.machine;
    const lost = (after.throttled ?? 0) - (before.throttled ?? 0);
    if (lost <= tolerableThrottling * (run.ended - run.started)) return [];
    return [{ name, badness: lost, found: `A CPU quota held the program on ${name} back for ${decimal(lost)} s` }];
  });
  return doubtWorst("throttled by a quota", findings, "the figures are about the quota; remove it, and measure again");
};
