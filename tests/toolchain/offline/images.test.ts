import test from "ava";
import {
  debootstrapArguments,
  ensureNodeImage,
  imagesLeft,
  isGood,
  type Present,
} from "../../../toolchain/offline/images.ts";
import { fakePrograms } from "../../helpers/fake-programs.ts";
import { assertFault } from "../../helpers/faults.ts";
import { inEnvironment } from "../../helpers/in-environment.ts";

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

test("the images that stay are named once, official ones and ours, and no others are requested", async (t) => {
  const listed = "rancher/k3s:v1\npi-speedup/pause:1\nrancher/k3s:v1\n";
  const { env, calls } = fakePrograms(t, { docker: [[/^image ls/, { stdout: listed }]] });
  const { result } = await inEnvironment(env, imagesLeft);
  t.deepEqual(result, ["pi-speedup/pause:1", "rancher/k3s:v1"]);
  const filters = calls().flatMap((call) => [...call.matchAll(/--filter=reference=(\S+)/g)].map(([, name]) => name));
  t.deepEqual(filters, ["rancher/k3s", "ghcr.io/k3d-io/k3d-tools", "pi-speedup/*"]);
});

test.serial("who can neither pull an image nor build it is told", async (t) => {
  const { env } = fakePrograms(t, { docker: [[/^(image inspect|pull)/, { code: 1, stderr: "no route to host\n" }]] });
  const { getuid } = process;
  process.getuid = () => 1000;
  t.teardown(() => Object.assign(process, { getuid }));
  // Not set back: what still goes on for the other image must not find the machine's own Docker.
  process.env.PATH = env.PATH;
  const { message } = await t.throwsAsync(inEnvironment(process.env, ensureNodeImage));
  assertFault(t, "image-unbuildable", message);
});
