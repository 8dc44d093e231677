// Python with pi.py loaded but not run, to test its parts and how it reads other machines.
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { python } from "./python.ts";

const prelude = `
import json, os, sys
from pathlib import Path
sys.dont_write_bytecode = True
sys.path.insert(0, ${JSON.stringify(resolve("components/workload"))})
import pi
`;

/** Runs this code, which can use `pi`. Returns the output without the last line break. */
export function insidePi(code: string): string {
  const { status, stdout, stderr } = spawnSync(python, ["-"], {
    input: prelude + code,
    encoding: "utf8",
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(`Python ended with exit code ${status}: ${stderr}`);
  return stdout.trimEnd();
}
