// A Docker command that hangs: its daemon does not answer, or an image never ends.
import test from "ava";
import { clusterImages, findImage } from "../../../components/cluster/embedded/cluster-images.ts";
import { nodeImage, ownImages } from "../../../components/cluster/embedded/node-image.ts";
import { checkDocker, digestOf, dockerPatience, ensureImage, savedPlatform } from "../../../components/host/docker.ts";
import type { Rule } from "../../helpers/fake-programs.ts";
import { assertFault } from "../../helpers/faults.ts";
import { programsWithin } from "../../helpers/programs-within.ts";

const image = "python:3.9-slim";
const hangs = (args: RegExp): Rule => [args, { hangs: true }];
const isMissing: Rule = [/^image inspect/, { code: 1, stderr: "Error: No such image" }];

// Seconds. A command that answers needs time on a busy machine, so one that hangs is not ended sooner.
Object.assign(dockerPatience, { answer: 1, pull: 1 });

/** What is told by work with this Docker, and the calls of it. */
async function wordsOf(docker: Rule[], work: () => Promise<unknown>) {
  const calls: string[] = [];
  const told = await programsWithin(
    { docker },
    () => work().catch((error: Error) => error.message),
    (call) => calls.push(call),
  );
  return { told: String(told), calls };
}

const cases: [what: string, docker: Rule[], fault: string, work: () => Promise<unknown>][] = [
  ["asked for its version", [hangs(/^version/)], "docker-down", checkDocker],
  ["asked for the pods' image", [hangs(/^image inspect/)], "docker-down", () => ensureImage(image)],
  ["told to pull it", [isMissing, hangs(/^pull/)], "image-missing", () => ensureImage(image)],
  ["asked for its digest", [hangs(/^image inspect/)], "docker-down", () => digestOf(image)],
  ["asked for its platform", [hangs(/^image inspect/)], "docker-down", () => savedPlatform(image)],
  [
    "asked for the nodes' image",
    [hangs(/^image inspect/)],
    "docker-down",
    () => findImage(nodeImage, ownImages.node, {}),
  ],
  ["told to pull the nodes' image", [isMissing, hangs(/^pull/)], "node-image-missing", () => clusterImages(nodeImage)],
];
for (const [what, docker, fault, work] of cases) {
  test(`a Docker that gives no answer when it is ${what} is not waited for without end`, async (t) => {
    const { told, calls } = await wordsOf(docker, work);
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
  const work = async () => (await findImage(nodeImage, ownImages.node, {}))?.reference;
  const { told, calls } = await wordsOf(docker, work);
  t.is(told, ownImages.node);
  t.true(calls.some((each) => each.startsWith("docker image rm")));
});
