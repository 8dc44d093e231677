import * as pulumi from "@pulumi/pulumi";
import type { Workload } from "../config.ts";
import { checkJobName } from "../ownership.ts";
import { PiJob } from "../workload/pi-job.ts";
import { quickCheck } from "../workload/pi-program.ts";
import type { WorkerPool } from "../workload/worker-pool.ts";
import { Collector } from "./collector/collector.ts";

export interface CheckArgs {
  /** The workers to test. */
  pool: WorkerPool;
  /** Name of the stack's Job. */
  job: string;
  /** The workers' later task. */
  workload: Workload;
}

/** Limits of kube-controller-manager's requests: at once, and then per second. Each pod takes one request. */
const controller = { burst: 30, perSecond: 20 };

/**
 * Seconds of untimed work before the round, and after it. A pod keeps others off its node only while it runs, so the first one
 * must still be running when the last one is created. Otherwise two pods run on one node, and another node is not checked.
 */
function warmUpFor(workers: number): number {
  const seconds = Math.max(0, workers - controller.burst) / controller.perSecond;
  return Math.ceil(seconds / 2);
}

/**
 * A small Job on all workers, whose results are read but not used: the tutorial's quick check. It brings the image to
 * every node, so that no pull falls into the measurement. Within seconds, it finds an image, node or log that would
 * have ended the measurement after minutes. Changing `run`, `samples`, `rounds` or `seed` does not repeat it, but
 * changing the image, list of workers, cluster or pi.py does.
 */
export class Check extends pulumi.ComponentResource {
  constructor(name: string, { pool, job, workload }: CheckArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-speedup:measurement:Check", name, {}, opts);
    const small = { ...quickCheck(workload), seed: "" };
    const part = { warmUp: warmUpFor(pool.workers.length) };
    const pi = new PiJob(name, { job: checkJobName(job), pool, workload: small, part, run: "check" }, { parent: this });
    new Collector(name, { job: pi }, { parent: this, dependsOn: pi });
    this.registerOutputs();
  }
}
