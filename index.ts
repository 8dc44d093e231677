// The program: where the Job runs, what it is compared with, what it computes, and what the cluster gains.
import "./components/redact-debug-log.ts";
import * as pulumi from "@pulumi/pulumi";
import { assess } from "./analysis/assessment.ts";
import { joinHalves } from "./analysis/single-machine.ts";
import { createCluster } from "./components/cluster/create-cluster.ts";
import { readSettings } from "./components/config.ts";
import { Baseline } from "./components/measurement/baseline/baseline.ts";
import { Check } from "./components/measurement/check.ts";
import { Collector } from "./components/measurement/collector/collector.ts";
import { refuseMissed } from "./components/measurement/refuse-missed.ts";
import { Study } from "./components/measurement/study.ts";
import { PiJob } from "./components/workload/pi-job.ts";
import { WorkerPool } from "./components/workload/worker-pool.ts";
import { readmeOf } from "./report/markdown.ts";
import { summarize } from "./report/summary.ts";

const settings = readSettings(new pulumi.Config());
const { namespace, createNamespace, job, run } = settings;

const cluster = await createCluster(settings);
const pool = new WorkerPool("pi", { cluster, namespace, createNamespace });
const task = { pool, job, run, workload: settings.workload };

// A cluster that the stack created already has the image on its nodes, and they are alike.
const ready = settings.cluster.kind === "embedded" ? [cluster] : [cluster, new Check("check", task)];

const alone = { ...task, mode: settings.baseline };
const first = new Baseline("baseline-before", alone, { dependsOn: ready });
const pi = new PiJob("pi", task, { dependsOn: [...ready, first] });
const collector = new Collector("collector", { job: pi }, { dependsOn: pi });
const second = new Baseline("baseline-after", { ...alone, after: { first, pi } }, { dependsOn: collector });
const study = settings.study && new Study("study", { ...task, ...settings.study }, { dependsOn: [collector, second] });

const assessment = pulumi
  .all([collector.collection, first.half, second.half])
  .apply(([collection, before, after]) => assess(collection, joinHalves(before, after), settings.require));

export const { metrics, nodes, baseline, requirements } = assessment;
export const { logs, timeline } = collector.collection;
export const { workload } = pi;
export const { kubeconfig } = cluster;
export const scaling = study?.scaling ?? null;
const shown = pulumi.all([assessment, scaling]);
export const summary = shown.apply(([run, found]) => summarize(run, found));
export const readme = shown.apply(([run, found]) => readmeOf(run, found));

// Last, and in no output, so that a missed condition does not discard any results.
refuseMissed(requirements, [summary, readme, scaling]);
