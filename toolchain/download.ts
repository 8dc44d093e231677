// Official releases, each checked against the checksums that its maker publishes beside it.
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { step } from "./progress.ts";
import { run } from "./run.ts";

/** One file of a release. */
export interface Release {
  /** `owner/name` of the repository. */
  repository: string;
  /** With the leading «v», as in the tag. */
  version: string;
  file: string;
  /** The file beside it that lists SHA-256 sums. */
  checksums: string;
}

/** There is no way from here to the downloads; the caller may find another one. */
export class Unreachable extends Error {}

/** Milliseconds until a server that says nothing counts as out of reach; a whole download gets longer. */
const patience = { connect: 5_000, download: 600_000 };

/**
 * Downloads one file of a release into `folder` and verifies it.
 * @param origin where releases are, another one for tests.
 * @throws Unreachable when the server can't be reached or hasn't got it; an ordinary Error when what came is not what was published.
 */
export async function download(release: Release, folder: string, origin = releases()): Promise<string> {
  const { repository, version, file, checksums } = release;
  const base = `${origin}/${repository}/releases/download/${version}`;
  const sums = (await get(`${base}/${checksums}`, patience.connect)).toString("utf8");
  const expected = checksumOf(sums, file);
  if (expected === undefined)
    throw new Error(`${base}/${checksums} lists no SHA-256 sum of ${file}: nothing was installed.`);
  return step(`Downloading ${file} ${version} from ${origin}`, async () => {
    const content = await get(`${base}/${file}`, patience.download);
    const found = createHash("sha256").update(content).digest("hex");
    if (found !== expected) {
      throw new Error(
        `${base}/${file} is not what was published: its SHA-256 sum is ${found}, expected ${expected}. Nothing was installed; try again, or install the tool by hand.`,
      );
    }
    const target = join(folder, file);
    await writeFile(target, content);
    return target;
  });
}

/** The same for an archive, unpacked into `folder`; `strip` leaves out that many leading folders. */
export async function downloadArchive(release: Release, folder: string, strip: number): Promise<void> {
  const archive = await download(release, folder);
  await run("tar", ["-xzf", archive, "-C", folder, `--strip-components=${strip}`]);
  await run("rm", [archive]);
}

/** `$PI_SPEEDUP_DOWNLOADS` stands in for the official place. */
function releases(): string {
  return process.env.PI_SPEEDUP_DOWNLOADS || "https://github.com";
}

/** The sum that such a list gives for a file; lists name files with or without a folder. */
export function checksumOf(list: string, file: string): string | undefined {
  const lines = list.split("\n").map((line) => line.trim().split(/\s+\*?/));
  return lines.find(([sum = "", name = ""]) => /^[0-9a-f]{64}$/.test(sum) && name.split("/").at(-1) === file)?.[0];
}

async function get(url: string, milliseconds: number): Promise<Buffer> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(milliseconds) });
    if (response.ok) return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Unreachable(`${url} can't be reached: ${cause}`);
  }
  throw new Unreachable(`${url} was answered with HTTP status ${response.status}`);
}
