// Chooses the Pulumi backend: the one that the user has logged in to, otherwise a folder in this checkout.

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { Failure } from "../analysis/failure.js";
import { makePrivateFolder } from "../components/host/private-folder.js";
import { createWhole, readIfExists } from "../components/host/text-file.ts";
import { privateFolder, stateFolder } from "./paths.ts";

const credentialsSchema = v.pipe(v.string(), v.parseJson(), v.object({ current: v.optional(v.string()) }));

/** Whether the user has logged in to a Pulumi backend, or named one in PULUMI_BACKEND_URL. */
export function hasLogin(env: NodeJS.ProcessEnv = process.env): boolean {
  if (env.PULUMI_BACKEND_URL || env.PULUMI_ACCESS_TOKEN) return true;
  const file = join(env.PULUMI_CREDENTIALS_PATH || env.PULUMI_HOME || join(homedir(), ".pulumi"), "credentials.json");
  const credentials = v.safeParse(credentialsSchema, readLogin(file));
  return credentials.success && !!credentials.output.current;
}

/** @throws Error if this can't be determined. Assuming "no" would start a second state. */
function readLogin(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return "";
    throw new Failure(
      "login-unreadable",
      `The file "${file}", in which Pulumi keeps your login, cannot be read (${String(code)}). Take ownership of it, for example with \`sudo chown\`, or name the backend in PULUMI_BACKEND_URL. Then run this again.`,
    );
  }
}

/** The environment that makes Pulumi use our own backend; empty if the user has one. */
export async function stateEnvironment(): Promise<NodeJS.ProcessEnv> {
  if (hasLogin()) return {};
  await makePrivateFolder(privateFolder);
  await makePrivateFolder(stateFolder);
  const passphrase = join(privateFolder, "passphrase");
  const given =
    process.env.PULUMI_CONFIG_PASSPHRASE !== undefined || process.env.PULUMI_CONFIG_PASSPHRASE_FILE !== undefined;
  if (!given) await ensurePassphrase(passphrase);
  return { PULUMI_BACKEND_URL: `file://${stateFolder}`, ...(!given && { PULUMI_CONFIG_PASSPHRASE_FILE: passphrase }) };
}

/**
 * Generates a passphrase if there is none yet.
 * @throws Error if the file contains something that we did not generate. It is kept, because a state may depend on it.
 */
export async function ensurePassphrase(file: string): Promise<void> {
  await createWhole(file, randomBytes(32).toString("hex"));
  if (/^[0-9a-f]{64}\n?$/.test(await readIfExists(file))) return;
  throw new Failure(
    "passphrase-damaged",
    `The passphrase in ${file} is damaged: it should consist of 64 hexadecimal digits. If you have a copy, restore it. Otherwise remove the stack's cluster by hand and then the folder ${dirname(file)}, and run \`npm run up\`.`,
  );
}
