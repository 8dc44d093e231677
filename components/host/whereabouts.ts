// Where a program runs: its host, user and folder; and what is known about another folder.
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, statSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { dirname, isAbsolute } from "node:path";

export interface Whereabouts {
  host: string;
  /** The numeric user id, or the name if the system has none. */
  user: string;
  /** The checkout's path. */
  folder: string;
  /**
   * Identifies the folder itself: it stays the same when the folder is moved or seen under another host name, and
   * differs for a copy. Empty if the file system does not support this.
   */
  place: string;
}

/** "here": it is the working folder itself, under another path. */
export type FolderState = "here" | "there" | "gone" | "unknown";

/** Where this process runs. @param folder the checkout. Default: the working folder. */
export function whereabouts(folder: string = process.cwd()): Whereabouts {
  return { host: hostname(), user: String(process.getuid?.() ?? userInfo().username), folder, place: placeOf(folder) };
}

/** Inode numbers are reused, but not together with the time of creation. */
function placeOf(folder: string): string {
  const { ino, birthtimeNs } = statSync(folder, { bigint: true });
  if (birthtimeNs <= 0n) return "";
  return createHash("sha256").update(`${ino} ${birthtimeNs}`).digest("hex").slice(0, 16);
}

/**
 * Whether a folder on this host exists. It only counts as gone if a readable parent does not contain it. An empty
 * parent proves nothing, because it may be the mount point of a disk that is not mounted.
 */
export function lookForFolder(folder: string): FolderState {
  if (!isAbsolute(folder)) return "unknown";
  try {
    // A dangling link exists, too.
    lstatSync(folder);
    return isSameFolder(folder, process.cwd()) ? "here" : "there";
  } catch (error) {
    if (!hasCode(error, "ENOENT")) return "unknown";
  }
  const parent = dirname(folder);
  if (parent === folder) return "unknown";
  try {
    return readdirSync(parent).length > 0 ? "gone" : "unknown";
  } catch (error) {
    return hasCode(error, "ENOENT") ? lookForFolder(parent) : "unknown";
  }
}

function isSameFolder(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
