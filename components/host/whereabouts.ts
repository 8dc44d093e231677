// Where a program runs: on which host, as which user, in which folder; and what can be said of another folder.
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, statSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { dirname, isAbsolute } from "node:path";

export interface Whereabouts {
  host: string;
  /** The user's number; the name where the system has no numbers. */
  user: string;
  /** The checkout's path. */
  folder: string;
  /** The folder itself: it stays when the folder is moved or seen under another host name, and a copy has another one. Empty where the file system can't tell. */
  place: string;
}

/** "here": it is the working folder itself, under another path. */
export type FolderState = "here" | "there" | "gone" | "unknown";

/** Where this process runs. @param folder the checkout. Default: the working folder. */
export function whereabouts(folder: string = process.cwd()): Whereabouts {
  return { host: hostname(), user: String(process.getuid?.() ?? userInfo().username), folder, place: placeOf(folder) };
}

/** The number of a folder alone is given out again; together with the time at which it was made it is not. */
function placeOf(folder: string): string {
  const { ino, birthtimeNs } = statSync(folder, { bigint: true });
  if (birthtimeNs <= 0n) return "";
  return createHash("sha256").update(`${ino} ${birthtimeNs}`).digest("hex").slice(0, 16);
}

/**
 * Whether a folder of this host is there. It is gone only where a parent that can be read does not hold it. An empty parent
 * tells nothing: it may be the place of a disk that is not mounted now.
 */
export function lookForFolder(folder: string): FolderState {
  if (!isAbsolute(folder)) return "unknown";
  try {
    // A link to nowhere is there, too.
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
