// Which images a cluster is made of, in a world where Docker has these and a registry those.
import { spawnSync } from "node:child_process";
import test, { type ExecutionContext } from "ava";
import { described, readDigests } from "../../../../components/cluster/embedded/cluster-images.ts";
import { nodeImage, ownImages, toolsImage } from "../../../../components/cluster/embedded/node-image.ts";
import { fakePrograms, type Rule } from "../../../helpers/fake-programs.ts";

const [right, wrong] = ["a", "b"].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
const escaped = (text: string) => text.replaceAll(/[.]/g, "\\.");

/** Docker has an image under this name: by which recipe it was built, what a registry calls it, what it runs. */
const has = (name: string, { recipe = "", digests = "", entrypoint = '["/bin/k3s"]' } = {}): Rule => [
  new RegExp(`^image inspect .* ${escaped(name)}$`),
  { stdout: `${recipe} ${digests} ${entrypoint}\n` },
];
const hasNoOther: Rule = [/^image inspect/, { code: 1 }];

/** Runs a line of code that uses the module's functions, in a world with this Docker. */
function withDocker(t: ExecutionContext, docker: Rule[], line: string) {
  const { env, calls } = fakePrograms(t, { docker });
  const code = `const images = await import("./components/cluster/embedded/cluster-images.ts"); ${line}`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
    env,
    encoding: "utf8",
  });
  t.is(status, 0, stderr);
  return { stdout, stderr, calls: calls() };
}

function find(t: ExecutionContext, docker: Rule[], official: string, own: string, pin?: string) {
  const digests = pin === undefined ? {} : { [official]: pin };
  const args = [official, own, digests].map((each) => JSON.stringify(each)).join();
  const line = `process.stdout.write(JSON.stringify(await images.findImage(${args}) ?? null));`;
  const { stdout, ...rest } = withDocker(t, [...docker, hasNoOther], line);
  return { found: JSON.parse(stdout), ...rest };
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
  test(title, (t) => {
    t.deepEqual(find(t, docker, nodeImage, ownImages.node, pin).found, found);
  });
}

test("a moved tag is reported with its digest and the expected one", (t) => {
  const { stderr } = find(t, [has(nodeImage, { digests: `rancher/k3s@${wrong}` })], nodeImage, ownImages.node, right);
  t.is(stderr.trim(), `The image ${nodeImage} on this machine is ${wrong} and not ${right}, so it is not used.`);
});

test("an image that the former release built under the official name gets ours, and gives the official one back", (t) => {
  const { calls } = find(t, [has(nodeImage, { recipe: "r" })], nodeImage, ownImages.node);
  t.deepEqual(
    calls.filter((call) => !call.startsWith("docker image inspect")),
    [`docker tag ${nodeImage} ${ownImages.node}`, `docker image rm ${nodeImage}`],
  );
});

test("the pause image that the former release called k3d-tools gives that name back", (t) => {
  const docker = [has(toolsImage, { entrypoint: '["/pause"]' }), has(ownImages.pause, { entrypoint: '["/pause"]' })];
  const { found, calls } = find(t, docker, toolsImage, ownImages.pause);
  t.deepEqual(found, { reference: ownImages.pause, digest: null });
  t.deepEqual(
    calls.filter((call) => !call.startsWith("docker image inspect")),
    [`docker image rm ${toolsImage}`],
  );
});

test("k3d's own tools keep their name, and so does what somebody has pulled under it", (t) => {
  for (const image of [
    { entrypoint: '["/app/k3d-tools"]' },
    { entrypoint: '["/pause"]', digests: `registry.k8s.io/pause@${right}` },
  ]) {
    const { found, calls } = find(t, [has(toolsImage, image)], toolsImage, ownImages.pause);
    t.is(found.reference, toolsImage);
    t.false(calls.some((call) => /^docker (tag|image rm)/.test(call)));
  }
});

test("a name that can't be freed is reported, with the command that frees it", (t) => {
  const busy: Rule = [/^image rm/, { code: 1, stderr: "conflict: container c0ffee is using its referenced image\n" }];
  const { stderr } = find(t, [busy, has(nodeImage, { recipe: "r" })], nodeImage, ownImages.node);
  t.regex(stderr, /could not be given back \(conflict: .*\)\. Remove it with `docker image rm rancher\/k3s:\S+`\./);
});

const pull = (pin?: string) =>
  `process.stdout.write(String(await images.pullImage("${nodeImage}", ${JSON.stringify(pin === undefined ? {} : { [nodeImage]: pin })})));`;

test("an image is pulled by its digest where one is known, so that nothing else can come", (t) => {
  const { stdout, calls } = withDocker(t, [], pull(right));
  t.is(stdout, "undefined");
  t.deepEqual(calls, [`docker pull --quiet ${pinned}`]);
});

test("an image without a known digest is pulled by its tag, and its digest is reported", (t) => {
  const { stdout, stderr, calls } = withDocker(t, [has(nodeImage, { digests: pinned })], pull());
  t.is(stdout, "undefined");
  t.is(calls[0], `docker pull --quiet ${nodeImage}`);
  t.true(stderr.includes(`Its digest is ${right}. This version of pi-speedup has none to check it against.`), stderr);
});

test("a failed pull is reported in Docker's words", (t) => {
  const fails: Rule = [/^pull/, { code: 1, stderr: "Error response from daemon: manifest unknown\n" }];
  t.is(withDocker(t, [fails], pull(right)).stdout, "Error response from daemon: manifest unknown");
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
