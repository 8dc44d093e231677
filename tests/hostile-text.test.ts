// Hostile text in every message. Each variable part of a message in docs/faults.md is replaced by text that would write
// the clipboard, clear the screen, change the writing direction or fill the terminal, at the place where it enters the
// program. The output must do none of this. A message with variable parts that is not in the tables below fails the
// last tests.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { ApiException, KubeConfig } from "@kubernetes/client-node";
import { RunError } from "@pulumi/pulumi/errors.js";
import test, { type ExecutionContext } from "ava";
import * as v from "valibot";
import { assess } from "../analysis/assessment.ts";
import { findingText } from "../analysis/checks/finding.ts";
import { Failure } from "../analysis/failure.js";
import { withId } from "../analysis/fault-ids.js";
import { parseLog } from "../analysis/pod-output.ts";
import { printableJson } from "../analysis/printable.js";
import { missedMessage } from "../analysis/requirements.ts";
import { createCluster, deleteCluster, updateCluster } from "../components/cluster/embedded/cluster-programs.ts";
import { loadImage } from "../components/cluster/embedded/image-program.ts";
import { baselineContainer, serverNode } from "../components/cluster/embedded/names.ts";
import { inspect, patience as inspection } from "../components/cluster/existing/inspect.ts";
import { chooseContext, parseKubeconfig } from "../components/cluster/existing/kubeconfig.ts";
import { readKubeconfig } from "../components/cluster/existing/kubeconfig-files.ts";
import { chooseWorkers } from "../components/cluster/existing/nodes.ts";
import { fetchKubeconfig } from "../components/cluster/existing/ssh.ts";
import { exits, explainSsh, type SshEnd } from "../components/cluster/existing/ssh-fault.ts";
import { readSettings } from "../components/config.ts";
import { runTool } from "../components/host/run-tool.ts";
import { readBounded } from "../components/host/text-file.ts";
import { parseToolAnswer } from "../components/host/tool-answer.ts";
import { explainApiError } from "../components/kubernetes/explain.ts";
import { retryTransient, timing } from "../components/kubernetes/requests.ts";
import { measureBaseline } from "../components/measurement/baseline/program.ts";
import { patience } from "../components/measurement/collector/pod-creation.ts";
import { collect } from "../components/measurement/collector/program.ts";
import { contract } from "../components/program/contract.ts";
import { logLine } from "../components/program/log-line.ts";
import { parseResult } from "../components/program/program-command.ts";
import { runError } from "../components/run-error.ts";
import { containerName } from "../components/workload/job-spec.ts";
import { csvOf } from "../report/history/csv.ts";
import { entryOf, parseHistory } from "../report/history/entries.ts";
import { historyText } from "../report/history/text.ts";
import { reportPage } from "../report/html/page.ts";
import { readmeOf } from "../report/markdown.ts";
import { measurementIn } from "../report/outputs.ts";
import { summarize } from "../report/summary.ts";
import { parseArguments } from "../scripts/stack/arguments.ts";
import { readRequirements } from "../scripts/stack/requirements.ts";
import { ensurePassphrase } from "../toolchain/backend.ts";
import { planDocker } from "../toolchain/docker.ts";
import { download } from "../toolchain/download.ts";
import { nodePackageFor } from "../toolchain/node-package.js";
import { allReleases } from "../toolchain/releases.ts";
import { exampleConfig } from "./helpers/example-config.ts";
import { example } from "./helpers/example-measurement.ts";
import { runRecord } from "./helpers/example-records.ts";
import { assessed, released } from "./helpers/example-run.ts";
import { exampleScaling } from "./helpers/example-scaling.ts";
import { kubeconfigOf } from "./helpers/fake-api-server.ts";
import {
  containerIn,
  type FakeCluster,
  jobName,
  logOf,
  namespace,
  podOf,
  startFakeCluster,
} from "./helpers/fake-cluster.ts";
import type { Rule } from "./helpers/fake-programs.ts";
import { assertFault, readFaults } from "./helpers/faults.ts";
import { hostileServer } from "./helpers/hostile-server.ts";
import { labelsHere, listing, thing, wholeCluster } from "./helpers/labelled.ts";
import { programsWithin } from "./helpers/programs-within.ts";

/** Each of these does something to a terminal, a page, a table or a spreadsheet, or hides from the reader. */
const evil = [
  "\u001b]52;c;cm0gLXJmIC8=\u0007",
  "\u001b[2J\u001b[31m",
  "\u009b2J\u0085",
  "\u202egnp.\u2066exe\u2069",
  "\ud800",
  "\u200b\ufeff\u{e0041}",
  "\r",
  `\${outputs.kubeconfig} [x](https://e.example) <img src=x onerror=alert(1)> | =cmd()`,
].join("");
/** Far more of it, in a line and in lines, than a message shows. */
const flood = `${evil.repeat(100)}${"x".repeat(20_000)}${`\n${evil}`.repeat(200)}`;

const harmful = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/u;

/** Everything that was written to stderr while these tests ran. */
const written: string[] = [];
const { stderr } = process;
const write = stderr.write.bind(stderr);
test.before(() => {
  stderr.write = (chunk: unknown) => {
    written.push(String(chunk));
    return true;
  };
});
test.after.always(() => {
  stderr.write = write;
});

function assertHarmless(t: ExecutionContext, text: string): void {
  for (const line of text.split("\n")) {
    t.notRegex(line, harmful, JSON.stringify(line.slice(0, 200)));
    t.true(line.length <= 2_060, `a line of ${line.length} characters`);
  }
  t.true(text.split("\n").length <= 60, `${text.split("\n").length} lines`);
}

/** What is shown of an error: by Pulumi's engine as it is, otherwise as every program and script shows it. */
function shown(error: unknown): string {
  if (error instanceof RunError) return error.message;
  const from = written.length;
  logLine(error instanceof Error ? error.message : String(error));
  return written.slice(from).join("");
}

/** Does what fails, or says what is said, with this text where others' text is. */
type Scenario = (t: ExecutionContext, text: string) => unknown;

async function told(t: ExecutionContext, scenario: Scenario, text: string): Promise<string> {
  try {
    const said = await scenario(t, text);
    return typeof said === "string" ? shown(new Error(said)) : "";
  } catch (error) {
    return shown(error);
  }
}

/** `serial`: it has a lock that others need. */
function tries(id: string, scenario: Scenario, serial: boolean): void {
  const run = serial ? test.serial : test;
  run(`hostile text in ${id} does no harm`, async (t) => {
    const message = await told(t, scenario, evil);
    assertFault(t, id, message);
    assertHarmless(t, message);
    assertHarmless(t, await told(t, scenario, flood));
  });
}

