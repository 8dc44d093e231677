// How long a series of Jobs, one after the other, will still take, by what those before it took.
import { BatchV1Api, type KubeConfig } from "@kubernetes/client-node";
import pLimit from "p-limit";
import { roughly } from "../../../analysis/format.ts";
import { isNonEmpty, median } from "../../../analysis/values.ts";
import { retryTransient } from "../../kubernetes/requests.ts";
import type { CollectorSettings } from "./contract.ts";
import { type LeftOnJob, releasedAt, tookSeconds } from "./stopwatch.ts";

/** The series to which a Job belongs. */
export type Series = NonNullable<CollectorSettings["series"]>;

/** The last so many Jobs tell enough. */
const mostFormer = 8;
/** Requests at the same time. */
const concurrency = 4;

/** One clause, with what comes before it, such as `, about 4 min for this and the rest`; empty where nothing tells. */
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
    // A Job that is gone or out of reach keeps nothing from being measured.
    return `, for how long can't be told (${error instanceof Error ? error.message : error})`;
  }
}

/**
 * By the usual distance between the releases of the Jobs before this one; of the first, by what another Job took.
 * @param now wall clock, seconds since the epoch.
 */
export function remainingText(left: number, former: readonly LeftOnJob[], alike: LeftOnJob, now: number): string {
  const releases = [...former.map(releasedAt), now];
  // The median: a study that was broken off yesterday and goes on today has one distance of a day.
  const distances = releases.flatMap((release, i) => {
    const before = releases[i - 1];
    return release === null || before === null || before === undefined || release <= before ? [] : [release - before];
  });
  const rest = left === 1 ? "" : " for this and the rest";
  if (isNonEmpty(distances)) return `, ${roughly(left * median(distances))}${rest}`;
  const took = tookSeconds(alike);
  return took === null ? "" : `, at most ${roughly(left * took)}${rest}`;
}
