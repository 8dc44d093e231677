import test from "ava";
import { imageDigest, isComparable } from "../../analysis/image-digest.ts";

const hash = `sha256:${"0123456789abcdef".repeat(4)}`;
const references: [reference: string, digest: string | null, comparable: boolean][] = [
  [`python@${hash}`, hash, true],
  [`docker.io/library/python@${hash}`, hash, true],
  [hash, `id:${hash}`, false],
  ["", null, false],
  ["sha256:abc", null, false],
  [`${hash}; rm -rf /`, null, false],
];
for (const [reference, digest, comparable] of references) {
  test(`"${reference.slice(0, 40)}" of ${reference.length} characters is known as ${digest?.slice(0, 14) ?? "nothing"}`, (t) => {
    t.is(imageDigest(reference), digest);
    t.is(isComparable(imageDigest(reference)), comparable);
  });
}