const folder = mkdtempSync(join(tmpdir(), "pi-speedup-hostile-"));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
/** A path that somebody has named so; no file system takes more. */
const path = (text: string, prefix = "") => join(folder, prefix + text.replaceAll(/[/\0]/g, "_").slice(0, 60));

// ——— Before the start ———

const [release = t404()] = allReleases();
function t404(): never {
  throw new Error("there is no release");
}
const refusal = (machine: Parameters<typeof nodePackageFor>[0]) => {
  const found = nodePackageFor(machine);
  return "refusal" in found ? withId(found.refusal.id, found.refusal.text) : undefined;
};
/** A server of releases whose address holds the text. */
const downloading = async (t: ExecutionContext, text: string, answer: "cut" | "wrong" | "endless") => {
  const server = await hostileServer(t, (_, response) => {
    response.writeHead(200, answer === "cut" ? { "content-length": "999999999" } : {});
    if (answer === "wrong") return void response.end(text);
    response.write("x".repeat(10_000));
    setTimeout(() => response.destroy(), answer === "cut" ? 20 : 2_000);
  });
  const pins = { [`${release.repository} ${release.version} ${release.file}`]: "0".repeat(64) };
  const origin = `${server}/${encodeURI(text.toWellFormed()).slice(0, 1_000)}\u202e`;
  return download(release, folder, { origin, pins, mostBytes: answer === "endless" ? 1_000 : 2 ** 30 });
};

const before: Record<string, Scenario> = {
  "passphrase-damaged": async (_, text) => {
    const file = path(text);
    writeFileSync(file, text);
    await ensurePassphrase(file);
  },
  "thirty-two-bits": () => refusal({ platform: "linux", architecture: "arm", glibc: "2.31" }),
  "platform-unknown": (_, text) => refusal({ platform: text, architecture: text, glibc: text }),
  "old-glibc": (_, text) => refusal({ platform: "linux", architecture: "x64", glibc: `2.17.${text}` }),
  "stack-name-missing": () => parseArguments(["--stack"]),
  "stack-name-wrong": (_, text) => parseArguments([`--stack=${text}`]),
  "stack-name-twice": (_, text) => parseArguments([`--stack=${text}`, `--stack=${text}`]),
  "stack-of-another-project": () => parseArguments(["--stack=a/b/c"]),
  "download-broken-off": (t, text) => downloading(t, text, "cut"),
  "download-tampered": (t, text) => downloading(t, text, "wrong"),
  "download-endless": (t, text) => downloading(t, text, "endless"),
  "tool-endless": (_, text) =>
    runTool("yes", [text.replaceAll("\0", "").slice(0, 1_000)], { seconds: 600, most: 100_000 }),
  "file-too-large": async (_, text) => {
    writeFileSync(path(text, "large"), text);
    await readBounded(path(text, "large"), 10);
  },
  "tool-garbled": (_, text) =>
    parseToolAnswer(v.record(v.string(), v.number()), `docker ${text}`, JSON.stringify({ [text]: text })),
  "stack-file-malformed": (_, text) =>
    readRequirements(readFileSync("Pulumi.yaml", "utf8"), `config:\n  ${text}: [${text}`, []),
  "docker-host-dead": (_, text) => {
    const commands = { docker: true, dockerd: true, iptables: true };
    const plan = planDocker({
      answers: false,
      dockerHost: text,
      context: undefined,
      mayInstall: false,
      commands,
      systemd: false,
      sysResource: true,
    });
    return plan.kind === "refuse" ? withId(plan.why.id, plan.why.text) : undefined;
  },
};

// ——— Configuration ———

const config = (changed: Record<string, string>) =>
  readSettings({ name: "pi-speedup", get: (key) => ({ ...exampleConfig, ...changed })[key] });
const configured: Record<string, Scenario> = {
  "config-value": (_, text) => config({ master: text.slice(0, 1_000) }),
  "requirement-missed": (_, text) => {
    const missed = missedMessage([{ text: text.slice(0, 500), value: 1, interval: null, verdict: "missed" }]);
    return missed && withId(missed.id, missed.text);
  },
  "result-unreadable": (_, text) =>
    parseResult(
      contract("ask", { settings: v.null(), result: v.record(v.string(), v.number()) }),
      JSON.stringify({ [text]: text }),
    ),
  "outputs-of-another-version": (_, text) => measurementIn({ nodes: [{ node: text, [text]: text }] }, text),
};
test("hostile text in every key of the configuration does no harm", async (t) => {
  for (const key of Object.keys(exampleConfig)) {
    for (const text of [evil, flood, `["${evil}"]`])
      assertHarmless(t, await told(t, () => config({ [key]: text }), text));
  }
});

// ——— Kubeconfigs and ssh ———

// Nobody comes back here.
inspection.away = 0;

/** As text that YAML may hold: what it may not is written by its number. */
const asYaml = (value: object) =>
  JSON.stringify(value).replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
const kubeconfig = (text: string, more: object = {}) =>
  asYaml({
    "current-context": text,
    contexts: [{ name: text, context: { cluster: text, user: text } }],
    clusters: [{ name: text, cluster: { server: "https://x", ...more } }],
    users: [{ name: text, user: { token: "t" } }],
  });
/** An ssh that ended so: with 255 for a fault of its own, with another code for one of the program there. */
const ssh = (text: string, stderr: string, { code = 255, knownHosts = [] }: Partial<SshEnd> = {}) => {
  const fault = explainSsh({
    code,
    stderr: `${text}\n${stderr} ${text.slice(0, 1_000)}\nlast line ${text.slice(0, 1_000)}`,
    master: text,
    file: text,
    knownHosts,
  });
  return withId(fault.id, fault.text);
};
const there = { code: exits.sudo };
const access = (text: string, server = text) => ({
  kubeconfig: kubeconfigOf(server.startsWith("http") ? server : "http://127.0.0.1:1", "only", {
    "insecure-skip-tls-verify": true,
  }),
  server,
  whose: `of context "${text}"`,
  remedy: "Check that it runs",
});
const certificate = (code: string) =>
  new TypeError("fetch failed", { cause: Object.assign(new Error("bad certificate"), { code }) });
const explained = (error: unknown, text: string) =>
  explainApiError(error, `read ${text}`, access(text), new KubeConfig()).message;
