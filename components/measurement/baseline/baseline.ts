import * as pulumi from "@pulumi/pulumi";
import { type Part, singleIndex } from "../../../analysis/records.ts";
import {
  type Half,
  type HalfRecord,
  type HalfRounds,
  halfOfWorker,
  roundsOfHalf,
} from "../../../analysis/single-machine.ts";
import type { BaselineMode, Workload } from "../../config.ts";
import { baselineJobName } from "../../ownership.ts";
import { ProgramCommand } from "../../program/program-command.ts";
import { runError } from "../../run-error.ts";
import { PiJob } from "../../workload/pi-job.ts";
import { type PartOfRun, program, programArguments, quickCheck } from "../../workload/pi-program.ts";
import type { WorkerPool } from "../../workload/worker-pool.ts";
import { Collector } from "../collector/collector.ts";
import { announcement } from "./announcement.ts";
import { measureBaseline } from "./contract.ts";

export interface BaselineArgs {
  /** What the single machine is. */
  mode: BaselineMode;
  /** The same work as in the pods. */
  workload: Workload;
  /** Any text; changing it measures again. */
  run: string;
  /** The workers, in case the single machine is one of them. */
  pool: WorkerPool;
  /** Name of the stack's Job. */
  job: string;
  /** Makes it the second half: the first half, and the Job between them. */
  after?: { first: Baseline; pi: PiJob };
}

/**
 * A half of the single machine's rounds, before or after the Job: what the cluster is compared with. Runs while nothing
 * else of this stack computes. Anything that replaces the Job measures both halves again. A failure ends the deployment
 * with one message, even if it occurs in the quick check before the first half.
 */
export class Baseline extends pulumi.ComponentResource {
  public readonly half: pulumi.Output<Half>;

  constructor(name: string, args: BaselineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-speedup:measurement:Baseline", name, {}, opts);
    const { mode, workload, after } = args;
    const part = after === undefined ? "before" : "after";
    const rounds = roundsOfHalf(workload.rounds, part);
    if (mode.kind === "given") this.half = pulumi.output({ mode: mode.kind, seconds: mode.seconds });
    // There is only one round, so there is none after the Job.
    else if (rounds.count === 0) this.half = pulumi.output(null);
    else if (mode.kind === "worker") this.half = this.onWorker(name, mode.node, part, rounds, args);
    else this.half = this.onThisMachine(name, mode.kind, rounds, args);
    this.registerOutputs({ half: this.half });
  }

  private onThisMachine(
    name: string,
    mode: "docker" | "host",
    rounds: HalfRounds,
    args: BaselineArgs,
  ): pulumi.Output<HalfRecord> {
    const { workload, after } = args;
    const { image, timeout } = workload;
    const small = quickCheck(workload);
    const measured = new ProgramCommand(
      name,
      measureBaseline,
      {
        settings: {
          mode,
          stack: pulumi.getStack(),
          image,
          program,
          half: { ...rounds, of: workload.rounds },
          work: programArguments(workload, partOfRun(rounds)),
          ...(after === undefined
            ? { check: { work: programArguments(small), parts: workload.samples / small.samples } }
            : { former: after.first.half.apply(formerHalf) }),
          timeout,
        },
        triggers: after === undefined ? whatReplacesTheJob(args) : [after.pi.uid],
      },
      { parent: this },
    );
    return measured.result;
  }

  private onWorker(
    name: string,
    node: string | undefined,
    part: Part,
    rounds: HalfRounds,
    args: BaselineArgs,
  ): pulumi.Output<HalfRecord> {
    const { workload, pool, job, after } = args;
    const [first = ""] = pool.workers;
    if (node !== undefined && !pool.workers.includes(node)) {
      throw runError(
        "baseline-no-worker",
        `pi-speedup:baseline is "worker:${node}", but this cluster has no worker of that name. Set it to "worker", or to "worker:NAME" with one of ${pool.workers.join(", ")}.`,
      );
    }
    const half = { ...rounds, of: workload.rounds };
    const where = `on the worker ${node ?? first} alone`;
    const alone = new PiJob(
      name,
      {
        job: baselineJobName(job, part),
        pool,
        workers: [node ?? first],
        workload,
        part: partOfRun(rounds),
        run: after === undefined ? pulumi.jsonStringify(whatReplacesTheJob(args)) : after.pi.uid,
      },
      { parent: this },
    );
    const collector = new Collector(
      name,
      {
        job: alone,
        announcement: pulumi
          .output(after?.first.half)
          .apply((former) => announcement({ half }, where, former ? formerHalf(former).seconds : null)),
      },
      { parent: this, dependsOn: alone },
    );
    return collector.collection.apply(halfOfWorker);
  }
}

/** Its own random streams, numbered through both halves. */
function partOfRun({ first, count }: HalfRounds): PartOfRun {
  return { index: singleIndex, firstRound: first, rounds: count };
}

/** In addition to the workload and pi.py, which are settings of a half. Another provider means another cluster. */
function whatReplacesTheJob({ run, job, pool }: BaselineArgs): pulumi.Input<string>[] {
  return [run, job, pool.namespace, [...pool.workers].sort().join(), pool.cluster.resourceOptions.provider.id];
}

/** What the second half needs to know about the first. */
function formerHalf(half: Half): { digest: string | null; seconds: number } {
  if (half === null || !("rounds" in half)) throw new Error("a second half is measured only after a first one");
  return { digest: half.digest, seconds: half.seconds };
}
