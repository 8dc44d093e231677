// What our program adds to Pulumi's own start, side by side and in random order: an empty program, the least program
// that uses the same two plugins, ours without changes by `pulumi up` and by `npm run up`; measuring again, and the
// tutorial's procedure by hand; in the end `pulumi destroy`, and `k3d cluster delete` of the same cluster. Exit code 1 if
// something takes longer than its bound, beyond doubt. Leaves one run in this checkout's history, as `npm run up` does.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isNonEmpty, median } from "../../analysis/values.ts";
import { clusterNameFor } from "../../components/cluster/embedded/names.ts";
import { dockerLabels } from "../../components/ownership.ts";
import { removeLeftovers } from "../../scripts/stack/leftovers.ts";
import { prepareMachine } from "../../scripts/stack/machine.ts";
import { runScript } from "../../scripts/stack/run-script.ts";
import { openStack, readRequest } from "../../scripts/stack/stack.ts";
import { projectFolder } from "../../toolchain/paths.ts";
import { pluginsIn } from "../../toolchain/plugins.ts";
import { run } from "../../toolchain/run.ts";
import { byHand } from "./by-hand.ts";
import { randomFrom } from "./random.ts";

const rounds = { starts: 15, again: 10, ends: 4 };
/** Seconds that any one of them may take. */
const seconds = 600;
const tSingle = 1.5;

const programs = {
  empty: "export const nothing = 1;\n",
  minimal: `import * as command from "@pulumi/command";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const kubeconfig = new pulumi.Config().requireSecret("kubeconfig");
// Pulumi-speedup's substitute for the Command plugin knows no other value.
new command.local.Command("command", { create: "true", addPreviousOutputInEnv: false });
const provider = new kubernetes.Provider("provider", { kubeconfig });
new kubernetes.core.v1.Namespace("namespace", { metadata: { name: "minimal" } }, { provider });
`,
};

type Ways = Record<string, () => Promise<unknown>>;
/** Seconds of each way, by round. */
type Times = Record<string, number[]>;

const { uniform } = randomFrom("startup");

/** Times all ways so often, in another order in each round. `between` is run before each, and not timed. */
async function time(ways: Ways, count: number, between: () => Promise<unknown> = async () => {}): Promise<Times> {
  const times: Times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < count; round++) {
    const order = Object.entries(ways)
      .map((way) => ({ way, at: uniform() }))
      .sort((a, b) => a.at - b.at);
    for (const {
      way: [name, work],
    } of order) {
      await between();
      const begun = performance.now();
      await work();
      times[name]?.push((performance.now() - begun) / 1000);
    }
  }
  for (const [name, each] of Object.entries(times)) {
    if (!isNonEmpty(each)) continue;
    const shown = [median(each), Math.min(...each), Math.max(...each)].map((value) => value.toFixed(2).padStart(6));
    console.log(`  ${name.padEnd(34)} ${shown.join("")}`);
  }
  return times;
}

interface Comparison {
  title: string;
  of: (medianOf: (way: string) => number) => number;
  goal: number;
  /** Above it, something has become slower. */
  bound: number;
}

const starts: Comparison[] = [
  { title: "no changes / minimal program", of: (m) => m("no changes") / m("minimal"), goal: 1.15, bound: 1.3 },
  {
    title: "npm run up − 1.15 × minimal program, s",
    of: (m) => m("npm run up, no changes") - 1.15 * m("minimal"),
    goal: 0.6,
    bound: 1.2,
  },
];
const again: Comparison[] = [
  {
    title: "measuring again / (by hand + no changes)",
    of: (m) => m("measuring again") / (m("by hand") + m("no changes")),
    goal: 1,
    bound: 1.25,
  },
];
const ends: Comparison[] = [
  // The start of Pulumi and its plugins costs more than the removal of a small cluster.
  { title: "destroy / k3d cluster delete", of: (m) => m("destroy") / m("k3d cluster delete"), goal: 1.1, bound: 4 },
];

/**
 * Prints each figure of the medians with its interval, the 2.5th to the 97.5th percentile over resampled rounds (Efron
 * 1979): a round's ways share what else the machine did. The whole interval above the bound is a failure.
 */
function compare(times: Times, comparisons: readonly Comparison[]): void {
  const count = Math.min(...Object.values(times).map(({ length }) => length));
  const figure = ({ of }: Comparison, drawn: readonly number[]) =>
    of((way) => {
      const values = drawn.flatMap((round) => times[way]?.[round] ?? []);
      if (!isNonEmpty(values)) throw new Error(`"${way}" was not timed`);
      return median(values);
    });
  const all = Array.from({ length: count }, (_, round) => round);
  for (const comparison of comparisons) {
    const { title, goal, bound } = comparison;
    const resampled = Array.from({ length: 2000 }, () =>
      figure(
        comparison,
        all.map(() => Math.floor(uniform() * count)),
      ),
    ).sort((a, b) => a - b);
    const [low = Number.NaN, high = Number.NaN] = [resampled[49], resampled[1949]];
    const value = figure(comparison, all);
    const verdict = low > bound ? `above the bound ${bound}` : value > goal ? "missed" : "met";
    console.log(
      `  ${title.padEnd(42)} ${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}); goal ${goal}: ${verdict}`,
    );
    if (low > bound) process.exitCode = 1;
  }
}

