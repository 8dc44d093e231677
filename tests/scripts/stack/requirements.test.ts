import { readFileSync } from "node:fs";
import test from "ava";
import { Failure } from "../../../analysis/failure.js";
import { readRequirements } from "../../../scripts/stack/requirements.ts";
import { assertFault } from "../../helpers/faults.ts";

const bomb = (levels: number) =>
  `a0: &a0 x\n${Array.from({ length: levels }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join("\n")}`;

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
  test(`requirements for this machine: ${what}`, (t) => {
    t.like(readRequirements(project, stack, config), asked);
  });
}

const malformed: [what: string, stack: string][] = [
  ["is no YAML", "config: [a-secret"],
  ["is a text", "a-secret"],
  ["has a text for a configuration", "config: a-secret"],
  ["has more aliases than a configuration needs", `config:\n  pi-speedup:run: x\n${bomb(60)}`],
];
for (const [what, stack] of malformed) {
  test(`a stack's file that ${what} is reported by its place, and never quoted (stack-file-malformed)`, (t) => {
    const { message } = t.throws(() => readRequirements(project, stack, []), { instanceOf: Failure });
    assertFault(t, "stack-file-malformed", message);
    t.notRegex(message, /a-secret/);
  });
}

test("a value that would fill the memory as text is none", (t) => {
  const stack = `${bomb(40)}\nconfig:\n  pi-speedup:image: *a40\n  pi-speedup:cluster: &self [*self]\n`;
  t.like(readRequirements(project, stack, []), { image: "", cluster: "" });
});
