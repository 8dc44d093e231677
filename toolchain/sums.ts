// What was in a folder when it was verified, kept in a file beside it, so that a later run sees whether it still is. To hash
// hundreds of megabytes at each start would cost seconds on a small machine. So a file counts as the same while size, inode
// and both its times are, and is hashed only where one of them differs: nobody but root can choose a file's time of change.
import { createHash } from "node:crypto";
import { createReadStream, type Dirent } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import pLimit from "p-limit";
import * as v from "valibot";
import { readIfExists, writeWhole } from "../components/host/text-file.ts";

const fileSchema = v.strictObject({
  /** SHA-256 of its content, of a link's target. */
  sum: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** By what it is known without reading it. */
  stat: v.string(),
});
const sumsSchema = v.pipe(v.string(), v.parseJson(), v.record(v.string(), fileSchema));
type Sums = v.InferOutput<typeof sumsSchema>;

/** Files that are looked at together: Go's own folder has fifteen thousand. */
const atOnce = 16;
/** Bytes up to which a file is read in one piece, which costs a tenth of a stream. */
const small = 1_000_000n;

/** Where the sums of a folder are kept. */
export function sumsFileOf(folder: string): string {
  return `${folder}.sums`;
}

/** Notes what is in `folder`, which will be known as `place`. */
export async function recordSums(folder: string, place: string): Promise<void> {
  await write(place, await sumsOf(folder, {}));
}

/**
 * The first file that is not what was noted, relative to the folder; nothing where all are. A folder of which nothing was
 * noted, or whose note is damaged, is noted as it is: it was made before there were notes.
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

/** @param known sums that hold for files that have not changed since. */
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
  // A link is what it points to, and anything else is nothing that we have made.
  else hash.update(entry.isSymbolicLink() ? `-> ${await readlink(path)}` : "special");
  return hash.digest("hex");
}
