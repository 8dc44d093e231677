// Checks that nobody but the user can change a folder that contains secrets, programs or decisive files. Plain
// JavaScript, because toolchain/bootstrap.js needs it under an older Node.js, which can't run TypeScript.
//
// There is one rule. A place is trusted if it belongs to the user, to root, or to the owner of this program, who could
// change the program as well, and if neither its group nor others have write access. The last of these owners allows
// `sudo npm run up` in one's own checkout.
import { statSync } from "node:fs";
import { chmod, lstat, mkdir, readdir, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure } from "../../analysis/failure.js";

/** Nothing if the system has no numeric users. */
const user = process.getuid?.();
const trusted = new Set([user, 0, statSync(new URL(import.meta.url)).uid]);

const writableByOthers = 0o022;
const writableByAnybody = 0o002;
const sticky = 0o1000;

/**
 * Creates a folder for the user alone, or checks that an existing one is. If others can read it, their access is
 * removed. The same applies if others can write in it and it is empty. If it is not empty, they may have put something
 * there.
 * @param {string} folder
 * @throws {Failure} if it is not a folder, belongs to someone else, or others can write in it
 */
export async function makePrivateFolder(folder) {
  await makeFolder(folder);
  const found = await lstat(folder);
  if (!found.isDirectory()) throw refusal(folder, "is a link or a file");
  if (user === undefined) return;
  const isEmpty = async () => (await readdir(folder)).length === 0;
  if ((found.mode & writableByOthers) !== 0 && found.uid === user && (await isEmpty())) await chmod(folder, 0o700);
  await refuseForeign(folder);
  // We must own what is written there.
  if (found.uid !== user && user !== 0) throw refusal(folder, ownedBy(found.uid));
  if ((found.mode & 0o077) !== 0) await chmod(folder, 0o700);
}

/**
 * Creates a folder for the user alone if it does not exist. An existing one is left as it is, because the user chose
 * it, and it may be a link.
 * @param {string} folder
 * @throws {Failure} if it is not a folder, belongs to someone else, or others can write in it
 */
export async function makeTrustedFolder(folder) {
  await makeFolder(folder);
  await refuseForeign(folder);
}

/** @param {string} folder */
async function makeFolder(folder) {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EEXIST" || code === "ENOTDIR" || code === "ENOENT") throw refusal(folder, "is a link or a file");
    if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS") throw error;
    throw new Failure(
      "folder-unusable",
      `You (user ${user}) cannot create or read the folder "${folder}" (${/** @type {Error} */ (error).message}). Take ownership of its parent folder, for example with \`sudo chown -R\`, or run this as the user who created it.`,
    );
  }
}

/**
 * For anything that is executed or decides something: nobody else may have written it, or be able to replace it.
 * @param {string} place an existing folder or file
 * @throws {Failure} if it, or a link to it, belongs to someone else, or if others can write in it or rename it
 */
export async function refuseForeign(place) {
  if (user === undefined) return;
  const [link, found] = await Promise.all([lstat(place), stat(place)]);
  for (const { uid } of [link, found]) if (!trusted.has(uid)) throw refusal(place, ownedBy(uid));
  if ((found.mode & writableByOthers) !== 0) throw refusal(place, "can be written by others");
  await refuseOpenParents(place);
}

/**
 * For this checkout and its packages, which keep the permissions that git and npm gave them: nobody outside their group
 * may write in them. Group access is allowed, because it is usual with an umask of 002, where the group is the user's
 * own.
 * @param {string} folder
 * @throws {Failure} if anyone can write in it, or rename it
 */
export async function refuseWritable(folder) {
  if (user === undefined) return;
  const { mode } = await stat(folder);
  if ((mode & writableByAnybody) !== 0) throw refusal(folder, "can be written by others");
  await refuseOpenParents(folder);
}

/** @param {string} place */
async function refuseOpenParents(place) {
  const real = await realpath(place);
  for (let above = dirname(real); above !== dirname(above); above = dirname(above)) {
    const { mode } = await stat(above);
    if ((mode & writableByAnybody) !== 0 && (mode & sticky) === 0) {
      throw refusal(place, `lies in "${above}", where anybody can rename it`);
    }
  }
}

/** @param {number} uid */
function ownedBy(uid) {
  return `belongs to user ${uid} and not to you (user ${user})`;
}

/** @param {string} place @param {string} why */
function refusal(place, why) {
  return new Failure(
    "folder-unsafe",
    `The folder "${place}" ${why}, so others could tamper with what is kept there. Remove it, or make it yours alone with \`sudo chown -R ${user} ${quoted(place)}\` and \`chmod -R go-w ${quoted(place)}\`. Then run this again.`,
  );
}

/** A path quoted as one word for a shell. @param {string} path */
function quoted(path) {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
