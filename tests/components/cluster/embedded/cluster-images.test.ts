// Which images a cluster is made of, in a world where Docker has these and a registry those.
import test, { type ExecutionContext } from "ava";
import {
  described,
  findImage,
  pullImage,
  readDigests,
} from "../../../../components/cluster/embedded/cluster-images.ts";
import { nodeImage, ownImages, toolsImage } from "../../../../components/cluster/embedded/node-image.ts";
import { fakePrograms, type Rule } from "../../../helpers/fake-programs.ts";
import { inEnvironment } from "../../../helpers/in-environment.ts";

const [right, wrong] = ["a", "b"].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
const escaped = (text: string) => text.replaceAll(/[.]/g, "\\.");

/** Docker has an image under this name: by which recipe it was built, what a registry calls it, what it runs. */
const has = (name: string, { recipe = "", digests = "", entrypoint = '["/bin/k3s"]' } = {}): Rule => [
  new RegExp(`^image inspect .* ${escaped(name)}$`),
  { stdout: `${recipe} ${digests} ${entrypoint}\n` },
];
const hasNoOther: Rule = [/^image inspect/, { code: 1 }];

/** Chooses an image in a world with this Docker. */
async function find(t: ExecutionContext, docker: Rule[], official: string, own: string, pin?: string) {
  const { env, calls } = fakePrograms(t, { docker: [...docker, hasNoOther] });
  const digests = pin === undefined ? {} : { [official]: pin };
  const { result, stderr } = await inEnvironment(env, () => findImage(official, own, digests));
  return { found: result ?? null, stderr, calls: calls() };
}

const pinned = `rancher/k3s@${right}`;
const cases: {
  title: string;
  docker: Rule[];
  pin?: string;
  found: { reference: string; digest: string | null } | null;
}[] = [
  {
    title: "the official image is used, and its digest is known",
    docker: [has(nodeImage, { digests: pinned })],
    found: { reference: nodeImage, digest: right },
  },
  {
    title: "the digest of another name of it does not count",
    docker: [has(nodeImage, { digests: `mirror.example/k3s@${wrong},docker.io/rancher/k3s@${right}` })],
    found: { reference: nodeImage, digest: right },
  },
  {
    title: "one that was loaded from a file is used, and has no digest",
    docker: [has(nodeImage)],
    found: { reference: nodeImage, digest: null },
  },
  {
    title: "where a digest is known, the image is named by it",
    docker: [has(pinned, { digests: pinned }), has(nodeImage, { digests: pinned })],
    pin: right,
    found: { reference: pinned, digest: right },
  },
  {
    title: "a tag that was moved is not used where a digest is known",
    docker: [has(nodeImage, { digests: `rancher/k3s@${wrong}` })],
    pin: right,
    found: null,
  },
  {
    title: "a tag that was moved is not used, and what was built here is",
    docker: [has(nodeImage, { digests: `rancher/k3s@${wrong}` }), has(ownImages.node, { recipe: "r" })],
    pin: right,
    found: { reference: ownImages.node, digest: null },
  },
  {
    title: "one that was loaded from a file is used where a digest is known, too",
    docker: [has(nodeImage)],
    pin: right,
    found: { reference: nodeImage, digest: null },
  },
  {
    title: "what was built here is used under its own name where the official one is not there",
    docker: [has(ownImages.node, { recipe: "r" })],
    found: { reference: ownImages.node, digest: null },
  },
  { title: "nothing is found where nothing is", docker: [], found: null },
];
for (const { title, docker, pin, found } of cases) {
  test(title, async (t) => {
    t.deepEqual((await find(t, docker, nodeImage, ownImages.node, pin)).found, found);
  });
}

test("a moved tag is reported with its digest and the expected one", async (t) => {
  const { stderr } = await find(
    t,
    [has(nodeImage, { digests: `rancher/k3s@${wrong}` })],
    nodeImage,
    ownImages.node,
    right,
  );
  t.is(stderr.trim(), `The image ${nodeImage} on this machine is ${wrong} and not ${right}, so it is not used.`);
});

