// The program: where it runs, what it is compared with, what runs there, and what that is worth.
import "./components/redact-debug-log.ts";
import * as pulumi from "@pulumi/pulumi";
import { assess } from "./analysis/assessment.ts";
import { clusterFor } from "./components/cluster/cluster.ts";
import { readSettings } from "./components/config.ts";
import { Baseline } from "./components/measurement/baseline/baseline.ts";
import { Collector } from "./components/measurement/collector/collector.ts";
import { baselineJob } from "./components/ownership.ts";
import { PiJob } from "./components/workload/pi-job.ts";
import { Workplace } from "./components/workload/worker-pool.ts";
import { readmeOf } from "./report/markdown.ts";
import { summarize } from "./report/summary.ts";

const settings = readSettings(new pulumi.Config());
const { namespace, job, workload, run } = settings;

const cluster = await clusterFor(settings);

const workplace = new Workplace("pi", { namespace, workers: cluster.workers }, cluster.placement);

const single = new Baseline(
  "baseline",
  { mode: settings.baseline, workload, run, workplace, kubeconfig: cluster.kubeconfig, job: baselineJob(job) },
  { dependsOn: cluster },
);

const pi = new PiJob("pi", { job, workplace, workload, run }, { dependsOn: [cluster, single] });

const collector = new Collector(
  "collector",
  { kubeconfig: cluster.kubeconfig, namespace, job, uid: pi.uid, workers: cluster.workers.length },
  { dependsOn: pi },
);

const measured = pulumi
  .all([collector.collection, single.record])
  .apply(([collection, baseline]) => assess(collection, baseline));

export const metrics = measured.metrics;
export const nodes = measured.nodes;
export const baseline = measured.baseline;
export const logs = collector.collection.logs;
export const timeline = collector.collection.timeline;
export const summary = measured.apply(summarize);
export const readme = measured.apply(readmeOf);
export const kubeconfig = cluster.kubeconfig;
export { workload };
