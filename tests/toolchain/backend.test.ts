import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { hasLogin } from "../../toolchain/backend.ts";

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
