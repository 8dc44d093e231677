// Estimates how long a series of Jobs will still take, from the times of the previous ones.
import { BatchV1Api, type KubeConfig } from "@kubernetes/client-node";
import pLimit from "p-limit";
import { roughly } from "../../../analysis/format.ts";
import { isNonEmpty, median } from "../../../analysis/values.ts";
import { retryTransient } from "../../kubernetes/requests.ts";
import type { CollectorSettings } from "./contract.ts";
import { type LeftOnJob, releasedAt, tookSeconds } from "./stopwatch.ts";

/** The series that a Job belongs to. */
export type Series = NonNullable<CollectorSettings["series"]>;

/** This many of the last Jobs are enough. */
const mostFormer = 8;
/** Parallel requests. */
const concurrency = 4;

/** A clause with its comma, such as `, about 4 min for this and the rest`; empty if unknown. */
export async function remainingTime(config: KubeConfig, namespace: string, series: Series): Promise<string> {
  const batch = config.makeApiClient(BatchV1Api);
  const read = async (name: string): Promise<LeftOnJob> => {
    const job = await retryTransient(`read Job ${namespace}/${name}`, (options) =>
      batch.readNamespacedJob({ name, namespace }, options),
    );
    return job.metadata?.annotations;
  };
  const names = series.former.slice(-mostFormer);
  try {
    const former = await pLimit(concurrency).map(names, read);
    return remainingText(
      series.left,
      former,
      former.length === 0 ? await read(series.alike) : undefined,
      Date.now() / 1000,
    );
  } catch (error) {
    // A Job that is gone or unreachable does not stop the measurement.
    return `, for how long can't be told (${error instanceof Error ? error.message : error})`;
  }
}

/**
 * From the usual interval between the releases of the previous Jobs; for the first one, from the duration of another
 * Job.
 * @param now wall clock, seconds since the epoch.
 */
export function remainingText(left: number, former: readonly LeftOnJob[], alike: LeftOnJob, now: number): string {
  const releases = [...former.map(releasedAt), now];
  // The median, because a study that was interrupted yesterday and continues today has one interval of a day.
  const distances = releases.flatMap((release, i) => {
    const before = releases[i - 1];
    return release === null || before === null || before === undefined || release <= before ? [] : [release - before];
  });
  const rest = left === 1 ? "" : " for this and the rest";
  if (isNonEmpty(distances)) return `, ${roughly(left * median(distances))}${rest}`;
  const took = tookSeconds(alike);
  return took === null ? "" : `, at most ${roughly(left * took)}${rest}`;
}
