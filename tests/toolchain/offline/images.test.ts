import test from "ava";
import { debootstrapArguments, isGood, type Present } from "../../../toolchain/offline/images.ts";

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

test("Debian is unpacked only where its signature was checked against its keyring", (t) => {
  const args = debootstrapArguments("python3");
  t.true(args.includes("--force-check-gpg"));
  t.true(args.includes("--keyring=/usr/share/keyrings/debian-archive-keyring.gpg"));
});
