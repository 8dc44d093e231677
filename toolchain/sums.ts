// Records the content of a folder when it was verified, in a file next to it, so that later runs can check it. Hashing
// hundreds of megabytes at each start would take seconds on a small machine. So a file counts as unchanged if its size,
// inode and both times are the same, and is only hashed if one of them differs. Only root can choose a file's change
// time.
import { createHash } from "node:crypto";
import { createReadStream, type Dirent } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import pLimit from "p-limit";
import * as v from "valibot";
import { readIfExists, writeWhole } from "../components/host/text-file.ts";

const fileSchema = v.strictObject({
  /** SHA-256 of its content, or of a link's target. */
  sum: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** Metadata that identifies it without reading it. */
  stat: v.string(),
});
const sumsSchema = v.pipe(v.string(), v.parseJson(), v.record(v.string(), fileSchema));
type Sums = v.InferOutput<typeof sumsSchema>;

/** Number of files to check in parallel. Go's own folder has fifteen thousand. */
const atOnce = 16;
/** Maximum bytes to read in one piece, which takes a tenth of the time of a stream. */
const small = 1_000_000n;

/** Where the checksums of a folder are kept. */
export function sumsFileOf(folder: string): string {
  return `${folder}.sums`;
}

/** Records the content of `folder`, which will be known as `place`. */
export async function recordSums(folder: string, place: string): Promise<void> {
  await write(place, await sumsOf(folder, {}));
}

/**
 * The first file that differs from the record, relative to the folder; nothing if there is none. A folder without a
 * record, or with a damaged one, is recorded as it is, because it was created before there were records.
 */
export async function changedFile(place: string): Promise<string | undefined> {
  const parsed = v.safeParse(sumsSchema, await readIfExists(sumsFileOf(place)));
  if (!parsed.success) {
    await recordSums(place, place);
    return undefined;
  }
  const noted = parsed.output;
  const found = await sumsOf(place, noted);
  const names = new Set([...Object.keys(noted), ...Object.keys(found)]);
  const changed = [...names].find((name) => noted[name]?.sum !== found[name]?.sum);
  if (changed !== undefined) return changed;
  // Copied or linked, the same content has other times.
  if ([...names].some((name) => noted[name]?.stat !== found[name]?.stat)) await write(place, found);
  return undefined;
}

async function write(place: string, sums: Sums): Promise<void> {
  await writeWhole(sumsFileOf(place), JSON.stringify(sums));
}

/** @param known checksums that hold for files that have not changed since. */
async function sumsOf(folder: string, known: Sums): Promise<Sums> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const limit = pLimit(atOnce);
  const noted = await Promise.all(
    entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) =>
        limit(async () => {
          const path = join(entry.parentPath, entry.name);
          const name = relative(folder, path);
          const { ino, size, mtimeNs, ctimeNs, mode, uid } = await lstat(path, { bigint: true });
          const stat = [ino, size, mtimeNs, ctimeNs, mode, uid].join(" ");
          const before = known[name];
          return [name, { sum: before?.stat === stat ? before.sum : await sumOf(path, entry, size), stat }] as const;
        }),
      ),
  );
  return Object.fromEntries(noted);
}

async function sumOf(path: string, entry: Dirent, size: bigint): Promise<string> {
  const hash = createHash("sha256");
  if (entry.isFile() && size < small) hash.update(await readFile(path));
  else if (entry.isFile()) await pipeline(createReadStream(path), hash);
  // For a link, its target. We create no other kinds of files.
  else hash.update(entry.isSymbolicLink() ? `-> ${await readlink(path)}` : "special");
  return hash.digest("hex");
}
