// The READMEs as data: what a reader would type, and what the tables say.
import { readFileSync } from "node:fs";

export const readmes = ["README.md", "README.zh-TW.md"] as const;

/** Marks a command that no test runs, since it needs what only its reader has. */
const mark = /\s# (not run by a test|測試不會執行)$/;

/** One line that a reader types. */
export interface Command {
  line: string;
  tested: boolean;
}

export function textOf(readme: string): string {
  return readFileSync(readme, "utf8");
}

/** All lines of the blocks that hold commands, in order, comments left out. */
export function commandsOf(readme: string): Command[] {
  const blocks = [...textOf(readme).matchAll(/^( *)```sh\n(.*?)^\1```$/gms)];
  return blocks
    .flatMap(([, , block = ""]) => block.split("\n"))
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => ({ line: line.replace(/\s+# .*$/, ""), tested: !mark.test(line) }));
}

/** The first cells of the rows of all tables whose first cell holds code: names of keys, metrics, scripts. */
export function namesIn(readme: string): string[] {
  const cells = [...textOf(readme).matchAll(/^\| (`[^|]*) +\|/gm)].map(([, cell = ""]) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));
}

/** Files of this checkout that a README points to. */
export function linksIn(readme: string): string[] {
  return [...textOf(readme).matchAll(/\]\(([^):#]+)\)/g)].map(([, target = ""]) => target);
}
