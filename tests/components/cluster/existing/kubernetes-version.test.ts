import test from "ava";
import { refuseOldVersion, versionIn } from "../../../../components/cluster/existing/kubernetes-version.ts";
import { assertFault } from "../../../helpers/faults.ts";

const access = { kubeconfig: "", server: "https://10.0.0.1:6443", whose: 'of context "home"', remedy: "" };

const versions: [gitVersion: string, minor: string, expected: readonly [number, number] | undefined][] = [
  ["v1.27.4+k3s1", "27", [1, 27]],
  ["v1.30.0-eks-abc", "30+", [1, 30]],
  ["v1.21.14-eks-fb459a0", "21+", [1, 21]],
  ["v1.29.1-gke.1589000", "29", [1, 29]],
  ["v1.28.3+rke2r2", "28", [1, 28]],
  ["v1.24.0-rc.1", "24", [1, 24]],
  ["v1.9.8", "9", [1, 9]],
  ["1.26.1", "26", [1, 26]],
  ["v1.31.0+kcp-v0.26.0", "31", [1, 31]],
  ["v2.0.0", "0", [2, 0]],
  // Built from sources without a version: the two others may be known.
  ["v0.0.0-master+$Format:%H$", "", undefined],
  ["v0.0.0", "27+", [1, 27]],
  ["", "25+", [1, 25]],
  ["", "", undefined],
  ["latest", "new", undefined],
  ["v1.240000000", "", undefined],
];
for (const [gitVersion, minor, expected] of versions) {
  test(`the version "${gitVersion}" with the minor "${minor}" is ${expected?.join(".") ?? "not told"}`, (t) => {
    t.deepEqual(versionIn({ major: minor === "" ? "" : "1", minor, gitVersion }), expected && [...expected]);
  });
}

for (const gitVersion of ["v1.24.0", "v1.24.17+k3s1", "v1.34.2+k3s1", "v2.0.0", "v0.0.0-master", ""]) {
  test(`a cluster with "${gitVersion}" is taken`, (t) => {
    t.notThrows(() => refuseOldVersion({ gitVersion }, access));
  });
}

for (const gitVersion of ["v1.23.17+k3s1", "v1.21.14-eks-fb459a0", "v1.9.8", "v1.23.99"]) {
  test(`a cluster with ${gitVersion} is refused, with its version and the minimum`, (t) => {
    const { message } = t.throws(() => refuseOldVersion({ gitVersion }, access));
    assertFault(t, "kubernetes-too-old", message);
    t.true(
      message.includes(`(https://10.0.0.1:6443) runs Kubernetes ${gitVersion}, but pi-speedup needs 1.24`),
      message,
    );
  });
}

test("a cluster that only reports version numbers is refused by these", (t) => {
  const { message } = t.throws(() => refuseOldVersion({ major: "1", minor: "20+" }, access));
  t.true(message.includes("runs Kubernetes 1.20, but"), message);
});