test("an image that the former release built under the official name gets ours, and gives the official one back", async (t) => {
  const { calls } = await find(t, [has(nodeImage, { recipe: "r" })], nodeImage, ownImages.node);
  t.deepEqual(
    calls.filter((call) => !call.startsWith("docker image inspect")),
    [`docker tag ${nodeImage} ${ownImages.node}`, `docker image rm ${nodeImage}`],
  );
});

test("the pause image that the former release called k3d-tools gives that name back", async (t) => {
  const docker = [has(toolsImage, { entrypoint: '["/pause"]' }), has(ownImages.pause, { entrypoint: '["/pause"]' })];
  const { found, calls } = await find(t, docker, toolsImage, ownImages.pause);
  t.deepEqual(found, { reference: ownImages.pause, digest: null });
  t.deepEqual(
    calls.filter((call) => !call.startsWith("docker image inspect")),
    [`docker image rm ${toolsImage}`],
  );
});

test("k3d's own tools keep their name, and so does what somebody has pulled under it", async (t) => {
  for (const image of [
    { entrypoint: '["/app/k3d-tools"]' },
    { entrypoint: '["/pause"]', digests: `registry.k8s.io/pause@${right}` },
  ]) {
    const { found, calls } = await find(t, [has(toolsImage, image)], toolsImage, ownImages.pause);
    t.is(found?.reference, toolsImage);
    t.false(calls.some((call) => /^docker (tag|image rm)/.test(call)));
  }
});

test("a name that can't be freed is reported, with the command that frees it", async (t) => {
  const busy: Rule = [/^image rm/, { code: 1, stderr: "conflict: container c0ffee is using its referenced image\n" }];
  const { stderr } = await find(t, [busy, has(nodeImage, { recipe: "r" })], nodeImage, ownImages.node);
  t.regex(stderr, /could not be given back \(conflict: .*\)\. Remove it with `docker image rm rancher\/k3s:\S+`\./);
});

/** Pulls the image of the nodes in a world with this Docker. */
async function pull(t: ExecutionContext, docker: Rule[], pin?: string) {
  const { env, calls } = fakePrograms(t, { docker });
  const digests = pin === undefined ? {} : { [nodeImage]: pin };
  const { result, stderr } = await inEnvironment(env, () => pullImage(nodeImage, digests));
  return { refused: result, stderr, calls: calls() };
}

test("an image is pulled by its digest where one is known, so that nothing else can come", async (t) => {
  const { refused, calls } = await pull(t, [], right);
  t.is(refused, undefined);
  t.deepEqual(calls, [`docker pull --quiet ${pinned}`]);
});

test("an image without a known digest is pulled by its tag, and its digest is reported", async (t) => {
  const { refused, stderr, calls } = await pull(t, [has(nodeImage, { digests: pinned })]);
  t.is(refused, undefined);
  t.is(calls[0], `docker pull --quiet ${nodeImage}`);
  t.true(stderr.includes(`Its digest is ${right}. This version of pi-speedup has none to check it against.`), stderr);
});

test("a failed pull is reported in Docker's words", async (t) => {
  const fails: Rule = [/^pull/, { code: 1, stderr: "Error response from daemon: manifest unknown\n" }];
  t.is((await pull(t, [fails], right)).refused, "Error response from daemon: manifest unknown");
});

test("the digests of this repository are of the images that are pulled", (t) => {
  t.deepEqual(
    Object.keys(readDigests()).filter((image) => ![nodeImage, toolsImage].includes(image)),
    [],
  );
});

test("an image is named with its digest once", (t) => {
  t.is(described({ reference: nodeImage, digest: right }), `${nodeImage} (${right})`);
  t.is(described({ reference: pinned, digest: right }), pinned);
  t.is(described({ reference: ownImages.node, digest: null }), ownImages.node);
});
