// READMEs and docs as data: the commands to type, the names in tables, and the targets of links.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Marks a command that no test runs, because only the reader has the hardware or the accounts for it. */
const mark = /\s# (not run by a test|測試不會執行)$/;

/** One line that a reader types. */
export interface Command {
  line: string;
  tested: boolean;
}

/** Every Markdown file of this checkout. */
export const documents = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && existsSync(file));

/** Documents in both languages, English first. */
export const translated = documents
  .filter((file) => file.endsWith(".zh-TW.md"))
  .map((chinese) => [chinese.replace(".zh-TW", ""), chinese] as const);

export function textOf(document: string): string {
  return readFileSync(document, "utf8");
}

/** All lines of the blocks that contain commands, in order, without comments. */
export function commandsOf(document: string): Command[] {
  const blocks = [...textOf(document).matchAll(/^( *)```sh\n(.*?)^\1```$/gms)];
  return blocks
    .flatMap(([, , block = ""]) => block.split("\n"))
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => ({ line: line.replace(/\s+# .*$/, ""), tested: !mark.test(line) }));
}

/** The first cells of all table rows that begin with code: names of keys, metrics, scripts. */
export function namesIn(document: string): string[] {
  const cells = [...textOf(document).matchAll(/^\| (`[^|]*) +\|/gm)].map(([, cell = ""]) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));
}

/** Files that a document links to, as paths in this checkout. */
export function linksIn(document: string): string[] {
  return [...textOf(document).matchAll(/\]\(([^):#]+)(?:#[^)]*)?\)/g)].map(([, target = ""]) =>
    join(dirname(document), target),
  );
}
