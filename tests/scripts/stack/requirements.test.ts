import { readFileSync } from "node:fs";
import test from "ava";
import { readRequirements } from "../../../scripts/stack/requirements.ts";

const project = readFileSync("Pulumi.yaml", "utf8");

const cases: [what: string, stack: string, config: string[], asked: Partial<ReturnType<typeof readRequirements>>][] = [
  ["nothing is said: the project's defaults", "", [], { cluster: "embedded", baseline: "docker" }],
  ["the stack's file", "config:\n  pi-speedup:cluster: ssh\n", [], { cluster: "ssh", baseline: "docker" }],
  ["a number in the stack's file", "config:\n  pi-speedup:baseline: 1.52\n", [], { baseline: "1.52" }],
  ["a file with a salt and nothing else", "encryptionsalt: v1:x\n", [], { cluster: "embedded" }],
  [
    "arguments before the file",
    "config:\n  pi-speedup:cluster: ssh\n",
    ["pi-speedup:cluster=kubeconfig", "baseline=host"],
    { cluster: "kubeconfig", baseline: "host" },
  ],
  ["a value with signs in it", "", ["pi-speedup:image=a/b:c=d"], { image: "a/b:c=d" }],
];
for (const [what, stack, config, asked] of cases) {
  test(`what is asked of this machine: ${what}`, (t) => {
    t.like(readRequirements(project, stack, config), asked);
  });
}
