// Runs pi.py on this machine, in a container of the pods' image or by its own Python; record on stdout.

import type { BaselineRecord, Run } from "../../../analysis/records.ts";
import { clusterNameFor } from "../../cluster/embedded/names.ts";
import { Failure } from "../../failure.js";
import { digestOf, ensureImage } from "../../host/docker.ts";
import { lastLine, runTool } from "../../host/run-tool.ts";
import { dockerLabels } from "../../ownership.ts";
import { logLine } from "../../program/log-line.ts";
import { type Program, program } from "../../program/program.ts";
import { imageRemedy } from "../../workload/image-errors.ts";
import { resultIn } from "../result-in.ts";
import { type BaselineSettings, measureBaseline as contract } from "./contract.ts";

async function measure(settings: BaselineSettings): Promise<BaselineRecord> {
  const { mode, image, check, work } = settings;
  if (mode === "docker") await ensureImage(image);
  const where = mode === "docker" ? `in image «${image}»` : "by this machine's python3";
  await run(settings, where, check);
  logLine(`Measuring the single machine: ${where}`);
  const begun = performance.now();
  const result = await run(settings, where, work);
  const elapsed = (performance.now() - begun) / 1000;
  return { mode, elapsed, digest: mode === "docker" ? await digestOf(image) : null, ...result };
}

/** One run of pi.py. Its own deadline ends it; a container is removed by then, too, and so is one that a killed run has left. */
async function run(settings: BaselineSettings, where: string, args: readonly string[]): Promise<Run> {
  const { mode, stack, image, program, timeout } = settings;
  const container = `${clusterNameFor(stack, process.cwd())}-baseline`;
  const python = ["python3", "-", ...args];
  const [tool = "", ...rest] =
    mode === "host" ? python : ["docker", "run", ...containerOptions(container, stack), image, ...python];
  if (mode === "docker") await runTool("docker", ["rm", "--force", container]);
  const { code, stdout, stderr, timedOut } = await runTool(tool, rest, { input: program, seconds: timeout });
  if (timedOut) {
    if (mode === "docker") await runTool("docker", ["rm", "--force", container]);
    throw new Failure(
      `The baseline ${where} was not done after ${timeout} s: raise pi-speedup:timeout or lower pi-speedup:samples, and run \`pulumi up\` again.`,
    );
  }
  if (code !== 0) {
    throw new Failure(
      `The baseline ${where} ended with exit code ${code} (${dockerCause(stderr) || "it printed nothing"}): ${(mode === "docker" && imageRemedy(image, stderr)) || "mend the cause"}, and run \`pulumi up\` again.`,
    );
  }
  const remedy =
    mode === "docker"
      ? "Check that pi-speedup:image names an image whose python3 is Python itself, and run `pulumi up` again."
      : "Check that the `python3` of this machine is Python itself, and run `pulumi up` again.";
  return resultIn(stdout, { source: `the baseline ${where}`, remedy }).run;
}

/** As bare as the pod's container: no network, no rights, nothing to write on. */
function containerOptions(name: string, stack: string): string[] {
  const bare = ["--rm", "--interactive", "--network=none", "--read-only", "--cap-drop=ALL", "--user=65534:65534"];
  const labels = dockerLabels(stack, process.cwd()).map((label) => `--label=${label}`);
  return ["--name", name, ...bare, "--pull=never", ...labels];
}

/** Docker says what is wrong before it recommends its manual. */
function dockerCause(stderr: string): string {
  return (/^docker: (.*\S)/m.exec(stderr)?.[1] ?? lastLine(stderr)).replace(/\.$/, "");
}

export const measureBaseline: Program = program(contract, measure);
