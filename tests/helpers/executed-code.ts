// The programs and modules that the sources start and load, from their syntax trees.
import { globSync, readFileSync } from "node:fs";
import ts from "typescript";

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

/** Comments are not code. */
const parsing = { languageVersion: ts.ScriptTarget.Latest, jsDocParsingMode: ts.JSDocParsingMode.ParseNone };

export function executedCode(
  files: readonly string[],
  read = (file: string) => readFileSync(file, "utf8"),
): ExecutedCode {
  const code: Omit<ExecutedCode, "textsOf"> = { starts: [], loads: [], unknown: [] };
  const texts = new Map<string, Set<string>>();
  for (const file of files) {
    const source = ts.createSourceFile(file, read(file), parsing);
    const runners = new Set<string>();
    const inFile = new Set<string>();
    texts.set(file, inFile);
    const load = (module: ts.Expression) => {
      const named = ts.isStringLiteralLike(module);
      code.loads.push({ file, module: named ? module.text : module.getText(source), named });
    };
    const visit = (node: ts.Node): void => {
      if (ts.isStringLiteralLike(node)) inFile.add(node.text);
      if (ts.isImportDeclaration(node) && node.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword) {
        load(node.moduleSpecifier);
        noteRunners(node, runners, (why) => code.unknown.push(`${file}: ${why}`));
      }
      if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) load(node.moduleSpecifier);
      if (ts.isNewExpression(node) && node.expression.getText(source) === "Function")
        code.unknown.push(`${file}: new Function`);
      if (ts.isCallExpression(node)) {
        const [first] = node.arguments;
        const called = node.expression.getText(source);
        if (node.expression.kind === ts.SyntaxKind.ImportKeyword || called === "require") {
          if (first !== undefined) load(first);
        } else if (runners.has(called) && first !== undefined) {
          const tool = ts.isStringLiteralLike(first) ? first.text : undefined;
          code.starts.push({ file, tool, written: first.getText(source) });
        } else if (/^(eval|Function|process\.(dlopen|binding))$/.test(called)) code.unknown.push(`${file}: ${called}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return { ...code, textsOf: (file) => texts.get(file) ?? new Set() };
}

function noteRunners(node: ts.ImportDeclaration, runners: Set<string>, unknown: (why: string) => void): void {
  const module = ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : "";
  const names = starters[module] ?? starters[/^\.{1,2}\/.*?([^/]+)$/.exec(module)?.[1] ?? ""];
  const { name, namedBindings } = node.importClause ?? {};
  if (names === undefined) {
    if (hidden.test(module)) unknown(`imports ${module}`);
    return;
  }
  if (name !== undefined || (namedBindings !== undefined && ts.isNamespaceImport(namedBindings))) {
    unknown(`imports all of ${module}, so its calls can't be told`);
  }
  if (namedBindings === undefined || !ts.isNamedImports(namedBindings)) return;
  for (const each of namedBindings.elements) {
    if (names.includes((each.propertyName ?? each.name).text)) runners.add(each.name.text);
  }
}