await runScript(async () => {
  const request = await readRequest();
  const stack = await openStack(undefined, request);
  const keys = { agents: 1, samples: 10_000, rounds: 1, baseline: tSingle };
  const own = Object.entries(keys).map(([key, value]) => `pi-speedup:${key}=${value}`);
  const settings = [...(await prepareMachine(stack)), ...own.map((setting) => `--config=${setting}`)];
  let runs = 0;

  // As a user's own Pulumi starts them: only what Pulumi.yaml says keeps compiled code.
  const { NODE_COMPILE_CACHE: _, ...plain } = stack.pulumi.env;
  const { command } = await pluginsIn(plain);
  // The language host that is built here in place of Pulumi's ignores `nodeargs`.
  const ours = command.includes("substitute")
    ? { ...plain, NODE_OPTIONS: "--import=./components/host/use-compile-cache.js" }
    : plain;
  const pulumi = (args: readonly string[], cwd = projectFolder, env: NodeJS.ProcessEnv = plain) =>
    run("pulumi", args, { cwd, env, seconds });
  const up = ["up", "--yes", "--skip-preview"];
  const oursUp = (...more: string[]) =>
    pulumi(
      [
        ...up,
        ...["--stack", stack.name, "--config-file", request.configFile],
        ...settings,
        `--config=pi-speedup:run=${runs}`,
        ...more,
      ],
      projectFolder,
      ours,
    );

  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-bench-"));
  const places = Object.entries(programs).map(([name, source]) => {
    const place = join(folder, name);
    mkdirSync(place);
    writeFileSync(join(place, "index.ts"), source);
    writeFileSync(join(place, "package.json"), JSON.stringify({ type: "module", main: "index.ts" }));
    writeFileSync(
      join(place, "Pulumi.yaml"),
      JSON.stringify({
        name: `startup-${name}`,
        main: "index.ts",
        runtime: { name: "nodejs", options: { typescript: false } },
      }),
    );
    symlinkSync(join(projectFolder, "node_modules"), join(place, "node_modules"));
    return [name, place] as const;
  });

  const destroy = () => stack.pulumi.read(["destroy"], "--yes", "--skip-preview");
  const removeOurs = async () => {
    const { identity } = await stack.recorded();
    await destroy();
    await removeLeftovers(stack.name, identity, true);
  };
  try {
    await oursUp();
    const kubeconfig = await stack.pulumi.read(["stack", "output"], "kubeconfig", "--show-secrets");
    const labels = [...dockerLabels({ stack: stack.name, folder: projectFolder }), "k3d.role=server"];
    const filter = labels.map((label) => `--filter=label=${label}`);
    const server = (await run("docker", ["ps", ...filter, "--format={{.Names}}"], { seconds })).stdout.trim();
    const hand = await byHand(server, kubeconfig, folder);
    const manifest = hand.manifest("same.json", hand.container.args);
    for (const [name, place] of places) {
      await pulumi(["stack", "init", "bench"], place);
      if (name === "minimal") {
        await run("pulumi", ["config", "set", "--secret", "kubeconfig"], {
          cwd: place,
          env: plain,
          seconds,
          input: kubeconfig,
        });
      }
      await pulumi([...up, "--stack", "bench"], place);
    }
    const unchanged = (place: string) => () => pulumi([...up, "--stack", "bench", "--expect-no-changes"], place);

    console.log(`Median, least and most of ${rounds.starts} rounds, in seconds`);
    const times = await time(
      {
        ...Object.fromEntries(places.map(([name, place]) => [name, unchanged(place)])),
        "no changes": () => oursUp("--expect-no-changes"),
        "npm run up, no changes": () =>
          run(
            "npm",
            ["run", "--silent", "up", "--", "--stack", stack.name, ...settings, `--config=pi-speedup:run=${runs}`],
            {
              cwd: projectFolder,
              env: process.env,
              seconds,
            },
          ),
      },
      rounds.starts,
    );
    compare(times, starts);

    console.log(`Measuring again: the same of ${rounds.again} rounds`);
    const repeated = await time(
      {
        "no changes": () => oursUp("--expect-no-changes"),
        "measuring again": () => {
          runs++;
          return oursUp();
        },
        "by hand": () => hand.measure(manifest, tSingle),
      },
      rounds.again,
    );
    compare(repeated, again);

    for (const [, place] of places)
      await pulumi(["destroy", "--yes", "--skip-preview", "--stack", "bench", "--remove"], place);
    console.log(`The end: median, least and most of ${rounds.ends} rounds, in seconds`);
    const last = await time(
      {
        destroy,
        "k3d cluster delete": () =>
          run("k3d", ["cluster", "delete", clusterNameFor(stack.name, projectFolder)], { env: plain, seconds }),
      },
      rounds.ends,
      async () => {
        // What k3d has removed, the state still holds.
        await destroy();
        await oursUp();
      },
    );
    compare(last, ends);
  } finally {
    await removeOurs();
    await stack.pulumi.read(["stack", "rm"], "--yes", "--preserve-config");
    await removeLeftovers(stack.name, undefined, true);
    for (const [, place] of places) {
      await run("pulumi", ["stack", "rm", "bench", "--yes", "--force"], {
        cwd: place,
        env: plain,
        seconds,
        allowFailure: true,
      });
    }
    rmSync(folder, { recursive: true });
  }
});
