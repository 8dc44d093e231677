// What nobody but the user may change: folders that hold secrets, that decide something, or that programs are run from. Plain
// JavaScript, since toolchain/bootstrap.js needs it under an older Node.js, which cannot run TypeScript.
//
// There is one rule. A place is trusted when it belongs to the user, to root, or to whoever owns this program, who could
// change the program as well; and when neither its group nor others may write in it. `sudo npm run up` in one's own checkout
// is allowed by the last of the three.
import { statSync } from "node:fs";
import { chmod, lstat, mkdir, readdir, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure } from "../../analysis/failure.js";

/** Nothing where a system has no users by number. */
const user = process.getuid?.();
const trusted = new Set([user, 0, statSync(new URL(import.meta.url)).uid]);

const writableByOthers = 0o022;
const writableByAnybody = 0o002;
const sticky = 0o1000;

/**
 * Makes a folder for the user alone, or sees that an existing one is. One that others can read is closed. So is an empty one
 * that others can write in; where something is in it, they may have put it there.
 * @param {string} folder
 * @throws {Failure} when it is no folder, belongs to somebody else, or others can write in it
 */
export async function makePrivateFolder(folder) {
  await makeFolder(folder);
  const found = await lstat(folder);
  if (!found.isDirectory()) throw refusal(folder, "is a link or a file");
  if (user === undefined) return;
  const isEmpty = async () => (await readdir(folder)).length === 0;
  if ((found.mode & writableByOthers) !== 0 && found.uid === user && (await isEmpty())) await chmod(folder, 0o700);
  await refuseForeign(folder);
  // What is written there must be ours to write.
  if (found.uid !== user && user !== 0) throw refusal(folder, ownedBy(found.uid));
  if ((found.mode & 0o077) !== 0) await chmod(folder, 0o700);
}

/**
 * Makes a folder for the user alone where there is none. One that exists is left as it is, since the user has chosen it, and
 * may have laid a link to it.
 * @param {string} folder
 * @throws {Failure} when it is no folder, belongs to somebody else, or others can write in it
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
 * For whatever is run, or decides something: nobody else may have written it, or be able to put another one in its place.
 * @param {string} place a folder or a file that exists
 * @throws {Failure} when it, or a link to it, belongs to somebody else, or when others can write in it or rename it
 */
export async function refuseForeign(place) {
  if (user === undefined) return;
  const [link, found] = await Promise.all([lstat(place), stat(place)]);
  for (const { uid } of [link, found]) if (!trusted.has(uid)) throw refusal(place, ownedBy(uid));
  if ((found.mode & writableByOthers) !== 0) throw refusal(place, "can be written by others");
  await refuseOpenParents(place);
}

/**
 * For this checkout and its packages, which are as git and npm made them: nobody outside of their group may write in them. A
 * group may, since with the usual umask of 002 it can anywhere, and is the user's own.
 * @param {string} folder
 * @throws {Failure} when anybody can write in it, or rename it
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

/** A path as a shell takes it for one word. @param {string} path */
function quoted(path) {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
