// A Docker command that hangs: its daemon does not answer, or an image never ends.
import test, { type ExecutionContext } from "ava";
import { ownImages } from "../../../components/cluster/embedded/node-image.ts";
import { runTool } from "../../../components/host/run-tool.ts";
import { fakePrograms, type Rule } from "../../helpers/fake-programs.ts";
import { assertFault } from "../../helpers/faults.ts";

const image = "python:3.9-slim";
const hangs = (args: RegExp): Rule => [args, { hangs: true }];
const isMissing: Rule = [/^image inspect/, { code: 1, stderr: "Error: No such image" }];

/** Seconds. A command that answers needs time on a busy machine, so one that hangs is not ended sooner. */
const patience = { answer: 5, pull: 1 };

/** The message of a call with this Docker and a test's time limits. */
async function wordsOf(t: ExecutionContext, docker: Rule[], module: string, call: string) {
  const { env, calls } = fakePrograms(t, { docker });
  const code = `
    const { dockerPatience } = await import("./components/host/docker.ts");
    Object.assign(dockerPatience, ${JSON.stringify(patience)});
    const { nodeImage, ownImages } = await import("./components/cluster/embedded/node-image.ts");
    const its = await import("./components/${module}.ts");
    const told = await its.${call}.catch((error) => error.message);
    process.stdout.write(String(told));`;
  const ended = await runTool(process.execPath, ["--input-type=module", "--eval", code], { seconds: 60, env });
  t.is(ended.code, 0, ended.stderr);
  return { told: ended.stdout, calls: calls() };
}

const cases: [what: string, docker: Rule[], fault: string, module: string, call: string][] = [
  ["asked for its version", [hangs(/^version/)], "docker-down", "host/docker", "checkDocker()"],
  ["asked for the pods' image", [hangs(/^image inspect/)], "docker-down", "host/docker", `ensureImage("${image}")`],
  ["told to pull it", [isMissing, hangs(/^pull/)], "image-missing", "host/docker", `ensureImage("${image}")`],
  ["asked for its digest", [hangs(/^image inspect/)], "docker-down", "host/docker", `digestOf("${image}")`],
  ["asked for its platform", [hangs(/^image inspect/)], "docker-down", "host/docker", `savedPlatform("${image}")`],
  [
    "asked for the nodes' image",
    [hangs(/^image inspect/)],
    "docker-down",
    "cluster/embedded/cluster-images",
    "findImage(nodeImage, ownImages.node, {})",
  ],
  [
    "told to pull the nodes' image",
    [isMissing, hangs(/^pull/)],
    "node-image-missing",
    "cluster/embedded/cluster-images",
    "clusterImages(nodeImage)",
  ],
];
for (const [what, docker, fault, module, call] of cases) {
  test(`a Docker that gives no answer when it is ${what} is not waited for without end`, async (t) => {
    const { told, calls } = await wordsOf(t, docker, module, call);
    assertFault(t, fault, told);
    t.regex(told, /\(docker was not done after \d s, so it was ended\)/);
    // If Docker does not answer, the image may be there, so nothing is pulled.
    t.is(
      calls.some((each) => each.startsWith("docker pull")),
      fault !== "docker-down",
    );
  });
}

test("an image whose former name Docker does not take away is told, and not waited for", async (t) => {
  const docker: Rule[] = [[/^image inspect/, { stdout: 'recipe  ["/bin/k3s"]\n' }], hangs(/^image rm/)];
  const { told, calls } = await wordsOf(
    t,
    docker,
    "cluster/embedded/cluster-images",
    "findImage(nodeImage, ownImages.node, {}).then(({ reference }) => reference)",
  );
  t.is(told, ownImages.node);
  t.true(calls.some((each) => each.startsWith("docker image rm")));
});
