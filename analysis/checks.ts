// What a reader must know before believing the figures: facts that explain them, and signs that the run is doubtful.
// Thresholds are chosen so that a sound run stays unmarked; a false alarm teaches readers to ignore alarms.
import { atStart, decimal, shortList, wholePercent } from "./format.ts";
import { coresOf, hostsOf, processesOf, sameHost } from "./hosts.ts";
import { boundMedian } from "./intervals.ts";
import type { Metrics } from "./metrics.ts";
import { isMeasured, type NodeRecord, type Run, type SingleMachine, type Timeline } from "./records.ts";
import { driftOf } from "./trend.ts";
import { isNonEmpty, median } from "./values.ts";

export interface Finding {
  /** What it is about, in a few words. */
  check: string;
  /** Whole sentences: what was found, what it means, what to do. */
  text: string;
  /** Whether it makes the figures doubtful; else it only explains them. */
  doubtful: boolean;
}

export interface Examined {
  nodes: readonly NodeRecord[];
  baseline: SingleMachine;
  metrics: Metrics;
  timeline: Timeline | null;
}

/** A record and whose it is. */
interface Named {
  name: string;
  run: Run;
}

type Check = (run: Examined) => Finding[];

/** What a check has found on one machine. */
interface MachineFinding {
  name: string;
  /** The larger, the worse. */
  badness: number;
  /** The beginning of a sentence. */
  found: string;
}

/** All that is to be said of a run. */
export function runChecks(run: Examined): Finding[] {
  return checks.flatMap((check) => check(run));
}

/** The verdict on the run itself, one sentence. */
export function runVerdict(notes: readonly Finding[]): string {
  const doubts = [...new Set(notes.filter(({ doubtful }) => doubtful).map(({ check }) => check))];
  return doubts.length === 0 ? "The run is good." : `The run is doubtful: ${doubts.join("; ")}.`;
}

const explain = (check: string, text: string): Finding => ({ check, text, doubtful: false });
const doubt = (check: string, text: string): Finding => ({ check, text, doubtful: true });

/** One note however many machines a check strikes: the worst one's figure, the others' names. */
function doubtWorst(check: string, findings: readonly MachineFinding[], advice: string): Finding[] {
  const [worst, ...others] = findings.toSorted((a, b) => b.badness - a.badness || a.name.localeCompare(b.name));
  if (worst === undefined) return [];
  const likewise = others.length === 0 ? "" : `, and less so ${shortList(others.map(({ name }) => name))}`;
  return [doubt(check, `${worst.found}${likewise}: ${advice}.`)];
}

const sharedHost: Check = ({ nodes }) =>
  hostsOf(nodes)
    .filter((guests) => guests.length > 1)
    .map((guests) => {
      const [cores, busy] = [coresOf(guests), processesOf(guests)];
      const each = guests[0]?.processes ?? 1;
      const who =
        guests.length === nodes.length ? `All ${nodes.length} workers` : shortList(guests.map(({ node }) => node));
      const ceiling = `more than ${decimal(cores / each)} times what ${each === 1 ? "one process does" : `${each} processes do`}`;
      return explain(
        "shared host",
        `${who} share one computer of ${decimal(cores)} cores: together they can never do ${ceiling} there${busy > cores ? `, and now ${busy} processes compete for them` : ""}.`,
      );
    });

const unlikeBase: Check = ({ nodes, baseline }) => {
  if (!isMeasured(baseline)) return [];
  const { cpu, architecture } = baseline.machine;
  const other = nodes.find(({ machine }) => machine.cpu !== cpu || machine.architecture !== architecture);
  if (other === undefined) return [];
  return [
    explain(
      "base unlike the workers",
      `The single machine (${cpu}, ${architecture}) is unlike ${other.node} (${other.machine.cpu}, ${other.machine.architecture}): the figures compare machines as well as their number, and the serial fraction is a ratio of machines; pi-speedup:baseline «worker» compares with one worker.`,
    ),
  ];
};

const givenBase: Check = ({ baseline }) =>
  isMeasured(baseline)
    ? []
    : [
        explain(
          "base given",
          "The single machine's seconds were given: they have no interval, so neither has the speed-up, and they mean something only if this pi.py took them, with the same samples and processes.",
        ),
      ];

const pythons: Check = ({ nodes, baseline }) => {
  const all = named(nodes, baseline);
  const versions = new Set(all.map(({ run }) => run.python));
  if (versions.size < 2) return [];
  const minors = new Set([...versions].map((version) => version.split(".").slice(0, 2).join(".")));
  const who = [...versions].map((version) => {
    const users = all.filter(({ run }) => run.python === version).map(({ name }) => name);
    return `${version} on ${shortList(users)}`;
  });
  const text = `Python is not the same everywhere (${who.join("; ")}): its versions differ in speed.`;
  return [minors.size > 1 ? doubt("different Pythons", text) : explain("different Pythons", text)];
};

const processCounts: Check = ({ nodes, baseline }) => {
  const counts = new Map(named(nodes, baseline).map(({ name, run }) => [run.processes, name]));
  if (counts.size < 2) return [];
  const who = [...counts].map(([count, name]) => `${count} on ${name}`).join(", ");
  return [
    doubt(
      "different numbers of processes",
      `The work was not divided alike (processes: ${who}): set pi-speedup:processes to a number that all have cores for.`,
    ),
  ];
};

