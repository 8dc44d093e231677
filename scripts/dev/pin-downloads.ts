// For maintainers: writes the checksums of all downloaded releases into toolchain/checksums.json, and the digests of
// the cluster's images into components/cluster/embedded/image-digests.json. Run it on a machine that can reach the
// releases, after each change of a version, and commit the result: `node toolchain/start.cjs
// scripts/dev/pin-downloads.ts`.
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestsFile } from "../../components/cluster/embedded/cluster-images.ts";
import { nodeImage, toolsImage } from "../../components/cluster/embedded/node-image.ts";
import { writeWhole } from "../../components/host/text-file.ts";
import { download, pinsFile } from "../../toolchain/download.ts";
import { indexDigest } from "../../toolchain/registry.ts";
import { allReleases, pinName } from "../../toolchain/releases.ts";
import { runScript } from "../stack/run-script.ts";

await runScript(async () => {
  const folder = await mkdtemp(join(tmpdir(), "pi-speedup-pins-"));
  try {
    const pins: Record<string, string> = {};
    for (const release of allReleases()) {
      // Downloads the file itself and checks it against its vendor's list, because the list alone may name files that
      // no server has.
      const file = await download(release, folder, { pins: {} });
      pins[pinName(release)] = createHash("sha256")
        .update(await readFile(file))
        .digest("hex");
      await rm(file);
    }
    const digests: Record<string, string> = {};
    for (const image of [nodeImage, toolsImage]) digests[image] = await indexDigest(image);
    // With the mode that git gives its files.
    await writeWhole(pinsFile, `${JSON.stringify(pins, null, 2)}\n`, 0o644);
    await writeWhole(digestsFile, `${JSON.stringify(digests, null, 2)}\n`, 0o644);
    console.log(
      `${Object.keys(pins).length} checksums were written to ${pinsFile}, ${Object.keys(digests).length} digests to ${digestsFile}. Commit both files.`,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
