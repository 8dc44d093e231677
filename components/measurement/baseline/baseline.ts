import * as pulumi from "@pulumi/pulumi";
import { baselineOf, type SingleMachine } from "../../../analysis/records.ts";
import type { BaselineMode, Workload } from "../../config.ts";
import { ProgramCommand } from "../../program/program-command.ts";
import { PiJob } from "../../workload/pi-job.ts";
import { program, programArguments, quickCheck } from "../../workload/pi-program.ts";
import type { WorkerPool } from "../../workload/worker-pool.ts";
import { Collector } from "../collector/collector.ts";
import { measureBaseline } from "./contract.ts";

export interface BaselineArgs {
  /** What the single machine is. */
  mode: BaselineMode;
  /** The same work as in the pods. */
  workload: Workload;
  /** Any text; another one measures again. */
  run: string;
  /** Where it runs when the single machine is a worker. */
  pool: WorkerPool;
  /** Name of the Job on that worker. */
  job: string;
}

/**
 * The single machine's time for one worker's share of the work: what the cluster is compared with. Runs while nothing
 * else of this stack computes. A failure, also of the quick check that comes first, ends the deployment in one sentence.
 */
export class Baseline extends pulumi.ComponentResource {
  public readonly record: pulumi.Output<SingleMachine>;

  constructor(name: string, args: BaselineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-speedup:measurement:Baseline", name, {}, opts);
    const { mode } = args;
    this.record =
      mode.kind === "given"
        ? pulumi.output({ mode: mode.kind, seconds: mode.seconds })
        : mode.kind === "worker"
          ? this.onWorker(name, mode.node, args)
          : this.onThisMachine(name, mode.kind, args);
    this.registerOutputs({ record: this.record });
  }

  private onThisMachine(
    name: string,
    mode: "docker" | "host",
    { workload, run }: BaselineArgs,
  ): pulumi.Output<SingleMachine> {
    const { image, timeout } = workload;
    const [check, work] = [programArguments(quickCheck(workload)), programArguments(workload)];
    const measured = new ProgramCommand(
      name,
      measureBaseline,
      {
        settings: { mode, stack: pulumi.getStack(), image, program, check, work, timeout },
        triggers: [run],
      },
      { parent: this },
    );
    return measured.result;
  }

  private onWorker(name: string, node: string | undefined, args: BaselineArgs): pulumi.Output<SingleMachine> {
    const { workload, run, pool, job } = args;
    const [first = ""] = pool.workers;
    if (node !== undefined && !pool.workers.includes(node)) {
      throw new pulumi.RunError(
        `Config key pi-speedup:baseline: «worker:${node}» names no worker of this cluster; set «worker», or «worker:NAME» with one of ${pool.workers.join(", ")}.`,
      );
    }
    const alone = new PiJob(
      name,
      { job, pool, workers: [node ?? first], workload, run, checkFirst: true },
      { parent: this },
    );
    const collector = new Collector(name, { job: alone }, { parent: this, dependsOn: alone });
    return collector.collection.apply((collection) => baselineOf(collection));
  }
}
