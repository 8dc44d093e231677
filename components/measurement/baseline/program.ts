// Runs a half of the single machine's rounds on this machine, in a container with the pods' image or with its own
// Python.

import { Failure } from "../../../analysis/failure.js";
import type { FaultId } from "../../../analysis/fault-ids.js";
import type { Run } from "../../../analysis/records.ts";
import type { HalfRecord } from "../../../analysis/single-machine.ts";
import { digestOf, ensureImage } from "../../host/docker.ts";
import { dockerEndpoint } from "../../host/docker-endpoint.ts";
import { lastLine, runTool } from "../../host/run-tool.ts";
import { logLine } from "../../program/log-line.ts";
import { type Program, program } from "../../program/program.ts";
import { type ImageError, imageError } from "../../workload/image-errors.ts";
import { resultIn } from "../result-in.ts";
import { announcement } from "./announcement.ts";
import { removeBaseline, withBaseline } from "./container.ts";
import { containerOptions } from "./container-options.ts";
import { type BaselineSettings, measureBaseline as contract } from "./contract.ts";

async function measure(settings: BaselineSettings): Promise<HalfRecord> {
  const { mode, image, check, work, former } = settings;
  if (mode === "docker") {
    await ensureImage(image);
    const { address, place } = await dockerEndpoint();
    if (place === "elsewhere")
      logLine(`The single machine is the one that Docker runs on (${address}), and not this one.`);
  }
  const digest = mode === "docker" ? await digestOf(image) : null;
  if (former !== undefined) refuseOtherImage(image, former.digest, digest);
  const where = mode === "docker" ? `in image "${image}"` : "by this machine's python3";
  const checked = check && (await run(settings, where, check.work)).run.seconds * check.parts;
  logLine(announcement(settings, where, former?.seconds ?? checked ?? 0));
  const { elapsed, run: measured } = await run(settings, where, work);
  return { mode, elapsed, digest, ...measured };
}

/** Halves with different images do not form a single machine. */
function refuseOtherImage(image: string, former: string | null, now: string | null): void {
  // Null: Docker did not say.
  if (former === null || now === null || former === now) return;
  throw new Failure(
    "image-changed",
    `Image "${image}" was ${former} in the first half of the baseline but is ${now} in the second: its name now stands for another image. Measure both again with \`npm run measure\`, or with another value of pi-speedup:run.`,
  );
}

/**
 * One run of pi.py, and the seconds from its start to its end. It ends at its own deadline. By then its container is
 * removed, and so is one that a killed run has left.
 */
async function run(
  settings: BaselineSettings,
  where: string,
  args: readonly string[],
): Promise<{ run: Run; elapsed: number }> {
  const { mode, stack } = settings;
  if (mode === "docker") return withBaseline(stack, (container) => runIn(container, settings, where, args));
  return runIn(undefined, settings, where, args);
}

/** @param container its name; undefined: no container. */
async function runIn(
  container: string | undefined,
  settings: BaselineSettings,
  where: string,
  args: readonly string[],
): Promise<{ run: Run; elapsed: number }> {
  const { mode, stack, image, program, timeout } = settings;
  const python = ["-", ...args];
  const [tool = "", ...rest] =
    container === undefined
      ? ["python3", ...python]
      : // As the pods' `command`: in place of an image's own entry point.
        ["docker", "run", ...containerOptions(container, stack, args), "--entrypoint=python3", image, ...python];
  const begun = performance.now();
  const { code, stdout, stderr, timedOut } = await runTool(tool, rest, { input: program, seconds: timeout });
  const elapsed = (performance.now() - begun) / 1000;
  if (timedOut) {
    if (container !== undefined) await removeBaseline(stack);
    throw new Failure(
      "baseline-timed-out",
      `The baseline ${where} did not finish within ${timeout} s. Raise pi-speedup:timeout or lower pi-speedup:samples, and run \`pulumi up\` again.`,
    );
  }
  if (code !== 0) {
    const cause = dockerCause(stderr) || "it printed nothing";
    const error = mode === "docker" ? imageError(image, stderr) : undefined;
    throw new Failure(
      error === undefined ? "baseline-failed" : imageFaults[error.kind],
      `The baseline ${where} ended with exit code ${code} (${cause}). ${error?.remedy ?? "Remove the cause."} Then run \`pulumi up\` again.`,
    );
  }
  const remedy =
    mode === "docker"
      ? "Check that pi-speedup:image names an image whose python3 is Python itself, and run `pulumi up` again."
      : "Check that the `python3` of this machine is Python itself, and run `pulumi up` again.";
  return { run: resultIn(stdout, { source: `the baseline ${where}`, remedy }).run, elapsed };
}

const imageFaults: Record<ImageError["kind"], FaultId> = {
  "without-python": "image-without-python",
  architecture: "image-architecture",
  "old-python": "image-old-python",
  // Docker has the image, so the words come from something else.
  missing: "baseline-failed",
};

/** Docker prints the cause before it refers to its manual. */
function dockerCause(stderr: string): string {
  return (/^docker: (.*\S)/m.exec(stderr)?.[1] ?? lastLine(stderr)).replace(/\.$/, "");
}

export const measureBaseline: Program = program(contract, measure);
