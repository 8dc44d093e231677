// Downloads official releases. Each is checked against its checksum in this repository. If there is none, it is checked
// against the list that its vendor publishes next to it, which only shows that it is complete.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { Failure } from "../analysis/failure.js";
import { environmentFor } from "./environment.js";
import { setGlobalProxyFromEnv } from "./global-proxy.js";
import { step } from "./progress.ts";
import { proxyVariables } from "./proxy.js";
import { pinName, type Release } from "./releases.ts";
import { run } from "./run.ts";

/** The downloads can't be reached from here. The caller may have an alternative. */
export class Unreachable extends Error {}

/** A download was interrupted after it had begun. */
class BrokenOff extends Failure {}

/** Milliseconds after which a silent server counts as unreachable, and after which a stalled download is given up. */
const milliseconds = { answer: 10_000, silence: 60_000 };

/** Maximum bytes of a release file, and of a list of checksums. The largest release has a quarter of that. */
const most = { file: 2 ** 30, list: 2 ** 20 };

/** The checksums in this repository, as a file. */
export const pinsFile = fileURLToPath(new URL("checksums.json", import.meta.url));
const pinsSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.record(v.string(), v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
);

/** The checksums in this repository, by {@link pinName}. */
export function readPins(): Record<string, string> {
  return v.parse(pinsSchema, readFileSync(pinsFile, "utf8"));
}

export interface DownloadOptions {
  /** Where releases are downloaded from. Default: `$PI_SPEEDUP_DOWNLOADS`, otherwise the official server. */
  origin?: string;
  /** Checksums to enforce. Default: this repository's. */
  pins?: Record<string, string>;
  /** Maximum bytes of the file. Default: a gibibyte. */
  mostBytes?: number;
}

/**
 * Downloads one file of a release into `folder` and verifies it.
 * @throws Unreachable if the server can't be reached or is unavailable; an ordinary Error if it has no such file, if
 * the file is wrong or incomplete, or if the connection can't be trusted.
 */
export async function download(
  release: Release,
  folder: string,
  { origin = releases(), pins = readPins(), mostBytes = most.file }: DownloadOptions = {},
): Promise<string> {
  const { repository, version, file } = release;
  const url = `${origin}/${repository}/releases/download/${version}/${file}`;
  const pinned = pins[pinName(release)];
  const expected = pinned ?? (await publishedChecksum(release, origin));
  const against = pinned === undefined ? "the list beside it" : "this repository's checksum";
  return step(`Downloading ${file} ${version} from ${origin}, checked against ${against}`, async () => {
    const content = await get(url, mostBytes);
    const found = createHash("sha256").update(content).digest("hex");
    if (found !== expected) {
      throw new Failure(
        "download-tampered",
        `${url} is not what it should be: its SHA-256 sum is ${found} instead of ${expected} (${against}). Nothing was installed. Run this again. If it happens again, somebody has changed the file on the way, so install the tool by hand.`,
      );
    }
    const target = join(folder, file);
    await writeFile(`${target}.part`, content);
    await rename(`${target}.part`, target);
    return target;
  });
}

/** The same for an archive, unpacked into `folder`. `strip` removes that many leading folders. */
export async function downloadArchive(release: Release, folder: string, strip: number): Promise<void> {
  const archive = await download(release, folder);
  await run(
    "tar",
    [
      ...["-xzf", archive, "-C", folder, `--strip-components=${strip}`],
      // As root, tar would give the files to the user id in the archive.
      ...["--no-same-owner", "--no-same-permissions"],
    ],
    { env: environmentFor("system") },
  );
  await rm(archive);
}

/**
 * The checksum that a release's vendor lists.
 * @throws as {@link download}.
 */
export async function publishedChecksum(
  { repository, version, file, checksums }: Release,
  origin = releases(),
): Promise<string> {
  const url = `${origin}/${repository}/releases/download/${version}/${checksums}`;
  const list = await get(url, most.list).then(
    (content) => content.toString("utf8"),
    (error) => {
      // A list is only a few lines. An interrupted one does not come from a release server.
      throw error instanceof BrokenOff ? new Unreachable(error.text) : error;
    },
  );
  const sum = checksumOf(list, file);
  if (sum !== undefined) return sum;
  // A page that says that access is blocked is not a list.
  if (!/\b[0-9a-f]{64}\b/.test(list)) throw new Unreachable(`${url} was answered with something else than checksums`);
  throw new Failure(
    "download-unlisted",
    `${url} lists no SHA-256 sum of ${file}, so nothing was installed. Install the tool by hand and run this again.`,
  );
}

