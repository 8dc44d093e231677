import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { ensurePassphrase, hasLogin } from "../../toolchain/backend.ts";
import { assertFault } from "../helpers/faults.ts";

const home = (credentials?: string) => {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-login-"));
  if (credentials !== undefined) writeFileSync(join(folder, "credentials.json"), credentials);
  return { PULUMI_HOME: folder };
};

const logins: [what: string, env: NodeJS.ProcessEnv, expected: boolean][] = [
  ["PULUMI_BACKEND_URL is respected", { ...home(), PULUMI_BACKEND_URL: "file:///x" }, true],
  ["an access token is respected", { ...home(), PULUMI_ACCESS_TOKEN: "t" }, true],
  ["an existing login is respected", home('{"current":"https://backend.example"}'), true],
  ["a logout is none", home('{"current":""}'), false],
  ["a file that is no credentials is none", home("garbage"), false],
  ["a Pulumi that was never used has none", home(), false],
];
for (const [what, env, expected] of logins) {
  test(what, (t) => {
    t.is(hasLogin(env), expected);
  });
}

test("an unreadable login does not count as none (login-unreadable)", (t) => {
  const env = home();
  mkdirSync(join(env.PULUMI_HOME, "credentials.json"));
  const error = t.throws(() => hasLogin(env));
  assertFault(t, "login-unreadable", error?.message ?? "");
});

const passphraseFile = (content?: string) => {
  const file = join(mkdtempSync(join(tmpdir(), "pi-speedup-passphrase-")), "passphrase");
  if (content !== undefined) writeFileSync(file, content);
  return file;
};

test("a passphrase is generated once, with 256 bits, for the user alone", async (t) => {
  const file = passphraseFile();
  await Promise.all([ensurePassphrase(file), ensurePassphrase(file), ensurePassphrase(file)]);
  const drawn = readFileSync(file, "utf8");
  t.regex(drawn, /^[0-9a-f]{64}$/);
  t.is(statSync(file).mode & 0o777, 0o600);
  await ensurePassphrase(file);
  t.is(readFileSync(file, "utf8"), drawn);
});

for (const [what, content] of [
  ["is empty, as a full disk leaves it,", ""],
  ["is half written", "0123456789abcdef"],
  ["is something else", "x".repeat(64)],
] as const) {
  test(`a passphrase that ${what} is refused and kept`, async (t) => {
    const file = passphraseFile(content);
    const error = await t.throwsAsync(ensurePassphrase(file));
    assertFault(t, "passphrase-damaged", error?.message ?? "");
    t.is(readFileSync(file, "utf8"), content);
  });
}
