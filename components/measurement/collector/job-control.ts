// What the collector does with its Job: inspects it, releases its pods, and suspends it again.

import {
  BatchV1Api,
  type ConfigurationOptions,
  type KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  type V1Job,
} from "@kubernetes/client-node";
import * as v from "valibot";
import { Failure } from "../../../analysis/failure.js";
import type { Fault } from "../../../analysis/fault-ids.js";
import { shaped } from "../../kubernetes/answers.ts";
import { retryTransient } from "../../kubernetes/requests.ts";
import { annotations, type Stopwatch } from "./stopwatch.ts";

/** The fields of a Job that we rely on. */
const jobSchema = v.looseObject({
  metadata: v.nullish(
    v.looseObject({ uid: v.nullish(v.string()), annotations: v.nullish(v.record(v.string(), v.string())) }),
  ),
  spec: v.nullish(v.looseObject({ suspend: v.nullish(v.boolean()) })),
  status: v.nullish(
    v.looseObject({
      conditions: v.nullish(
        v.array(
          v.looseObject({
            type: v.string(),
            status: v.string(),
            reason: v.nullish(v.string()),
            message: v.nullish(v.string()),
          }),
        ),
      ),
    }),
  ),
});

/** Which Job. */
export interface JobIdentity {
  namespace: string;
  job: string;
  /** Another Job with that name is refused. */
  uid: string;
}

/**
 * One Job, identified by its uid. All methods throw a Failure if it is gone, if it is another Job, or if the API server
 * refuses.
 */
export class JobControl {
  private readonly batch: BatchV1Api;
  private readonly identity: JobIdentity;
  private readonly title: string;
  private readonly gone: Fault;

  constructor(config: KubeConfig, identity: JobIdentity) {
    this.batch = config.makeApiClient(BatchV1Api);
    this.identity = identity;
    this.title = `Job ${identity.namespace}/${identity.job}`;
    this.gone = {
      id: "job-deleted",
      text: `${this.title} no longer exists: somebody deleted it. Run \`pulumi up --refresh\`, which notices that and creates a new one.`,
    };
  }

  /** @param ended stops the attempts. */
  async read(ended?: AbortSignal): Promise<V1Job> {
    const { namespace, job: name, uid } = this.identity;
    const live = await retryTransient(
      `read ${this.title}`,
      async (options) => shaped(jobSchema, await this.batch.readNamespacedJob({ name, namespace }, options), "the Job"),
      this.gone,
      ended,
    );
    if (live.metadata?.uid === uid) return live;
    throw new Failure(
      "job-replaced",
      `${this.title} is not the one that this stack created (uid ${live.metadata?.uid}, expected ${uid}): somebody has replaced it. Remove it with \`kubectl delete job -n ${namespace} ${name}\` and run \`pulumi up --refresh\`.`,
    );
  }

  /**
   * Releases the pods, and starts the stopwatch just before.
   * @param ended stops the attempts.
   */
  async release(stopwatch: Stopwatch, ended: AbortSignal): Promise<void> {
    let tried = false;
    await retryTransient(
      `release ${this.title}`,
      async (options) => {
        // An answer may have been lost. A Job that is already released must not be timed from now on.
        if (tried && (await this.read(ended)).spec?.suspend !== true) return;
        tried = true;
        const annotation = { [annotations.released]: stopwatch.start() };
        await this.patch({ metadata: { annotations: annotation }, spec: { suspend: false } }, options);
      },
      this.gone,
      ended,
    );
  }

  /**
   * Ends the pods, but keeps the Job.
   * @param ended stops the attempts. Default: after a minute.
   */
  async suspend(ended?: AbortSignal): Promise<void> {
    await retryTransient(
      `suspend ${this.title}`,
      (options) => this.patch({ spec: { suspend: true } }, options),
      this.gone,
      ended,
    );
  }

  /** Adds an annotation to the Job. */
  async annotate(noted: Record<string, string>): Promise<void> {
    await retryTransient(
      `annotate ${this.title}`,
      (options) => this.patch({ metadata: { annotations: noted } }, options),
      this.gone,
    );
  }

  /** The API server refuses a merge patch with this uid for another Job of that name. */
  private async patch(body: { metadata?: object; spec?: object }, options: ConfigurationOptions): Promise<void> {
    const { namespace, job: name, uid } = this.identity;
    const merging = setHeaderOptions("Content-Type", PatchStrategy.MergePatch, options);
    await this.batch.patchNamespacedJob(
      { name, namespace, body: { ...body, metadata: { uid, ...body.metadata } } },
      merging,
    );
  }
}