/** `$PI_SPEEDUP_DOWNLOADS` replaces the official server. */
function releases(): string {
  const origin = process.env.PI_SPEEDUP_DOWNLOADS || "https://github.com";
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "") return origin;
  throw new Failure(
    "downloads-malformed",
    "PI_SPEEDUP_DOWNLOADS is not the address of a server. It must begin with https:// or http:// and contain no user and no password. Change it, and run this again.",
  );
}

/** The checksum of a file in such a list. Lists name files with or without a folder. */
export function checksumOf(list: string, file: string): string | undefined {
  const lines = list.split("\n").map((line) => line.trim().split(/\s+\*?/));
  return lines.find(([sum = "", name = ""]) => /^[0-9a-f]{64}$/.test(sum) && name.split("/").at(-1) === file)?.[0];
}

/**
 * The user's proxies apply to this process, but not to programs that it starts, which read the variables themselves.
 */
let proxiesCount = false;

export function useProxies(): void {
  if (!proxiesCount) setGlobalProxyFromEnv(proxyVariables(process.env));
  proxiesCount = true;
}

async function get(url: string, bytes: number): Promise<Buffer> {
  useProxies();
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(new Error("no answer")), milliseconds.answer);
  try {
    const response = await ask(url, silence.signal);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > bytes) throw new Told(endless(url, bytes));
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(new Error("nothing more came")), milliseconds.silence);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof Told) throw error.told;
    throw new BrokenOff(
      "download-broken-off",
      `The download of ${url} broke off (${causeOf(error).message}). Nothing was installed. Run this again.`,
    );
  } finally {
    clearTimeout(timer);
  }
}

function endless(url: string, bytes: number): Error {
  return new Failure(
    "download-endless",
    `The download of ${url} is larger than ${bytes / 2 ** 20} MiB, so it was aborted and nothing was installed. Check PI_SPEEDUP_DOWNLOADS and the proxy, or install the tool by hand, and run this again.`,
  );
}

/** Wraps an error whose message is final, to distinguish it from network errors. */
class Told extends Error {
  readonly told: Error;
  constructor(told: Error) {
    super(told.message);
    this.told = told;
  }
}

/** Codes of a failed handshake: OpenSSL's names for certificate errors, and Node.js' own. */
const untrusted = /CERT|SIGNATURE|CRL|ERR_TLS|ERR_SSL|EPROTO|INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH|PATH_LENGTH/;

async function ask(url: string, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    const { code, message } = causeOf(error);
    if (/\b407\b/.test(message)) throw new Told(proxyWantsPassword(url));
    if (!untrusted.test(code)) {
      throw new Told(new Unreachable(`${url} can't be reached: ${message}`));
    }
    throw new Told(
      new Failure(
        "download-untrusted",
        `The connection to ${url} cannot be trusted (${message}). If a proxy of your company inspects connections, name the file with its certificate in NODE_EXTRA_CA_CERTS, and run this again.`,
      ),
    );
  }
  if (response.status === 407) throw new Told(proxyWantsPassword(url));
  if (response.status === 404 || response.status === 410) {
    throw new Told(
      new Failure(
        "download-missing",
        `${url} was not found (HTTP status ${response.status}): the server answers, but does not have this file. If it is a mirror, add the file or correct PI_SPEEDUP_DOWNLOADS. If something on the way blocks the file, set PI_SPEEDUP_TOOLS=built, which builds the tools from package registries. Then run this again.`,
      ),
    );
  }
  if (!response.ok) throw new Told(new Unreachable(`${url} was answered with HTTP status ${response.status}`));
  return response;
}

function proxyWantsPassword(url: string): Error {
  return new Failure(
    "proxy-password",
    `The proxy on the way to ${url} requires a password. Put it into HTTPS_PROXY as http://USER:PASSWORD@PROXY:PORT, and run this again.`,
  );
}

/** The underlying error. `fetch` only says that it failed. */
function causeOf(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  if (error.cause instanceof Error) return causeOf(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return causeOf(error.errors[0]);
  return { code: "code" in error ? String(error.code) : "", message: error.message };
}