const unequalWorkers: Check = ({ nodes, metrics }) => {
  const [slowest] = nodes.toSorted((a, b) => b.seconds - a.seconds);
  const [fastest] = nodes.toSorted((a, b) => a.seconds - b.seconds);
  if (slowest === undefined || fastest === undefined) return [];
  const [slow, fast] = [boundsOf(slowest), boundsOf(fastest)];
  if (slow === null || fast === null || slow.low <= fast.high) return [];
  return [
    explain(
      "workers of different speed",
      `The slowest worker, ${slowest.node}, takes ${decimal(slowest.seconds / fastest.seconds)} times as long as the fastest, ${fastest.node}, and all wait for it: with the work divided by speed the throughput speed-up would be ${decimal(metrics.balancedSpeedup)} instead of ${decimal(metrics.throughputSpeedup)}.`,
    ),
  ];
};

/** Chance of a false alarm in a whole run, shared among its records. */
const trendLevel = 0.01;
/** Share of the median by which rounds must have grown from first to last to matter. */
const noticeableDrift = 0.05;

const slowerRounds: Check = ({ nodes, baseline }) => {
  const all = named(nodes, baseline);
  const findings = all.flatMap(({ name, run }): MachineFinding[] => {
    const { chance, drift } = driftOf(secondsOf(run));
    if (chance > trendLevel / all.length || drift < noticeableDrift) return [];
    const found = `On ${name} every round is slower than the one before, by ${wholePercent(drift)} in the end`;
    return [{ name, badness: drift, found }];
  });
  return doubtWorst("rounds get slower", findings, "heat or throttling; cool it, and measure again");
};

/** Range over median. Three workers on two cores show 0.3, one that the scheduler moves about 0.4. */
const wideScatter = 0.5;

const scatter: Check = ({ nodes, baseline }) => {
  const findings = named(nodes, baseline).flatMap(({ name, run }): MachineFinding[] => {
    const times = secondsOf(run);
    if (!isNonEmpty(times) || times.length < 3) return [];
    const range = (Math.max(...times) - Math.min(...times)) / median(times);
    if (range <= wideScatter) return [];
    return [{ name, badness: range, found: `The rounds on ${name} differ by ${wholePercent(range)} of their median` }];
  });
  const advice = "see what else runs there, or raise pi-speedup:samples until a round takes a second";
  return doubtWorst("rounds scatter", findings, advice);
};

const together: Check = ({ metrics: { concurrency } }) =>
  concurrency === null || concurrency >= 0.8
    ? []
    : [
        doubt(
          "pods not together",
          `The pods computed at the same time for only ${wholePercent(concurrency)} of the shortest one's time: what they do together was not measured; raise pi-speedup:samples or rounds.`,
        ),
      ];

const piOff: Check = ({ metrics: { pi, piDeviation } }) =>
  piDeviation === null || Math.abs(piDeviation) <= 4
    ? []
    : [
        doubt(
          "π is off",
          `The workers' π ≈ ${pi.toFixed(6)} is ${decimal(Math.abs(piDeviation))} standard errors off: chance does that once in 16,000 runs, so look for a fault in the program or its random numbers.`,
        ),
      ];

/** Kubernetes stamps whole seconds. */
const stamp = 1;

const clocks: Check = ({ nodes, timeline }) => {
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

/** Of the processor time that a record could have had. Forked processes wait for each other a little. */
const soundShare = 0.8;
/** Seconds; in less the clocks' grain and the start of Python are too large a part. */
const longEnough = 0.5;

const heldBack: Check = ({ nodes, baseline }) => {
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

const busyBefore: Check = ({ nodes, baseline }) => {
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

const memory: Check = ({ nodes, baseline }) => {
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

const throttled: Check = ({ nodes, baseline }) => {
  const findings = named(nodes, baseline).flatMap(({ name, run }): MachineFinding[] => {
    const { before, after } = run.machine;
    const lost = (after.throttled ?? 0) - (before.throttled ?? 0);
    if (lost <= tolerableThrottling * (run.ended - run.started)) return [];
    return [{ name, badness: lost, found: `A CPU quota held the program on ${name} back for ${decimal(lost)} s` }];
  });
  return doubtWorst("throttled by a quota", findings, "the figures are about the quota; remove it, and measure again");
};

const checks: readonly Check[] = [
  sharedHost,
  unlikeBase,
  givenBase,
  pythons,
  processCounts,
  unequalWorkers,
  slowerRounds,
  scatter,
  together,
  piOff,
  clocks,
  heldBack,
  busyBefore,
  memory,
  throttled,
];

function named(nodes: readonly NodeRecord[], baseline: SingleMachine): Named[] {
  const workers = nodes.map((run) => ({ name: run.node, run }));
  return isMeasured(baseline) ? [...workers, { name: "the single machine", run: baseline }] : workers;
}

const secondsOf = ({ rounds }: Run) => rounds.map(({ seconds }) => seconds);

function boundsOf(run: Run) {
  const times = secondsOf(run);
  return isNonEmpty(times) ? boundMedian(times) : null;
}
