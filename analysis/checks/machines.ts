// Checks whether the machines are alike, and whether they are separate computers.
import { decimal, plural, shortList } from "../format.ts";
import { coresOf, hostsOf, isOversubscribed, processesOf } from "../hosts.ts";
import { kruskalWallis } from "../kruskal-wallis.ts";
import { isMeasured, type Run } from "../records.ts";
import { isNonEmpty } from "../values.ts";
import { type Check, doubt, explain, named } from "./finding.ts";
import { seriesOf } from "./series.ts";

/** Explains that workers share a computer's cores. Boot ids show this, but virtual machines have their own. */
export const sharedHost: Check = ({ nodes }) =>
  hostsOf(nodes)
    .filter((guests) => guests.length > 1)
    .map((guests) => {
      const [cores, busy] = [coresOf(guests), processesOf(guests)];
      const each = guests[0]?.processes ?? 1;
      const threads = Math.max(...guests.map(({ machine }) => machine.threadsPerCore ?? 1));
      const who =
        guests.length === nodes.length ? `All ${nodes.length} workers` : shortList(guests.map(({ node }) => node));
      const times = cores / Math.min(each, cores);
      const processes = each === 1 ? "one process" : `${each} processes`;
      const ceiling =
        times === 1
          ? `more than ${processes} ${plural(each, "does", "do")} there`
          : `more than ${decimal(times)} times the work of ${processes} there`;
      const compete = isOversubscribed(guests) ? ` In this run, ${busy} processes competed for these cores.` : "";
      const logical =
        threads > 1
          ? ` The cores are logical. ${threads} of them share one physical core, and do less than ${threads} physical cores.`
          : "";
      return explain(
        "shared host",
        `${who} share one computer with ${decimal(cores)} ${plural(cores, "core")}. Together they can never do ${ceiling}.${compete}${logical}`,
      );
    });

/** Explains that the single machine is of another kind than the workers. */
export const unlikeBase: Check = ({ nodes, baseline }) => {
  if (!isMeasured(baseline)) return [];
  const base = baseline.machine;
  const other = nodes.find(({ machine }) => !isLike(machine, base));
  if (other === undefined) return [];
  return [
    explain(
      "base unlike the workers",
      `The single machine (${kind(base)}) is different from ${other.node} (${kind(other.machine)}). So the figures also compare the kinds of machines, not only their number. Set pi-speedup:baseline to "worker" to compare with one worker.`,
    ),
  ];
};

type Machine = Run["machine"];

/** An unknown board does not count as a different one. */
function isLike(a: Machine, b: Machine): boolean {
  const boards = a.board === null || b.board === null || a.board === b.board;
  return boards && a.cpu === b.cpu && a.architecture === b.architecture;
}

function kind({ board, cpu, architecture }: Machine): string {
  return [...(board === null ? [] : [board]), cpu, architecture].join(", ");
}

/**
 * Doubtful if a guard slows down only one side. On older kernels, a filter of system calls disables speculation, which
 * makes Python 20 to 50 % slower.
 */
export const differentGuards: Check = ({ nodes, baseline }) => {
  if (!isMeasured(baseline)) return [];
  const guards: [name: string, of: (machine: Machine) => string | null][] = [
    [
      "system call filter (seccomp)",
      ({ seccomp }) => (seccomp === null ? null : seccomp === 0 ? "disabled" : "enabled"),
    ],
    // Different words for the same state do not matter. A processor that needs no guard has none.
    [
      "guard against speculative stores",
      ({ speculationStoreBypass: state }) => state && (/mitigated/.test(state) ? "enabled" : "disabled"),
    ],
  ];
  const findings = guards.flatMap(([name, of]) => {
    const single = of(baseline.machine);
    const other = nodes.find(({ machine }) => single !== null && of(machine) !== null && of(machine) !== single);
    return other === undefined
      ? []
      : [`The ${name} is ${single} on the single machine and ${of(other.machine)} on ${other.node}.`];
  });
  if (findings.length === 0) return [];
  const text = `The single machine and the workers do not run under the same guards. ${findings.join(" ")} Guards cost speed on many kernels. Set pi-speedup:baseline to "docker" or "worker" to use the workers' guards.`;
  return [doubt("different guards", text)];
};

/** Explains what is unknown about given seconds. */
export const givenBase: Check = ({ baseline }) =>
  isMeasured(baseline)
    ? []
    : [
        explain(
          "base given",
          "The seconds of the single machine were given, not measured. They count as exact, so the speed-up's interval only covers the workers. They are only comparable if this pi.py took them, with the same samples and processes.",
        ),
      ];

/** Python versions differ. Minor versions differ too much in speed to be compared. */
export const pythons: Check = ({ nodes, baseline }) => {
  const all = named(nodes, baseline);
  const versions = new Set(all.map(({ run }) => run.python));
  if (versions.size < 2) return [];
  const minors = new Set([...versions].map((version) => version.split(".").slice(0, 2).join(".")));
  const who = [...versions].map((version) => {
    const users = all.filter(({ run }) => run.python === version).map(({ name }) => name);
    return `${version} on ${shortList(users)}`;
  });
  const text = `The machines use different Python versions (${who.join("; ")}). Python versions differ in speed.`;
  return [minors.size > 1 ? doubt("different Pythons", text) : explain("different Pythons", text)];
};

/** Standard deviations of the Kruskal–Wallis statistic that equal workers exceed in one of a hundred runs. */
const unequal = 2.326;
/** Rounds per worker. With fewer, the test is too coarse. */
const enoughRounds = 5;

/** Explains the cost of the slowest worker, if the workers differ by more than chance. */
export const unequalWorkers: Check = (run) => {
  const { nodes, timed, metrics } = run;
  const series = seriesOf(run).map(({ values }) => values);
  if (!isNonEmpty(series) || series.some(({ length }) => length < enoughRounds)) return [];
  if (kruskalWallis(series) <= unequal) return [];
  const [slow, fast] = [Math.max(...timed.times), Math.min(...timed.times)];
  const [slowest, fastest] = [slow, fast].map((time) => nodes[timed.times.indexOf(time)]?.node ?? "");
  return [
    explain(
      "workers of different speed",
      `The slowest worker, ${slowest}, takes ${decimal(slow / fast)} times as long as the fastest, ${fastest}. All others wait for it. With the work divided by speed, the throughput speed-up would be ${decimal(metrics.balancedSpeedup)} instead of ${decimal(metrics.throughputSpeedup)}.`,
    ),
  ];
};
