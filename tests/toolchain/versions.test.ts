import { readFileSync } from "node:fs";
import test from "ava";
import { nodeImage, ownImages, toolsImage } from "../../components/cluster/embedded/node-image.ts";
import { isAtLeast, versions } from "../../toolchain/versions.ts";

const pairs: [a: string, b: string, expected: boolean][] = [
  ["3.250.0", "3.250.0", true],
  ["3.250.1", "3.250.0", true],
  ["3.99.0", "3.200.0", false],
  ["4.0.0", "3.200.0", true],
  ["1.26", "1.26.6", false],
  ["1.27", "1.26.6", true],
  ["v3.275.0-alpha.1+dirty", "3.275.0", true],
  ["no version", "3.200.0", false],
  ["5.8.3", "5.6.0", true],
];
for (const [a, b, expected] of pairs) {
  test(`${a} is ${expected ? "" : "not "}at least ${b}`, (t) => {
    t.is(isAtLeast(a, b), expected);
  });
}

const built: [module: string, version: string][] = [
  ["github.com/k3d-io/k3d/v5", versions.k3d],
  ["k8s.io/kubernetes", versions.kubernetes],
];
for (const [module, version] of built) {
  test(`toolchain/offline builds the version of ${module} that is named in one place`, (t) => {
    t.true(readFileSync("toolchain/offline/go.mod", "utf8").includes(`${module} v${version}`));
  });
}

test("the nodes' image is of the Kubernetes release that is named in one place", (t) => {
  t.true(nodeImage.includes(`:v${versions.kubernetes}-k3s`), nodeImage);
});

test("the substitute for the nodes' image has the same Kubernetes release", (t) => {
  t.true(ownImages.node.endsWith(`:${versions.kubernetes}`), ownImages.node);
});

test("k3d's tools are of the k3d that is downloaded", (t) => {
  t.true(toolsImage.endsWith(`:${versions.k3d}`), toolsImage);
});

test("the pause image has the name by which the nodes start it", (t) => {
  t.true(readFileSync("toolchain/offline/kubernetes/k3s.go", "utf8").includes(`"docker.io/${ownImages.pause}"`));
});

test("images that are built here have names of our own", (t) => {
  for (const image of Object.values(ownImages)) t.regex(image, /^pi-speedup\//);
});
