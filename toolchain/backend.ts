// The Pulumi backend: the one that the user has logged in to, else a folder of this checkout.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { privateFolder, stateFolder } from "./paths.ts";

const credentialsSchema = v.pipe(v.string(), v.parseJson(), v.object({ current: v.optional(v.string()) }));

/** Whether the user has logged in to a Pulumi backend, or names one by PULUMI_BACKEND_URL. */
export function hasLogin(env: NodeJS.ProcessEnv = process.env): boolean {
  if (env.PULUMI_BACKEND_URL || env.PULUMI_ACCESS_TOKEN) return true;
  const file = join(env.PULUMI_CREDENTIALS_PATH || env.PULUMI_HOME || join(homedir(), ".pulumi"), "credentials.json");
  if (!existsSync(file)) return false;
  const credentials = v.safeParse(credentialsSchema, readFileSync(file, "utf8"));
  return credentials.success && !!credentials.output.current;
}

/** The environment that points Pulumi at our own backend; nothing where the user has one. */
export async function stateEnvironment(): Promise<NodeJS.ProcessEnv> {
  if (hasLogin()) return {};
  await mkdir(stateFolder, { recursive: true, mode: 0o700 });
  const passphrase = join(privateFolder, "passphrase");
  const given =
    process.env.PULUMI_CONFIG_PASSPHRASE !== undefined || process.env.PULUMI_CONFIG_PASSPHRASE_FILE !== undefined;
  if (!given && !existsSync(passphrase))
    await writeFile(passphrase, randomBytes(32).toString("hex"), { flag: "wx", mode: 0o600 });
  return { PULUMI_BACKEND_URL: `file://${stateFolder}`, ...(!given && { PULUMI_CONFIG_PASSPHRASE_FILE: passphrase }) };
}
