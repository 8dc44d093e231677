// The programs and modules that the sources start and load, from their syntax trees.
import { globSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { type AnyNode, type CallExpression, type ImportDeclaration, parse } from "acorn";
import { full } from "acorn-walk";

/** A call that starts a program. */
export interface Start {
  file: string;
  /** The program, if the source names it. */
  tool: string | undefined;
  /** The first argument as it is written. */
  written: string;
}

export interface ExecutedCode {
  starts: Start[];
  /** All imported or required modules, by file. A module that is not named by a string is given as its source text. */
  loads: { file: string; module: string; named: boolean }[];
  /** Ways to run code that this scanner does not follow. */
  unknown: string[];
  /** The strings in a file. */
  textsOf(file: string): Set<string>;
}

/** Functions that start a program, by the module that they come from. */
const starters: Record<string, readonly string[]> = {
  "node:child_process": ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"],
  execa: ["execa", "execaSync", "execaNode", "execaCommand", "$"],
  "run-tool.ts": ["runTool"],
  "run.ts": ["run"],
};

/** Modules by which code could be run unseen. */
const hidden = /^(node:)?(vm|worker_threads|cluster|inspector|repl|wasi|child_process)$/;

/** All sources of the program itself. */
export function programSources(): string[] {
  const found = globSync(["index.ts", "{analysis,components,report,scripts,toolchain}/**/*.{ts,js,cjs,mjs,mts,cts}"]);
  return found.map(String).sort();
}

export function executedCode(
  files: readonly string[],
  read = (file: string) => readFileSync(file, "utf8"),
): ExecutedCode {
  const code: Omit<ExecutedCode, "textsOf"> = { starts: [], loads: [], unknown: [] };
  const texts = new Map<string, Set<string>>();
  for (const file of files) {
    // Types run nothing.
    const source = file.endsWith("ts") ? stripTypeScriptTypes(read(file)) : read(file);
    const written = ({ start, end }: AnyNode) => source.slice(start, end);
    const runners = new Set<string>();
    // Looked at when all imports are known.
    const calls: CallExpression[] = [];
    const inFile = new Set<string>();
    texts.set(file, inFile);
    const load = (module: AnyNode) => {
      const text = textOf(module);
      code.loads.push({ file, module: text ?? written(module), named: text !== undefined });
    };
    full(parse(source, { ecmaVersion: "latest", sourceType: "module" }), (found) => {
      // acorn-walk passes what acorn has made.
      const node = found as AnyNode;
      const text = textOf(node);
      if (text !== undefined) inFile.add(text);
      if (node.type === "ImportDeclaration") {
        load(node.source);
        noteRunners(node, runners, (why) => code.unknown.push(`${file}: ${why}`));
      }
      if (node.type === "ExportNamedDeclaration" || node.type === "ExportAllDeclaration") {
        if (node.source) load(node.source);
      }
      if (node.type === "ImportExpression") load(node.source);
      if (node.type === "NewExpression" && written(node.callee) === "Function")
        code.unknown.push(`${file}: new Function`);
      if (node.type === "CallExpression") calls.push(node);
    });
    for (const {
      callee,
      arguments: [first],
    } of calls) {
      const called = written(callee);
      if (called === "require") {
        if (first !== undefined) load(first);
      } else if (runners.has(called) && first !== undefined) {
        code.starts.push({ file, tool: textOf(first), written: written(first) });
      } else if (/^(eval|Function|process\.(dlopen|binding))$/.test(called)) code.unknown.push(`${file}: ${called}`);
    }
  }
  return { ...code, textsOf: (file) => texts.get(file) ?? new Set() };
}

/** The text of a string without variable parts. */
function textOf(node: AnyNode): string | undefined {
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : undefined;
  if (node.type !== "TemplateLiteral" || node.expressions.length > 0) return;
  return node.quasis[0]?.value.cooked ?? undefined;
}

function noteRunners({ source, specifiers }: ImportDeclaration, runners: Set<string>, unknown: (why: string) => void) {
  const module = String(source.value);
  const names = starters[module] ?? starters[/^\.{1,2}\/.*?([^/]+)$/.exec(module)?.[1] ?? ""];
  if (names === undefined) {
    if (hidden.test(module)) unknown(`imports ${module}`);
    return;
  }
  for (const each of specifiers) {
    if (each.type !== "ImportSpecifier") {
      unknown(`imports all of ${module}, so its calls can't be told`);
      continue;
    }
    const { imported, local } = each;
    if (names.includes(imported.type === "Identifier" ? imported.name : String(imported.value)))
      runners.add(local.name);
  }
}
