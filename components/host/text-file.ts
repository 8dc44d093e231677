// Reads text files that may be missing, and writes them so that nobody ever sees half of one.
import { randomUUID } from "node:crypto";
import { link, open, rename, rm } from "node:fs/promises";
import { basename } from "node:path";
import { Failure } from "../../analysis/failure.js";

/** Default limit in bytes for reading a file: twenty thousand runs of the history. */
const mostBytes = 64 * 2 ** 20;

/**
 * A file's text, in UTF-8. A device or a pipe, which has no size, is not read beyond the limit either.
 * @throws Failure if it is longer than `most` bytes.
 */
export async function readBounded(file: string, most: number = mostBytes): Promise<string> {
  return (await readBytes(file, most)).toString("utf8");
}

/** The same, in any encoding. */
export async function readBytes(file: string, most: number = mostBytes): Promise<Buffer> {
  const handle = await open(file);
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    // `end` is inclusive and starts at 0, so this reads one byte more than allowed.
    for await (const chunk of handle.createReadStream({ end: most, autoClose: false })) {
      chunks.push(chunk);
      size += chunk.length;
    }
    if (size <= most) return Buffer.concat(chunks);
  } finally {
    await handle.close();
  }
  throw new Failure(
    "file-too-large",
    `The file "${file}" is larger than ${most / 2 ** 20} MiB, so it was not read. Find out what writes to it, move it away, and run this again.`,
  );
}

/** The same; empty if there is no such file. */
export async function readIfExists(file: string, most?: number): Promise<string> {
  try {
    return await readBounded(file, most);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return "";
    throw error;
  }
}

/**
 * Writes a file, and replaces an existing one. After a crash or on a full disk, the previous file remains.
 * @param mode Default: for the user alone.
 */
export async function writeWhole(file: string, content: string, mode = 0o600): Promise<void> {
  await withDraft(file, content, mode, (draft) => rename(draft, file));
}

/** Whether this is the name of a file's draft, which only a killed process leaves behind. */
export function isDraft(name: string, file: string): boolean {
  return name.startsWith(`${basename(file)}.`) && /\.[0-9a-f-]{36}\.part$/.test(name);
}

/**
 * The same, but only if there is no file yet. Returns false, and writes nothing, if there is one. If two try at once,
 * one wins.
 */
export async function createWhole(file: string, content: string): Promise<boolean> {
  return withDraft(file, content, 0o600, (draft) =>
    link(draft, file).then(
      () => true,
      (error) => {
        if (hasCode(error, "EEXIST")) return false;
        throw error;
      },
    ),
  );
}

async function withDraft<T>(
  file: string,
  content: string,
  mode: number,
  place: (draft: string) => Promise<T>,
): Promise<T> {
  const draft = `${file}.${randomUUID()}.part`;
  try {
    const handle = await open(draft, "wx", mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return await place(draft);
  } finally {
    await rm(draft, { force: true });
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
