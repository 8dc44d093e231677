// Text files, read where they may be missing, and written so that nobody ever sees half of one.
import { randomUUID } from "node:crypto";
import { link, open, readFile, rename, rm } from "node:fs/promises";

/** A file's text; empty where there is no such file. */
export async function readIfExists(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return "";
    throw error;
  }
}

/** Writes a file for the user alone, in place of one that may be there: after a crash or on a full disk it is the former one. */
export async function writeWhole(file: string, content: string): Promise<void> {
  await withDraft(file, content, (draft) => rename(draft, file));
}

/** The same where there is none yet. Returns false, and writes nothing, where there is one: of two at once, one wins. */
export async function createWhole(file: string, content: string): Promise<boolean> {
  return withDraft(file, content, (draft) =>
    link(draft, file).then(
      () => true,
      (error) => {
        if (hasCode(error, "EEXIST")) return false;
        throw error;
      },
    ),
  );
}

async function withDraft<T>(file: string, content: string, place: (draft: string) => Promise<T>): Promise<T> {
  const draft = `${file}.${randomUUID()}.part`;
  try {
    const handle = await open(draft, "wx", 0o600);
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
