// The program against the tutorial's procedure, side by side on one cluster: measuring again with `pulumi up`, and by
// hand. Both use the same image, samples, one round, and given seconds. Then the times of a `pulumi up` without
// changes, a preview and a destroy. Exit code 1 if the program is much slower than the procedure.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isNonEmpty, mapAll, median, type Values } from "../../analysis/values.ts";
import { dockerLabels } from "../../components/ownership.ts";
import { prepareMachine } from "../../scripts/stack/machine.ts";
import { runScript } from "../../scripts/stack/run-script.ts";
import { openStack } from "../../scripts/stack/stack.ts";
import { projectFolder } from "../../toolchain/paths.ts";
import { run } from "../../toolchain/run.ts";
import { byHand, tutorial } from "./by-hand.ts";

const repetitions = 5;
const tSingle = 1.5;
/** Goal for the ratio to the procedure by hand: no slower. Pulumi needs about 1.7 s to load engine, program and plugins. */
const goal = 1;
const bound = 1.6;

/** Times each of these in turn, this many times. Prints median and range in seconds. */
async function time(title: string, ways: Record<string, () => Promise<unknown>>): Promise<Map<string, Values>> {
  const times = new Map<string, number[]>();
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const [name, way] of Object.entries(ways)) {
      const begun = performance.now();
      await way();
      times.set(name, [...(times.get(name) ?? []), (performance.now() - begun) / 1000]);
    }
  }
  const samples = new Map<string, Values>();
  console.log(`\n${title}: median of ${repetitions}, least and most, in seconds`);
  for (const [name, each] of times) {
    if (!isNonEmpty(each)) continue;
    samples.set(name, each);
    console.log(
      `  ${name.padEnd(42)} ${[median(each), Math.min(...each), Math.max(...each)].map((s) => s.toFixed(2)).join("  ")}`,
    );
  }
  return samples;
}

await runScript(async () => {
  const stack = await openStack();
  const settings = [
    ...(await prepareMachine()),
    "--config=pi-speedup:rounds=1",
    `--config=pi-speedup:baseline=${tSingle}`,
  ];
  let runs = 0;
  const inRun = () => `--config=pi-speedup:run=${runs}`;
  const up = (...more: string[]) => stack.pulumi.read(["up"], "--yes", ...settings, ...more, inRun());
  const upAnew = (...more: string[]) => {
    runs++;
    return up(...more);
  };

  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-bench-"));
  try {
    await up("--skip-preview");
    const labels = [...dockerLabels({ stack: stack.name, folder: projectFolder }), "k3d.role=server"];
    const filter = labels.map((label) => `--filter=label=${label}`);
    const server = (await run("docker", ["ps", ...filter, "--format={{.Names}}"])).stdout.trim();
    const kubeconfig = await stack.pulumi.read(["stack", "output"], "kubeconfig", "--show-secrets");
    const hand = await byHand(server, kubeconfig, folder);
    const [same, own] = [hand.manifest("same.json", hand.container.args), hand.manifest("own.json", [tutorial])];

    const times = await time("Measuring again", {
      "pulumi up --skip-preview": () => upAnew("--skip-preview"),
      "pulumi up": () => upAnew(),
      "by hand, with pi.py": () => hand.measure(same, tSingle),
      "by hand, with the tutorial's program": () => hand.measure(own, tSingle),
    });
    const [quick, whole, ...hands] = [...times];
    for (const [mine, seconds] of [quick, whole].filter((each) => each !== undefined)) {
      for (const [other, others] of hands) {
        const ratio = median(mapAll(seconds, (each) => each / (others[seconds.indexOf(each)] ?? Number.NaN)));
        console.log(
          `  ${mine} / ${other}: ${ratio.toFixed(2)}, median of the ratios; goal ${goal}${ratio > goal ? `, missed` : ``}`,
        );
        if (mine === quick?.[0] && ratio > bound) process.exitCode = 1;
      }
    }

    await time("Nothing changed", {
      "pulumi up --skip-preview": () => up("--skip-preview", "--expect-no-changes"),
      "pulumi preview": () => stack.pulumi.read(["preview"], ...settings, inRun()),
    });
    await time("The end", {
      "pulumi destroy --skip-preview": () => stack.pulumi.read(["destroy"], "--yes", "--skip-preview"),
      "and pulumi up --skip-preview from nothing": () => up("--skip-preview"),
    });
  } finally {
    rmSync(folder, { recursive: true });
    await stack.pulumi.show(["destroy"], "--yes", "--skip-preview");
    await stack.pulumi.show(["stack", "rm"], "--yes", "--preserve-config");
  }
});
