// Official releases. Each is checked against the checksum that this repository has for it; where it has none, against the
// list that its maker publishes beside it, which tells only that it arrived whole.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { step } from "./progress.ts";
import { pinName, type Release } from "./releases.ts";
import { run } from "./run.ts";

/** There is no way from here to the downloads; the caller may find another one. */
export class Unreachable extends Error {}

/** Milliseconds until a server that says nothing counts as out of reach; a whole download gets longer. */
const milliseconds = { connect: 5_000, download: 600_000 };

/** The checksums that this repository has, as a file. */
export const pinsFile = fileURLToPath(new URL("checksums.json", import.meta.url));
const pinsSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.record(v.string(), v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
);

/** The checksums that this repository has, by {@link pinName}. */
export function readPins(): Record<string, string> {
  return existsSync(pinsFile) ? v.parse(pinsSchema, readFileSync(pinsFile, "utf8")) : {};
}

export interface DownloadOptions {
  /** Where releases are. Default: `$PI_SPEEDUP_DOWNLOADS`, else the official place. */
  origin?: string;
  /** Checksums to enforce. Default: this repository's. */
  pins?: Record<string, string>;
}

/**
 * Downloads one file of a release into `folder` and verifies it.
 * @throws Unreachable when the server can't be reached or hasn't got it; an ordinary Error when what came is not what it
 *   should be, or breaks off, or the connection can't be trusted.
 */
export async function download(
  release: Release,
  folder: string,
  { origin = releases(), pins = readPins() }: DownloadOptions = {},
): Promise<string> {
  const { repository, version, file } = release;
  const url = `${origin}/${repository}/releases/download/${version}/${file}`;
  const pinned = pins[pinName(release)];
  const expected = pinned ?? (await publishedChecksum(release, origin));
  const against = pinned === undefined ? "the list beside it" : "this repository's checksum";
  return step(`Downloading ${file} ${version} from ${origin}, checked against ${against}`, async () => {
    const content = await get(url, milliseconds.download);
    const found = createHash("sha256").update(content).digest("hex");
    if (found !== expected) {
      throw new Error(
        `${url} is not what it should be: its SHA-256 sum is ${found}, expected ${expected} (${against}). Nothing was installed. Run this again; if it happens again, somebody has changed the file on the way, so install the tool by hand.`,
      );
    }
    const target = join(folder, file);
    await writeFile(`${target}.part`, content);
    await rename(`${target}.part`, target);
    return target;
  });
}

/** The same for an archive, unpacked into `folder`; `strip` leaves out that many leading folders. */
export async function downloadArchive(release: Release, folder: string, strip: number): Promise<void> {
  const archive = await download(release, folder);
  await run("tar", [
    ...["-xzf", archive, "-C", folder, `--strip-components=${strip}`],
    // As root, tar would give the files to whoever has the numbers of the archive's maker.
    ...["--no-same-owner", "--no-same-permissions"],
  ]);
  await rm(archive);
}

/**
 * The checksum that a release's maker lists.
 * @throws as {@link download}.
 */
export async function publishedChecksum(
  { repository, version, file, checksums }: Release,
  origin = releases(),
): Promise<string> {
  const url = `${origin}/${repository}/releases/download/${version}/${checksums}`;
  const sum = checksumOf((await get(url, milliseconds.connect)).toString("utf8"), file);
  if (sum !== undefined) return sum;
  throw new Error(`${url} lists no SHA-256 sum of ${file}, so nothing was installed. Install the tool by hand.`);
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

async function get(url: string, limit: number): Promise<Buffer> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(limit) });
  } catch (error) {
    const { code, message } = causeOf(error);
    if (/\b407\b/.test(message)) throw proxyWantsPassword(url);
    if (!/CERT|SIGNATURE|ERR_TLS|ERR_SSL/.test(code)) throw new Unreachable(`${url} can't be reached: ${message}`);
    throw new Error(
      `The connection to ${url} can't be trusted (${message}). If a proxy of your company opens connections, name the file with its certificate in NODE_EXTRA_CA_CERTS and run this again.`,
    );
  }
  if (response.status === 407) throw proxyWantsPassword(url);
  if (!response.ok) throw new Unreachable(`${url} was answered with HTTP status ${response.status}`);
  try {
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new Error(
      `The download of ${url} broke off (${causeOf(error).message}). Nothing was installed. Run this again.`,
    );
  }
}

function proxyWantsPassword(url: string): Error {
  return new Error(
    `The proxy in front of ${url} wants a password. Put it into HTTPS_PROXY, as http://USER:PASSWORD@PROXY:PORT, and run this again.`,
  );
}

/** What failed underneath: `fetch` says only that it failed. */
function causeOf(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  if (error.cause instanceof Error) return causeOf(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return causeOf(error.errors[0]);
  return { code: "code" in error ? String(error.code) : "", message: error.message };
}
