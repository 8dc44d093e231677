import { spawnSync } from "node:child_process";
import test from "ava";
import { debootstrapArguments, isGood, type Present } from "../../../toolchain/offline/images.ts";
import { fakePrograms } from "../../helpers/fake-programs.ts";
import { assertFault } from "../../helpers/faults.ts";

const cases: { title: string; present: Present; good: boolean }[] = [
  { title: "an image that is not there must be got", present: undefined, good: false },
  { title: "an image from elsewhere is left alone", present: { recipe: undefined }, good: true },
  { title: "an image of ours by today's recipe is kept", present: { recipe: "today" }, good: true },
  { title: "an image of ours by an old recipe is made again", present: { recipe: "yesterday" }, good: false },
];
for (const { title, present, good } of cases) {
  test(title, (t) => {
    t.is(isGood(present, "today"), good);
  });
}

test("Debian is unpacked only if its signature was checked against its keyring", (t) => {
  const args = debootstrapArguments("python3");
  t.true(args.includes("--force-check-gpg"));
  t.true(args.includes("--keyring=/usr/share/keyrings/debian-archive-keyring.gpg"));
});

test("the images that stay are named once, official ones and ours, and no others are requested", (t) => {
  const listed = "rancher/k3s:v1\npi-speedup/pause:1\nrancher/k3s:v1\n";
  const { env, calls } = fakePrograms(t, { docker: [[/^image ls/, { stdout: listed }]] });
  const code =
    'const images = await import("./toolchain/offline/images.ts"); console.log((await images.imagesLeft()).join());';
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
    env,
    encoding: "utf8",
  });
  t.is(stdout, "pi-speedup/pause:1,rancher/k3s:v1\n", stderr);
  const filters = calls().flatMap((call) => [...call.matchAll(/--filter=reference=(\S+)/g)].map(([, name]) => name));
  t.deepEqual(filters, ["rancher/k3s", "ghcr.io/k3d-io/k3d-tools", "pi-speedup/*"]);
});

test.serial("who can neither pull an image nor build it is told", async (t) => {
  const { env } = fakePrograms(t, { docker: [[/^(image inspect|pull)/, { code: 1, stderr: "no route to host\n" }]] });
  const code = `process.getuid = () => 1000;
    const images = await import("./toolchain/offline/images.ts");
    await images.ensureNodeImage().catch((error) => console.log(error.message));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
    env,
    encoding: "utf8",
  });
  assertFault(t, "image-unbuildable", `${stdout}${stderr}`);
});
