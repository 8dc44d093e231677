import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { Failure } from "../../analysis/failure.js";
import { plural } from "../../analysis/format.ts";
import type { Collection } from "../../analysis/records.ts";
import { studyPoint } from "../../analysis/scaling/point.ts";
import { scalingOf } from "../../analysis/scaling/scaling.ts";
import type { PlannedPoint, Scaling, ScalingKind, StudyPoint } from "../../analysis/scaling/study-records.ts";
import type { StudySettings, Workload } from "../config.ts";
import { studyJobName } from "../ownership.ts";
import { runErrorOf } from "../run-error.ts";
import { PiJob } from "../workload/pi-job.ts";
import type { WorkerPool } from "../workload/worker-pool.ts";
import { Collector } from "./collector/collector.ts";
import { plannedPoints, workloadOfPoint } from "./planned-points.ts";

/** The worker counts, the number of repeats, and what grows with the workers. */
export interface StudyArgs extends StudySettings {
  /** The workers to use, the first ones of them in each point. */
  pool: WorkerPool;
  /** Name of the stack's Job, from which the names of the study's Jobs are derived. */
  job: string;
  /** The work of each worker, or in a strong study of all workers together. */
  workload: Workload;
  /** Any text. It determines the order; changing it measures all points again. */
  run: string;
}

/**
 * A scaling study: each point is a Job on its own workers and a collector, one after another. Measured points are kept:
 * an interrupted study continues, and more blocks are added to the existing ones. Changing the worker counts, the nodes
 * or the kind measures everything again, because the points of a block belong together.
 */
export class Study extends pulumi.ComponentResource {
  /** The results, and the fitted law, or why there is none. */
  public readonly scaling: pulumi.Output<Scaling>;

  constructor(name: string, args: StudyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-speedup:measurement:Study", name, {}, opts);
    const { pool, job, workload, run, kind, counts, repeats } = args;
    const plan = plannedPoints({ study: { kind, counts, repeats }, workload, run }, pool.workers);
    const blocks = Math.max(...plan.map(({ block }) => block));
    const identity = planIdentity(kind, plan);
    let former: Collector | undefined;
    const measured = plan.map((point, i) => {
      const { block, position, workers, nodes } = point;
      const pointName = `${name}-${block}-${workers}`;
      const pi = new PiJob(
        pointName,
        {
          job: studyJobName(job, point),
          pool,
          workers: nodes,
          workload: workloadOfPoint(workload, kind, workers),
          run,
          annotations: {
            "pi-speedup/study": identity,
            "pi-speedup/point": `block ${block}, position ${position}: ${workers} ${plural(workers, "worker")}`,
          },
        },
        // Never two at the same time.
        { parent: this, ...(former && { dependsOn: former }) },
      );
      const collector = new Collector(
        pointName,
        {
          job: pi,
          announcement: `Scaling study, point ${i + 1} of ${plan.length}: ${workers} ${plural(workers, "worker")}, block ${block} of ${blocks}`,
          series: {
            left: plan.length - i,
            former: plan.slice(0, i).map((before) => studyJobName(job, before)),
            alike: job,
          },
        },
        { parent: this, dependsOn: pi },
      );
      former = collector;
      return collector.collection.apply((collection) => measuredPoint(point, collection));
    });
    this.scaling = pulumi.all(measured).apply((points) => scalingOf(kind, points, plan));
    this.registerOutputs({ scaling: this.scaling });
  }
}

/** @throws RunError if the pods ran elsewhere than planned. */
function measuredPoint(point: PlannedPoint, collection: Collection): StudyPoint {
  try {
    return studyPoint(point, collection);
  } catch (error) {
    throw error instanceof Failure ? runErrorOf(error) : error;
  }
}

/** Everything that the points of a study have in common, except the number of blocks. Another plan is another study. */
function planIdentity(kind: ScalingKind, plan: readonly PlannedPoint[]): string {
  const ofBlock = plan.filter(({ block }) => block === plan[0]?.block).toSorted((a, b) => a.workers - b.workers);
  const nodes = createHash("sha256").update(JSON.stringify(ofBlock.map((point) => point.nodes.toSorted())));
  const counts = ofBlock.map(({ workers }) => workers);
  // An annotation with a thousand numbers helps nobody, and the hash covers them all.
  const text = counts.length > 40 ? `${counts.length} counts up to ${counts.at(-1)}` : counts.join(",");
  return `${kind}, ${text} workers, ${nodes.digest("hex").slice(0, 16)}`;
}
