// The maintainers' command that writes checksums, in a copy of the checkout and against a local server.
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { nodeImage, toolsImage } from "../../../components/cluster/embedded/node-image.ts";
import { parseImage } from "../../../toolchain/registry.ts";
import { allReleases, pinName } from "../../../toolchain/releases.ts";
import { runScript } from "../../helpers/in-environment.ts";

const digestsPath = "components/cluster/embedded/image-digests.json";
const sha256 = (content: string) => createHash("sha256").update(content).digest("hex");

/** A registry's list of an image for several architectures. */
const index = (image: string) =>
  JSON.stringify({
    annotations: { image },
    manifests: ["amd64", "arm64"].map((architecture) => ({ platform: { os: "linux", architecture } })),
  });

/** Serves every release, its name as its content. The one named comes with another content than its maker lists. */
async function releases(t: ExecutionContext, tampered?: string): Promise<string> {
  const served = new Map<string, string>();
  for (const release of allReleases()) {
    const { repository, version, file, checksums } = release;
    const base = `/${repository}/releases/download/${version}`;
    served.set(`${base}/${file}`, file === tampered ? "tampered" : pinName(release));
    const list = served.get(`${base}/${checksums}`) ?? "";
    served.set(`${base}/${checksums}`, `${list}${sha256(pinName(release))}  ${file}\n`);
  }
  for (const image of [nodeImage, toolsImage]) {
    const { repository, tag } = parseImage(image);
    served.set(`/v2/${repository}/manifests/${tag}`, index(image));
  }
  const server = createServer((request, response) => response.end(served.get(request.url ?? "")));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo; // listening on TCP
  return `http://127.0.0.1:${port}`;
}

const checkout = mkdtempSync(join(tmpdir(), "pi-speedup-pins-test-"));
test.after.always(() => rmSync(checkout, { recursive: true }));
for (const part of ["toolchain", "analysis", "components", "scripts", "package.json"]) {
  cpSync(part, join(checkout, part), { recursive: true });
}
symlinkSync(join(process.cwd(), "node_modules"), join(checkout, "node_modules"));

let runs = 0;

/** Runs the command of the checkout in this process. */
async function pinDownloads(origin: string) {
  const env = { PATH: process.env.PATH, HOME: checkout, PI_SPEEDUP_DOWNLOADS: origin, PI_SPEEDUP_REGISTRY: origin };
  runs++;
  const ended = await runScript(`${checkout}/scripts/dev/pin-downloads.ts?${runs}`, env);
  const pins = readFileSync(join(checkout, "toolchain", "checksums.json"), "utf8");
  const digests = readFileSync(join(checkout, digestsPath), "utf8");
  return { ...ended, pins, digests };
}

test.serial("a file that differs from its vendor's list stops it, and nothing is written", async (t) => {
  const tampered = allReleases().at(-1)?.file ?? "";
  const { code, stderr, pins, digests } = await pinDownloads(await releases(t, tampered));
  t.is(code, 1);
  t.regex(stderr, /is not what it should be: its SHA-256 sum is /);
  t.is(pins, readFileSync("toolchain/checksums.json", "utf8"));
  t.is(digests, readFileSync(digestsPath, "utf8"));
});

test.serial("it writes the checksum of every release for every machine, and the digest of each image", async (t) => {
  const { code, stdout, stderr, pins, digests } = await pinDownloads(await releases(t));
  t.is(code, 0, stderr);
  t.regex(stdout, /^16 checksums were written to .*, 2 digests to /);
  t.deepEqual(
    JSON.parse(pins),
    Object.fromEntries(allReleases().map((each) => [pinName(each), sha256(pinName(each))])),
  );
  t.deepEqual(
    JSON.parse(digests),
    Object.fromEntries([nodeImage, toolsImage].map((image) => [image, `sha256:${sha256(index(image))}`])),
  );
});
