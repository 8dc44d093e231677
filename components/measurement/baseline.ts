import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as v from "valibot";
import type { BaselineMode, Workload } from "../config.ts";
import { program, programArguments } from "../workload/program.ts";
import type { SingleMachine } from "./metrics.ts";
import { type BaselineRecord, baselineRecordSchema } from "./records.ts";

export interface BaselineArgs {
  /** What the single machine is. */
  mode: BaselineMode;
  /** The same work as in the pods. */
  workload: Workload;
  /** Any text; another one measures again. */
  run: string;
}

/** The single machine's time for one worker's share of the work: what the cluster is compared with. */
export class Baseline extends pulumi.ComponentResource {
  public readonly record: pulumi.Output<SingleMachine>;

  constructor(name: string, { mode, workload, run }: BaselineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-speedup:measurement:Baseline", name, {}, opts);
    this.record =
      mode.kind === "given"
        ? pulumi.output({ mode: mode.kind, seconds: mode.seconds })
        : this.measure(name, workload, run);
    this.registerOutputs({ record: this.record });
  }

  private measure(name: string, workload: Workload, run: string): pulumi.Output<BaselineRecord> {
    const { image, timeout } = workload;
    const measured = new command.local.Command(
      name,
      {
        create: "exec node components/measurement/baseline.command.ts",
        stdin: JSON.stringify({ image, program, arguments: programArguments(workload), timeout }),
        triggers: [run],
        logging: "stderr",
        addPreviousOutputInEnv: false,
      },
      { parent: this },
    );
    return measured.stdout.apply((stdout) => v.parse(baselineRecordSchema, JSON.parse(stdout)));
  }
}
