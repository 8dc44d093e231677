// Runs pi.py on the single machine, in a container of the same image as the pods; record on stdout.
import { randomBytes } from "node:crypto";
import * as v from "valibot";
import { answer, Failure, say } from "../command.ts";
import { attempt, ensureImage, lastLine } from "../docker.ts";
import { parseLog } from "./logs.ts";
import type { BaselineRecord } from "./records.ts";

const settingsSchema = v.object({
  image: v.string(),
  program: v.string(),
  arguments: v.array(v.string()),
  /** Seconds. */
  timeout: v.number(),
});
type Settings = v.InferOutput<typeof settingsSchema>;

async function inContainer(settings: Settings): Promise<BaselineRecord> {
  const { image, program, timeout } = settings;
  await ensureImage(image);
  say(`Measuring the single machine: ${image} in Docker`);
  const name = `pi-speedup-baseline-${randomBytes(4).toString("hex")}`;
  const container = ["--name", name, "--rm", "--interactive", "--network=none", "--read-only", "--cap-drop=ALL"];
  const user = ["--user=65534:65534", "--pull=never", `--label=pi-speedup.folder=${process.cwd()}`];
  const command = [image, "python3", "-", ...settings.arguments];
  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    void attempt("docker", ["rm", "--force", name]);
  }, timeout * 1000);
  const begun = performance.now();
  const { code, stdout, stderr } = await attempt("docker", ["run", ...container, ...user, ...command], program);
  const elapsed = (performance.now() - begun) / 1000;
  clearTimeout(deadline);
  if (late) {
    throw new Failure(
      `The baseline on this machine was not done after ${timeout} s: raise pi-speedup:timeout or lower pi-speedup:samples, and run \`pulumi up\` again.`,
    );
  }
  if (code !== 0) {
    throw new Failure(
      `The baseline in image «${image}» ended with exit code ${code} (${lastLine(stderr) || "it printed nothing"}): mend the cause and run \`pulumi up\` again.`,
    );
  }
  const { run } = parseLog(stdout, "the baseline on this machine");
  return { mode: "docker", elapsed, ...run };
}

await answer(settingsSchema, inContainer);