const status = (code: number, message: string) => new ApiException(code, "", JSON.stringify({ message }), {});
const recorded = { uids: new Set(["of-ours"]), stackValue: "ours" };
const inspectArgs = {
  workers: [],
  stackValue: "ours",
  namespace: "n",
  createNamespace: true,
  jobs: () => [],
  recorded,
};

/** An API server that answers everything so. */
const inspecting = async (
  t: ExecutionContext,
  text: string,
  code: number,
  answers: (path: string) => unknown,
  createNamespace = true,
) => {
  const server = await hostileServer(t, (request, response) => {
    const body = answers(request.url ?? "");
    response.writeHead(body === undefined ? 404 : code, { "content-type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body ?? { kind: "Status", message: text }));
  });
  return inspect(access(text, server), { ...inspectArgs, createNamespace, jobs: () => ["j"] });
};
const inspected =
  (labels: object, more: object = {}) =>
  (url: string) => {
    if (url.includes("/jobs/")) return { spec: { template: { metadata: { labels: {} } } } };
    if (url.endsWith("/namespaces/n")) return { metadata: { name: "n", labels, ...more } };
    if (url.includes("/nodes")) return { items: [{ metadata: { name: "blue" }, ...ready }] };
    return { metadata: { uid: "u" } };
  };
const node = (text: string, more: object = {}) => ({
  metadata: { name: "blue", labels: { role: text } },
  status: { conditions: [{ type: "Ready", status: "False", reason: text, message: text }] },
  ...more,
});
const ready = { status: { conditions: [{ type: "Ready", status: "True" }] } };

const reached: Record<string, Scenario> = {
  "kubeconfig-missing": (_, text) => readKubeconfig({ path: `/nowhere/${path(text)}`, context: "" }, {}),
  "kubeconfig-none": (_, text) => readKubeconfig({ path: "", context: "" }, { KUBECONFIG: `/nowhere/${path(text)}` }),
  "kubeconfig-unreadable": (_, text) => {
    writeFileSync(path(text, "folder"), "");
    return readKubeconfig({ path: join(path(text, "folder"), "file"), context: "" }, {});
  },
  "kubeconfig-no-yaml": (_, text) => parseKubeconfig(`a: [${text}`, text),
  "kubeconfig-malformed": (_, text) => parseKubeconfig(asYaml({ clusters: { [text]: text } }), text),
  "kubeconfig-expanding": (_, text) => parseKubeconfig("a: &a [*a]", text),
  "kubeconfig-part-missing": async (_, text) => {
    const file = join(folder, `part-${text.length}`);
    // One with control characters is refused before it is looked for.
    const place = `/nowhere/${path(text).replaceAll(/\p{Cc}/gu, "")}`;
    writeFileSync(file, kubeconfig("x", { "certificate-authority": place }));
    await readKubeconfig({ path: file, context: "" }, {});
  },
  "kubeconfig-unusable": (_, text) =>
    chooseContext(
      parseKubeconfig(kubeconfig(text, { "certificate-authority": "a", "insecure-skip-tls-verify": true }), text),
      "",
    ),
  "context-unknown": (_, text) => chooseContext(parseKubeconfig(kubeconfig(text), text), `${text}!`),
  "context-none": (_, text) =>
    chooseContext(parseKubeconfig(kubeconfig(text).replace("current-", "former-"), text), ""),
  "context-dangling": (_, text) =>
    chooseContext(
      parseKubeconfig(kubeconfig(text).replace('"clusters":[{"name":', '"clusters":[{"name":"x","y":'), text),
      "",
    ),
  "api-unreachable": (_, text) => explained(new TypeError("fetch failed", { cause: new Error(text) }), text),
  "api-certificate": (_, text) => explained(certificate("CERT_HAS_EXPIRED"), text),
  "api-stranger": (_, text) => explained(new ApiException(404, "", `<html>${text}`, {}), text),
  "api-trouble": (t, text) => inspecting(t, text, 500, () => ({ kind: "Status", message: text })),
  "api-answer-unusable": (t, text) =>
    inspecting(t, text, 200, (url) => {
      if (url.includes("nodes")) return { items: [{ metadata: { name: text } }] };
      return url.endsWith("/n") ? undefined : { metadata: { uid: text } };
    }),
  "credentials-refused": (t, text) => inspecting(t, text, 401, () => ({ kind: "Status", message: text })),
  "credentials-expired": (_, text) => {
    const config = new KubeConfig();
    const claims = Buffer.from(JSON.stringify({ exp: 1, [text]: text })).toString("base64url");
    config.loadFromString(kubeconfigOf("http://x").replace("let-me-in", `a.${claims}.b`));
    return explainApiError(status(401, text), text, access(text), config).message;
  },
  "credentials-program": async (_, text) => {
    const config = JSON.parse(kubeconfigOf("http://127.0.0.1:1"));
    const command = `/nowhere/${path(text)}`;
    const users = [{ name: "u", user: { exec: { apiVersion: "client.authentication.k8s.io/v1", command } } }];
    await inspect({ ...access(text), kubeconfig: JSON.stringify({ ...config, users }) }, inspectArgs);
  },
  forbidden: (t, text) => {
    const message = `User "${text.replaceAll('"', "").slice(0, 1_000)}" cannot get resource "${text.replaceAll('"', "")}"`;
    return inspecting(t, text, 403, () => ({ kind: "Status", message }));
  },
  "forbidden-otherwise": (t, text) => inspecting(t, text, 403, () => ({ kind: "Status", message: text })),
  "kubernetes-too-old": (t, text) =>
    inspecting(t, text, 200, (url) =>
      url.startsWith("/version") ? { gitVersion: `v1.2.${text.slice(0, 150)}` } : { metadata: { uid: "u" } },
    ),
  "namespace-foreign": (t, text) => inspecting(t, text, 200, inspected({ ours: text })),
  "job-foreign": (t, text) => inspecting(t, text, 200, inspected({ more: text }, { uid: "of-ours" })),
  "namespace-provided": (t, text) => inspecting(t, text, 200, inspected({ "pi-speedup/provided": "true", more: text })),
  "namespace-missing": (t, text) =>
    inspecting(t, text, 200, (url) => (url.endsWith("/namespaces/n") ? undefined : { metadata: { uid: "u" } }), false),
  "namespace-of-stack": (t, text) =>
    inspecting(t, text, 200, inspected({ more: text }, { uid: "of-ours", generateName: text }), false),
  "namespace-unprovided": (t, text) => inspecting(t, text, 200, inspected({ "pi-speedup/provided": text }), false),
  "namespace-unrestricted": (t, text) =>
    inspecting(
      t,
      text,
      200,
      inspected({ "pi-speedup/provided": "true", "pod-security.kubernetes.io/enforce": text }),
      false,
    ),
  "namespace-going": (t, text) =>
    inspecting(t, text, 200, inspected({ more: text }, { uid: "of-ours", deletionTimestamp: "2026-01-01T00:00:00Z" })),
  // Node names are checked where they enter, so here they are others' only in what says why.
  "worker-unfit": (_, text) => chooseWorkers([node(text)], ["blue"], inspectArgs),
  "worker-none": (_, text) => chooseWorkers([node(text)], [], inspectArgs),
  "label-foreign": (_, text) => chooseWorkers([node(text, ready)], ["blue"], inspectArgs),
  "ssh-unknown-host-key": (_, text) => ssh(text, "Host key verification failed."),
  "ssh-revoked-host-key": (_, text) => ssh(text, "@ WARNING: REVOKED HOST KEY DETECTED! @"),
  "ssh-changed-host-key": (_, text) => ssh(text, "HOST IDENTIFICATION HAS CHANGED"),
  "ssh-unknown-name": (_, text) => ssh(text, "Could not resolve hostname"),
  "ssh-refused": (_, text) => ssh(text, "Connection refused"),
  "ssh-unreachable": (_, text) => ssh(text, "No route to host"),
  "ssh-denied": (_, text) => ssh(text, "Permission denied (publickey)"),
  "ssh-sudo-password": (_, text) => ssh(text, "sudo: a password is required", there),
  "ssh-sudo-refused": (_, text) => ssh(text, "sudo: not found, may not run sudo", there),
  "ssh-no-file": (_, text) => ssh(text, "cat: x: No such file or directory", there),
  "ssh-other": (_, text) => ssh(text, "kex_exchange"),
  "ssh-no-known-hosts": (_, text) => ssh(text, "Host key verification failed.", { knownHosts: ["/dev/null", "none"] }),
  "ssh-key-unused": (_, text) => ssh(text, `Load key "${text.slice(0, 200)}": bad permissions\nPermission denied`),
  "master-address": (_, text) =>
    explainApiError(
      new TypeError("fetch failed", { cause: new Error(text) }),
      text,
      {
        ...access(text),
        whose: `of "${text}"`,
        remedy:
          "Check that it runs, or set the address at which this machine reaches it with `pulumi config set pi-speedup:masterAddress ADDRESS`",
        unreachable: "master-address",
      },
      new KubeConfig(),
    ).message,
};

/** ssh, Docker and k3d as they are found on PATH. Nothing of two megabytes is handed over to them, or comes from them. */
const withPrograms =
  (programs: (text: string) => Record<string, Rule[]>, work: (text: string) => unknown): Scenario =>
  (_, text) =>
    programsWithin(programs(text.slice(0, 50_000)), () => work(text));
const clusterSettings = JSON.stringify({ name: "pi-speedup-00000000", stack: "s", agents: 1, nodeImage: "image" });
const fails = (args: RegExp, stderr: string, code = 1): Rule => [args, { code, stderr: `${stderr}\n` }];
const making = (docker: (text: string) => Rule[], k3d: (text: string) => Rule[]) =>
  withPrograms(
    (text) => ({ docker: docker(text), k3d: k3d(text) }),
    () => createCluster.execute(clusterSettings),
  );
const k3dSays = (words: string) => (text: string) => [
  fails(/^cluster create/, `ERRO[0004] ${text.replaceAll("\r", "")} ${words}`),
];
const none = () => [];
const tutorialLine = "Node x: π ≈ 3.14159, Time: 1.00s\n";
const baseline = (image: string, more: object = {}) =>
  JSON.stringify({
    mode: "docker",
    stack: "s",
    image,
    program: "x",
    half: { first: 3, count: 3, of: 6 },
    work: ["--samples=2"],
    timeout: 60,
    ...more,
  });
const measuring = (rules: (text: string) => Rule[], more: object | ((text: string) => object) = {}) =>
  withPrograms(
    (text) => ({ docker: rules(text) }),
    (text) =>
      measureBaseline.execute(
        baseline(text.replaceAll("\0", "").slice(0, 20_000), typeof more === "function" ? more(text) : more),
      ),
  );
const loading = (rules: (text: string) => Rule[]) =>
  withPrograms(
    (text) => ({ docker: rules(text) }),
    (text) => {
      const image = text.replaceAll("\0", "").slice(0, 20_000);
      return loadImage.execute(JSON.stringify({ image, server: "server", workers: ["agent"] }));
    },
  );

/** Removes a cluster whose containers have these labels. */
const removing = (labels: (text: string) => ReturnType<typeof labelsHere> | undefined) =>
  withPrograms(
    (text) => {
      const given = labels(text);
      const name = "pi-speedup-00000000";
      const cluster = given === undefined ? [thing("container", serverNode(name))] : wholeCluster(name, given);
      return { docker: listing(cluster) };
    },
    () => deleteCluster.execute(clusterSettings),
  );
const baselineWith = (labels: ReturnType<typeof labelsHere>) =>
  thing("container", baselineContainer("s", process.cwd()), { labels });

const onPath: Record<string, Scenario> = {
  "ssh-late": withPrograms(
    () => ({ ssh: [[/^/, { hangs: true }]] }),
    (text) => fetchKubeconfig({ master: text.replaceAll("\0", "").slice(0, 20_000), masterAddress: "" }, 0.001),
  ),
  "ssh-no-kubeconfig": withPrograms(
    (text) => ({ ssh: [[/^/, { stdout: text }]] }),
    (text) => fetchKubeconfig({ master: text.replaceAll("\0", "").slice(0, 20_000), masterAddress: "" }),
  ),
  "docker-elsewhere": making((text) => [[/^context inspect/, { stdout: `ssh://x.invalid/${text}\n` }]], none),
  "docker-down": making((text) => [fails(/^version/, text)], none),
  "k3d-failed": making(none, k3dSays("Failed")),
  // A Docker that dies while k3d is at work.
  "cluster-half-made": (_, text) => {
    const words = { code: 1, stderr: `ERRO[0004] ${text}\n` };
    let isDead = false;
    const programs = {
      k3d: () => {
        isDead = true;
        return words;
      },
      docker: () => (isDead ? words : {}),
    };
    return programsWithin(programs, () => createCluster.execute(clusterSettings));
  },
  "port-taken": making(none, k3dSays("port is already allocated")),
  "nodes-never-ready": making((text) => [fails(/kubectl wait/, text)], none),
  "cluster-stays": withPrograms(
    (text) => ({ docker: [fails(/^(ps|network|volume) /, text)] }),
    () => deleteCluster.execute(clusterSettings),
  ),
  "cluster-elsewhere": removing((text) => ({ ...labelsHere("s", "i"), host: text, folder: text, place: "other" })),
  "cluster-of-another-state": removing(() => labelsHere("s", "of-another-state")),
  "cluster-unlabelled": removing(() => undefined),
  "node-image-missing": making((text) => [fails(/^image inspect/, text), fails(/^pull/, text)], none),
  "baseline-name-taken": measuring((text) =>
    listing([baselineWith({ ...labelsHere("s", ""), host: text, place: text })]),
  ),
  "baseline-stays": measuring((text) => [...listing([baselineWith(labelsHere("s", ""))]), fails(/^rm /, text)]),
  "cluster-incomplete": withPrograms(
    (text) => ({ docker: [fails(/^container inspect/, text)] }),
    (text) =>
      updateCluster.execute(
        JSON.stringify({
          ...JSON.parse(clusterSettings),
          name: text.replaceAll("\0", "").replaceAll("/", "").slice(0, 60),
        }),
      ),
  ),
  "disk-full": loading((text) => [fails(/^save/, `${text} no space left on device`)]),
  "image-not-brought": loading((text) => [fails(/^save/, text)]),
  "image-not-alone": loading((text) => [fails(/ctr image import/, `${text} content digest sha256:0: not found`)]),
  "image-missing": loading((text) => [fails(/^image inspect/, text), fails(/^pull/, text)]),
  "image-without-python": measuring((text) => [
    fails(/^run/, `docker: ${text.split("\n")[0]} exec: "python3": executable file not found in $PATH`),
  ]),
  "image-architecture": measuring((text) => [fails(/^run/, `${text}\nexec ${text.split("\n")[0]} exec format error`)]),
  "image-old-python": measuring((text) => [
    fails(/^run/, `${text}\npi.py needs Python 3.9 or newer, this is 3.8: ${text.split("\n")[0]}`),
  ]),
  "baseline-failed": measuring((text) => [fails(/^run/, text)]),
  "baseline-timed-out": measuring(() => [[/^run/, { hangs: true }]], { timeout: 0.001 }),
  "image-changed": measuring(
    () => [[/RepoDigests/, { stdout: `python@sha256:${"b".repeat(64)}\n` }]],
    (text) => ({ former: { digest: text, seconds: 1 } }),
  ),
};

// ——— The pods ———

// What is looked at again and again is the same each time.
timing.pause = 50;

/** Collects of a cluster in memory that was prepared so. */
const collecting =
  (
    prepare: (cluster: FakeCluster, text: string) => unknown,
    workers = 1,
    meanwhile?: (cluster: FakeCluster, text: string) => void,
  ): Scenario =>
  async (t, text) => {
    const cluster = await startFakeCluster();
    t.teardown(() => cluster.stop());
    prepare(cluster, text);
    const { kubeconfig, uid } = cluster;
    const asked = { samples: 1_000_000, rounds: 3, processes: 1, seed: "" };
    const collected = collect({ kubeconfig, namespace, job: jobName, uid, workers, asked });
    if (meanwhile) {
      const wait = setInterval(() => {
        if (!cluster.requests.some((each) => each.endsWith("/pods"))) return;
        clearInterval(wait);
        setTimeout(() => meanwhile(cluster, text), 100);
      }, 10);
    }
    await collected;
  };
const pod = (status: (text: string) => NonNullable<V1Pod["status"]>, more: (text: string) => object = () => ({})) =>
  collecting((cluster, text) => {
    cluster.put(podOf(0, status(text), more(text)));
    cluster.logs.set(`${jobName}-0-abcde`, text);
  });
const ended =
  (reason: string, exitCode = 1) =>
  (text: string) => ({
    phase: "Failed",
    message: text,
    containerStatuses: containerIn({ terminated: { exitCode, reason, message: text } }),
  });
const disrupted = (reason: string) => (message: string) => ({
  phase: "Running",
  containerStatuses: containerIn({ running: {} }),
  conditions: [{ type: "DisruptionTarget", status: "True", reason, message }],
});
const going = () => ({ deletionTimestamp: new Date() });
/** A pod that has succeeded with this log. */
const log = (make: (text: string) => string) =>
  collecting((cluster, text) => {
    cluster.succeed(0);
    cluster.logs.set(`${jobName}-0-abcde`, make(text));
  });
/** The record with something in it replaced. */
const changed = (text: string, more: object) => {
  const [line, record = ""] = logOf(0).split("\n");
  return `${text}\n${line}\n${JSON.stringify({ ...JSON.parse(record), ...more })}\n${text}\n`;
};
const two = (cluster: FakeCluster) => {
  cluster.succeed(0);
  cluster.succeed(1);
};

const pods: Record<string, Scenario> = {
  "pod-crashed": pod(ended("Error", 3)),
  "pod-out-of-memory": pod(() => ({
    phase: "Failed",
    containerStatuses: containerIn({ terminated: { exitCode: 137, reason: "OOMKilled" } }),
  })),
  "pod-evicted": pod((text) => ({ phase: "Failed", reason: "Evicted", message: text })),
  "pod-drained": pod(disrupted("EvictionByEvictionAPI"), going),
  "pod-deleted": pod(() => ({ phase: "Running" }), going),
  "node-died": pod(disrupted("DeletionByTaintManager"), going),
  "job-timed-out": collecting((cluster, text) => {
    cluster.put(podOf(0, { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", message: text }] }));
    setTimeout(() => cluster.end("Failed", "DeadlineExceeded", text.slice(0, 300)), 300);
  }),
  "job-failed": collecting((cluster, text) => {
    cluster.put(podOf(0, { phase: "Running" }));
    setTimeout(() => cluster.end("Failed", "PodFailurePolicy", text.slice(0, 300)), 300);
  }),
  "pod-not-started": pod((text) => ({
    phase: "Pending",
    containerStatuses: containerIn({ waiting: { reason: "CreateContainerConfigError", message: text.slice(0, 600) } }),
  })),
  "pod-old-python": pod((text) =>
    ended("Error")(`pi.py needs Python 3.9 or newer, this is 3.8: ${text.slice(0, 600)}`),
  ),
  "pod-timed-out": pod((text) => ({ ...ended("Error", 143)(text), reason: "DeadlineExceeded" })),
  "pod-image-missing": pod((text) => ({
    phase: "Pending",
    containerStatuses: containerIn({
      waiting: { reason: "ImagePullBackOff", message: `not found: ${text.slice(0, 600)}` },
    }),
  })),
  "pod-without-python": pod((text) => ended("StartError", 128)(`exec: "python3": executable file not found ${text}`)),
  "pod-architecture": pod((text) => ended("StartError", 128)(`${text.slice(0, 600)} exec format error`)),
  "sidecar-failed": collecting((cluster, text) => {
    const [ended] = containerIn({ terminated: { exitCode: 1, reason: text, message: text } });
    const containerStatuses = [
      { ...ended, name: text },
      ...containerIn({ terminated: { exitCode: 0 } }),
    ] as V1ContainerStatus[];
    cluster.put(podOf(0, { phase: "Failed", containerStatuses }));
    cluster.logs.set(`${jobName}-0-abcde`, logOf(0));
    cluster.put(podOf(1, { phase: "Running", message: text }, going()));
  }, 2),
  "job-deleted": collecting((cluster) => {
    cluster.job = undefined;
  }),
  "job-replaced": collecting((cluster, text) => {
    cluster.job = { ...cluster.job, metadata: { uid: text } };
  }),
  "job-started-early": collecting((cluster, text) => {
    cluster.job = { ...cluster.job, metadata: { uid: cluster.uid, annotations: { "pi-speedup/released": text } } };
  }),
  "job-suspended": collecting((cluster, text) => {
    cluster.put(podOf(0, { phase: "Running", message: text }));
    // As soon as it was released.
    cluster.afterPatch = () => {
      setTimeout(() => {
        cluster.job = { ...cluster.job, spec: { suspend: true, template: {} } };
      }, 50);
      return undefined;
    };
  }),
  "api-refused": collecting((cluster, message) => {
    cluster.intercept = () => ({ code: 403, message });
  }),
  "api-rejected": collecting((cluster, message) => {
    cluster.intercept = () => ({ code: 422, message });
  }),
  "results-missing": collecting(
    (cluster) => cluster.put(podOf(0, { phase: "Running" })),
    2,
    (cluster) => {
      cluster.succeed(0);
      cluster.end("Complete");
    },
  ),
  "log-gone": collecting((cluster) => {
    cluster.succeed(0);
    cluster.logs.clear();
  }),
  "log-empty": log((text) => text),
  "log-half": log((text) => `${text}\n${logOf(0).split("\n")[1]}\n`),
  "log-garbled": log((text) => `${tutorialLine}{"record":"pi-speedup/1"${text.replaceAll("\n", "")}`),
  "log-wrong": log((text) => changed(text, { python: 7, [text]: text })),
  "log-implausible": log((text) => changed(text, { inside: 1, python: text.slice(0, 250) })),
  "log-twice": log((text) => `${text}\n${logOf(0)}${text}\n${logOf(0)}`),
  "log-foreign": log((text) => changed(text, { node: text.slice(0, 250) })),
  "log-huge": log((text) => text.repeat(Math.ceil(5_000_000 / text.length))),
  "pod-foreign": collecting((cluster) => {
    const ownerReferences = [{ apiVersion: "v1", kind: "Other", name: "other", uid: "other", controller: true }];
    cluster.put(podOf(0, { phase: "Running" }, { ownerReferences }));
  }),
  "index-twice": collecting((cluster) => {
    cluster.put(podOf(0, { phase: "Running" }));
    cluster.put(podOf(0, { phase: "Running" }, { name: "another", uid: "another" }));
  }),
  "index-beyond": collecting((cluster) => cluster.put(podOf(7, { phase: "Running" }))),
  "node-shared": collecting((cluster) => {
    cluster.put(podOf(0, { phase: "Running" }));
    cluster.put({ ...podOf(1, { phase: "Running" }), spec: { nodeName: "node-0", containers: [] } });
  }, 2),
  "pods-too-short": collecting((cluster) => {
    const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
    const status = (from: number, to: number) => {
      const state = { terminated: { exitCode: 0, startedAt: at(from), finishedAt: at(to) } };
      const container = { name: containerName, image: "x", imageID: "", ready: false, restartCount: 0, state };
      return { phase: "Succeeded", containerStatuses: [container] };
    };
    cluster.put(podOf(0, status(1, 2)));
    cluster.put({ ...podOf(1, status(3, 4)), spec: { nodeName: "node-0", containers: [] } });
  }, 2),
  "stream-shared": collecting((cluster) => {
    two(cluster);
    cluster.logs.set(`${jobName}-1-abcde`, logOf(0).replaceAll("node-0", "node-1").replace('"index":0', '"index":1'));
  }, 2),
};

/** What a pod, or who stands in for the API server, calls itself is refused where it enters. */
const names: [what: string, change: (text: string) => object][] = [
  ["name", (text) => ({ name: text })],
  ["uid", (text) => ({ uid: text })],
  [
    "owner",
    (text) => ({ ownerReferences: [{ apiVersion: "v1", kind: text, name: text, uid: text, controller: true }] }),
  ],
];
for (const [what, change] of names) {
  test(`a pod whose ${what} is hostile text is refused as no answer of Kubernetes`, async (t) => {
    const message = await told(
      t,
      pod(() => ({ phase: "Running" }), change),
      evil,
    );
    assertFault(t, "api-answer-unusable", message);
    assertHarmless(t, message);
  });
}

// ——— Results ———

const clock = { workers: [{}, { started: released - 299.5 }] };
const named = (text: string) => ({
  ...clock,
  workers: clock.workers.map((each) => ({ ...each, node: text.slice(0, 200) })),
});
const notes = (given: Parameters<typeof assessed>[0], check: string) =>
  assessed(given)
    .notes.filter((note) => note.check === check)
    .map(findingText)[0];
const results: Record<string, Scenario> = {
  "clock-skew": (_, text) => notes({ ...named(text), pods: [{}, { clockShift: 300 }] }, "clocks shifted"),
  "clock-set": (_, text) => notes({ ...named(text), pods: [{ clockShift: null }] }, "clocks unsettled"),
};

/** Messages in which nothing varies that others have a hand in, each with the reason. */
const ours: Record<string, string> = {
  "folder-unsafe": "a folder that the user names, the number of its owner",
  "folder-unusable": "a folder that the user names, and the system's words for why",
  "node-unusable": "this checkout's folder, and the system's words for why",
  "lock-foreign": "a file of this checkout",
  "arguments-unknown": "leaves by `logLine`, as all of the scripts' failures",
  "download-unlisted": "the address, as in the other downloads",
  "tool-failed": "leaves by `logLine`, as all of the scripts' failures",
  "tool-missing": "the name of a program that ours names",
  "packages-missing": "names of packages that ours names",
  "go-missing": "a folder of the cache, which is the user's alone",
  "go-mod-changed": "the name of a module that ours names",
  "docker-not-started": "leaves by `logLine`, as all of the scripts' failures",
  "docker-silent": "as above",
  "config-missing": "a name of ours",
  "baseline-no-worker": "names that are checked",
  "image-unbuildable": "leaves by `logLine`, as all of the scripts' failures",
  "cluster-not-started": "Docker's words, which cluster-stays tries",
  "kubeconfig-default-missing": "a folder of the user's own",
  "never-measured": "a stack's name, which is checked",
  "history-unwritable": "a file of this checkout, and the system's words for why",
  "report-unwritable": "as above",
  "node-old": "our own Node.js' version",
  "npm-failed": "what npm says leaves by `fail` of bootstrap.js, which tests/toolchain/bootstrap.test.ts tries",
  "npm-missing": "as above",
  "node-package-missing": "a name of ours and this checkout's folder",
  "verbose-secrets": "the version that Pulumi's own program tells",
  "download-untrusted": "words of Node.js' TLS, the address as in the other downloads",
  "proxy-password": "the address, as in the other downloads",
  "proxy-malformed": "the name of one of four variables; its value is not shown",
  "config-type": "said by Pulumi itself",
  "interrupted-creation": "a stack's name, which is checked",
  "cluster-stopped": "a name of ours",
  "cluster-vanished": "a name of ours and a stack's, which is checked",
  "program-unknown": "the argument of main.ts, tried by the door's own test below",
  "collection-interrupted": "the Job's name, which is checked",
  "collection-not-suspended": "the Job's name, which is checked",
  "halves-apart": "numbers",
  "folder-gone": "leaves by `logLine`, as all of the script that tells it",
  "login-unreadable": "a file of the user's own home, and the system's words for why",
  "history-unreadable": "a file of this checkout, and the system's words for why",
  "lock-held-long": "a file of this checkout, and numbers",
  "lock-unwritable": "a file of this checkout, and the system's words for why",
  "mount-left": "a folder of the cache, which is the user's alone",
  "download-missing": "the address, as in the other downloads, and a number",
  "study-too-large": "numbers",
  "study-samples-few": "numbers",
  "study-elsewhere": "names of nodes, which are checked where they enter",
  "state-unread": "the engine's words, by `runError`",
  "plugin-orphaned": "leaves by `logLine`, as all of the script that tells it",
  "plugin-undying": "as above",
  "list-expired": "words of ours and a number",
  "docker-ports-elsewhere": "an address of the user's own settings, which docker-elsewhere shows too, and a number",
  "docker-context-dead": "as docker-host-dead",
  "api-away": "tried below, since it waits for two minutes unless told otherwise",
  "sidecar-runs-on": "as above",
  "sidecar-beside": "told in the scenario of sidecar-runs-on",
  "api-errors": "as above",
  "kubelet-unreachable": "as above",
  "pod-unbegun": "tried below, since it waits for two minutes unless told otherwise",
  "pods-refused": "tried below, since it waits for a quarter of a minute unless told otherwise",
  "pods-never-created": "as above",
  "job-endless": "as above",
  "certificates-ended": "leaves by `logLine`, and varies by names of ours and a date",
  "stranger-refused": "names of ours, an address of the loopback, and numbers",
  "sdk-changed": "varies by a number and names of ours",
};

const parallel = { ...before, ...configured, ...reached, ...pods, ...results };
for (const [id, scenario] of Object.entries(onPath)) tries(id, scenario, true);
for (const [id, scenario] of Object.entries(parallel)) tries(id, scenario, false);

/** Those that wait for long, without their patience. */
const impatient: Record<string, Scenario> = {
  "sidecar-runs-on": async (t, text) => {
    const from = written.length;
    const collected = collecting((cluster) => {
      const containerStatuses = [
        ...containerIn({ running: {} }).map((status) => ({ ...status, name: text })),
        ...containerIn({ terminated: { exitCode: 0 } }),
      ];
      cluster.completeAfter = 60_000;
      cluster.put(podOf(0, { phase: "Running", containerStatuses }));
      cluster.logs.set(`${jobName}-0-abcde`, logOf(0));
    });
    await collected(t, text);
    return written.slice(from).join("");
  },
  "api-away": (_, text) =>
    retryTransient("list", () => Promise.reject(new TypeError("fetch failed", { cause: new Error(text) }))),
  "api-errors": (_, text) => retryTransient("list", () => Promise.reject(status(503, text))),
  "kubelet-unreachable": collecting((cluster, text) => {
    cluster.succeed(0);
    cluster.intercept = (path) => (path.endsWith("/log") ? { code: 502, message: text } : undefined);
  }),
  "pods-refused": collecting((cluster, text) => {
    const involvedObject = { uid: cluster.uid };
    cluster.events.push({ metadata: {}, involvedObject, reason: "FailedCreate", message: text, count: 2 });
  }),
  "pods-never-created": collecting((cluster, text) => {
    cluster.events.push({ metadata: {}, involvedObject: { uid: text }, reason: text, message: text });
  }),
  "pod-unbegun": collecting((cluster, text) => {
    cluster.put(
      podOf(0, { phase: "Pending", containerStatuses: containerIn({ waiting: { reason: "ContainerCreating" } }) }),
    );
    let times = 0;
    cluster.events.push({
      metadata: {},
      involvedObject: { uid: "uid-of-pod-0" },
      reason: `Failed${text}`,
      message: text,
      get count() {
        return ++times;
      },
    });
  }),
  "job-endless": collecting((cluster, text) => {
    const spec = { suspend: true, template: {}, activeDeadlineSeconds: 0 };
    cluster.job = { ...cluster.job, spec };
    cluster.put(podOf(0, { phase: "Pending", containerStatuses: containerIn({ waiting: { reason: text } }) }));
  }),
};
for (const [id, scenario] of Object.entries(impatient)) {
  test.serial(`hostile text in ${id} does no harm`, async (t) => {
    const [time, before] = [{ ...timing }, { ...patience }];
    Object.assign(timing, { giveUpAfter: 0, pause: 10 });
    Object.assign(patience, {
      refused: 0,
      longRefused: 0,
      silent: 0,
      longSilent: 0,
      quiet: 0,
      begin: 0,
      afterDeadline: 0,
      sidecars: 0,
    });
    try {
      const message = await told(t, scenario, evil);
      assertFault(t, id, message);
      assertHarmless(t, message);
    } finally {
      Object.assign(timing, time);
      Object.assign(patience, before);
    }
  });
}

test("every message with variable parts is tested with hostile text here, or says why not", (t) => {
  const tried = new Set<string>([...Object.keys(parallel), ...Object.keys(onPath), ...Object.keys(ours)]);
  const varying = readFaults().filter(({ message }) => message.includes("…"));
  t.deepEqual(
    varying.filter(({ id }) => !tried.has(id)).map(({ id }) => id),
    [],
    "add a scenario to tests/hostile-text.test.ts",
  );
  const all = new Set(readFaults().map(({ id }) => id));
  t.deepEqual(
    [...tried].filter((id) => !all.has(id)),
    [],
    "docs/faults.md has no such section",
  );
});

test("every message with hostile text in place of what varies leaves by each door without harm", (t) => {
  for (const { message } of readFaults()) {
    for (const text of [evil, flood]) {
      const whole = message.replaceAll("…", () => text);
      assertHarmless(t, runError("disk-full", whole).message);
      assertHarmless(t, shown(new Failure("disk-full", whole)));
    }
  }
});

test("a message that is cut keeps its id", (t) => {
  for (const text of [flood, "x".repeat(500_000), "x\n".repeat(500)]) {
    t.true(runError("disk-full", text).message.endsWith(" [disk-full]"));
    t.true(shown(new Failure("disk-full", text)).endsWith(" [disk-full]\n"));
  }
});

test.after.always("what was written to stderr meanwhile, progress and all, does no harm", (t) => {
  for (const line of written.join("").split("\n")) t.notRegex(line, harmful);
});

// ——— What is shown of a measurement ———

const hostileRun = (text: string) => {
  const record = {
    record: "pi-speedup/1",
    index: 0,
    node: "gray",
    ...runRecord({ seconds: [1, 1.1, 1.2], started: 1_700_000_000 }),
    python: text,
    seed: text,
  };
  const { machine } = record;
  const words = {
    architecture: text,
    cpu: text,
    board: text,
    kernel: text,
    governor: text,
    speculationStoreBypass: text,
    bootId: text,
  };
  const log = `Node gray: π ≈ 3.141200, Time: 4.18s\n${JSON.stringify({ ...record, machine: { ...machine, ...words } })}\n`;
  return parseLog(log, { source: "the pod" }).run;
};

test("hostile text in all that a machine says of itself does no harm in any output, text, page, table or file", (t) => {
  for (const text of [evil, `=${evil}`, "</script><script>alert(1)</script>", "$" + "{outputs.kubeconfig}"]) {
    const run = hostileRun(text.slice(0, 256));
    const plain = example({ workers: [1, 1, 1] });
    const nodes = plain.nodes.map((each) => ({
      ...each,
      python: run.python,
      seed: run.seed,
      machine: { ...each.machine, ...run.machine },
    }));
    const study = exampleScaling({ reason: text });
    const points = study.points.map((point) => ({
      ...point,
      doubts: [text],
      nodes: point.nodes.map(() => text.slice(0, 200)),
    }));
    const scaling = { ...study, points, remarks: [text] };
    const measurement = { ...plain, nodes, scaling };
    const assessment = assess(measurement, plain.baseline);
    const entry = entryOf(measurement, "dev", { Pulumi: text });
    const { entries } = parseHistory(`${JSON.stringify(entry)}\n`);
    const page = reportPage({ stack: text, measurement, tools: { Pulumi: text }, earlier: entries });
    const texts = {
      // What `pulumi stack output` prints by itself.
      outputs: JSON.stringify(nodes),
      summary: summarize(assessment, scaling),
      readme: readmeOf(assessment, scaling),
      page,
      csv: csvOf(entries).replaceAll("\r\n", "\n"),
      json: printableJson(entries),
      history: historyText(entries, "UTC"),
    };
    for (const [what, each] of Object.entries(texts)) {
      for (const line of each.split("\n")) t.notRegex(line, harmful, `${what}: ${JSON.stringify(line.slice(0, 200))}`);
    }
    t.notRegex(texts.readme, /\$\{outputs|<img|[^\\]\]\(/);
    for (const [, quoted, plainCell = ""] of texts.csv.matchAll(/(?<=^|,)(?:"((?:[^"]|"")*)"|([^",\n]*))(?=,|$)/gm)) {
      t.notRegex(quoted ?? plainCell, /^\s*[=+@]/);
    }
    t.is(page.match(/<script/g)?.length, 1, "the data, and no other script");
    t.notRegex(page, /<img/);
  }
});

// ——— The doors themselves ———

test("text leaves the program by its doors alone", (t) => {
  const doors: Record<string, RegExp> = {
    // An error of Pulumi's: by runError.
    "new RunError": /^components\/run-error\.ts$/,
    "new pulumi.RunError": /^$/,
    // stderr: by logLine, and by what runs before any package is there.
    "process.stderr": /^components\/program\/log-line\.ts$/,
    "console.error": /^toolchain\/(bootstrap\.js|start\.cjs)$/,
    "console.warn": /^$/,
    // stdout: a program's result, a script's text, the exports, and summaries that are painted after they were made printable.
    "process.stdout.write": /^(components\/program\/(main|print-line)\.ts|scripts\/history\.ts)$/,
    "console.log": /^scripts\/(dev\/.*|history|output|stack\/publish-results)\.ts$/,
    "log.info": /^components\/cluster\/create-cluster\.ts$/,
    "log.warn": /^$/,
    "log.error": /^$/,
  };
  for (const file of sources()) {
    const text = readFileSync(file, "utf8");
    for (const [exit, allowed] of Object.entries(doors)) {
      if (text.includes(`${exit}(`) || (exit === "process.stderr" && text.includes(exit)))
        t.regex(file, allowed, `${exit} in ${file}`);
    }
  }
});

function sources(): string[] {
  return ["analysis", "components", "report", "scripts", "toolchain"]
    .flatMap((root) => readdirSync(root, { recursive: true, encoding: "utf8" }).map((name) => `${root}/${name}`))
    .filter((file) => /\.(ts|js|cjs)$/.test(file))
    .concat("index.ts");
}
