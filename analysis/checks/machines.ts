// Whether the machines are alike, and how far they are machines of their own.
import { decimal, shortList } from "../format.ts";
import { coresOf, hostsOf, processesOf } from "../hosts.ts";
import { isMeasured } from "../records.ts";
import { roundInterval } from "../round-times.ts";
import { type Check, doubt, explain, named } from "./finding.ts";

/** Explains that workers share a computer's cores. */
export const sharedHost: Check = ({ nodes }) =>
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

/** Explains that the single machine is of another kind than the workers. */
export const unlikeBase: Check = ({ nodes, baseline }) => {
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

/** Explains what is not known of seconds that were given. */
export const givenBase: Check = ({ baseline }) =>
  isMeasured(baseline)
    ? []
    : [
        explain(
          "base given",
          "The single machine's seconds were given: they have no interval, so neither has the speed-up, and they mean something only if this pi.py took them, with the same samples and processes.",
        ),
      ];

/** Different versions of Python: of different minor versions the speed differs too much to compare. */
export const pythons: Check = ({ nodes, baseline }) => {
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

/** Explains what the slowest worker costs, where the workers' intervals are apart. */
export const unequalWorkers: Check = ({ nodes, metrics }) => {
  const [slowest] = nodes.toSorted((a, b) => b.seconds - a.seconds);
  const [fastest] = nodes.toSorted((a, b) => a.seconds - b.seconds);
  if (slowest === undefined || fastest === undefined) return [];
  const [slow, fast] = [roundInterval(slowest), roundInterval(fastest)];
  if (slow === null || fast === null || slow[0] <= fast[1]) return [];
  return [
    explain(
      "workers of different speed",
      `The slowest worker, ${slowest.node}, takes ${decimal(slowest.seconds / fastest.seconds)} times as long as the fastest, ${fastest.node}, and all wait for it: with the work divided by speed the throughput speed-up would be ${decimal(metrics.balancedSpeedup)} instead of ${decimal(metrics.throughputSpeedup)}.`,
    ),
  ];
};
