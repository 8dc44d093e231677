// A stack's configuration as Pulumi gives it: every key, as text.

/** A valid one of each key. */
export const exampleConfig: Readonly<Record<string, string>> = {
  cluster: "embedded",
  agents: "3",
  kubeconfig: "",
  context: "",
  master: "",
  masterAddress: "",
  workers: "[]",
  namespace: "pi-workload",
  createNamespace: "true",
  job: "pi-calculation-job",
  image: "python:3.9-slim",
  samples: "1000",
  rounds: "3",
  processes: "1",
  seed: "",
  baseline: "docker",
  run: "1",
  timeout: "600",
  require: "[]",
  study: "",
  scaling: "weak",
  studyRepeats: "3",
};
