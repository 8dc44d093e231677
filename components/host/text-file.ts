// Text files, read where they may be missing, and written so that nobody ever sees half of one.
import { randomUUID } from "node:crypto";
import { link, open, rename, rm } from "node:fs/promises";
import { basename } from "node:path";
import { Failure } from "../../analysis/failure.js";

/** Bytes that are read of a file where nothing else is said: twenty thousand runs of the history. */
const mostBytes = 64 * 2 ** 20;

/**
 * A file's text, in UTF-8. What has no size, such as a device or a pipe, is read no further than the most either.
 * @throws Failure when there is more of it than `most` bytes.
 */
export async function readBounded(file: string, most: number = mostBytes): Promise<string> {
  return (await readBytes(file, most)).toString("utf8");
}

/** The same, in whatever encoding it is. */
export async function readBytes(file: string, most: number = mostBytes): Promise<Buffer> {
  const handle = await open(file);
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    // `end` counts from 0, so this is one byte more than there may be.
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

/** The same; empty where there is no such file. */
export async function readIfExists(file: string, most?: number): Promise<string> {
  try {
    return await readBounded(file, most);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return "";
    throw error;
  }
}

/**
 * Writes a file, in place of one that may be there: after a crash or on a full disk it is the former one.
 * @param mode Default: for the user alone.
 */
export async function writeWhole(file: string, content: string, mode = 0o600): Promise<void> {
  await withDraft(file, content, mode, (draft) => rename(draft, file));
}

/** Whether a name in a file's folder is that of a draft of it, which only a killed process leaves. */
export function isDraft(name: string, file: string): boolean {
  return name.startsWith(`${basename(file)}.`) && /\.[0-9a-f-]{36}\.part$/.test(name);
}

/** The same where there is none yet. Returns false, and writes nothing, where there is one: of two at once, one wins. */
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
