/**
 * Type declarations: one `.d.ts` for each source file that an entry point reaches. Every exported name carries
 * its own type (`isolatedDeclarations`), so each file is declared from its own text, and the output is the same everywhere.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";
import { TOP } from "./project.ts";

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  declaration: true,
  isolatedDeclarations: true,
  verbatimModuleSyntax: true,
  stripInternal: true,
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2023,
};

/**
 * Path in the package ("src/wire/header.d.ts") to text.
 *
 * @param entries source files, from the top of the checkout
 */
export function declarationFiles(entries: readonly string[]): Map<string, string> {
  const files = new Map<string, string>();
  const waiting = [...entries];
  for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) {
    const path = source.replace(/\.ts$/, ".d.ts");
    if (files.has(path)) continue;
    if (source.endsWith(".d.ts")) {
      throw new Error(`${source}: write its types in a .ts file, so that the package can carry them`);
    }
    const { text, imports } = declare(source);
    files.set(path, text);
    for (const specifier of imports) waiting.push(posix.join(posix.dirname(source), specifier));
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The declaration of one file, its relative imports turned to `.js`, and those imports as they were. */
function declare(source: string): { readonly text: string; readonly imports: readonly string[] } {
  const { outputText: emitted, diagnostics } = ts.transpileDeclaration(readFileSync(join(TOP, source), "utf8"), {
    fileName: source,
    reportDiagnostics: true,
    compilerOptions: OPTIONS,
  });
  const problem = diagnostics?.[0];
  if (problem !== undefined) throw new Error(`${source}: ${ts.flattenDiagnosticMessageText(problem.messageText, "\n")}`);

  const outputText = withoutDoubles(emitted);
  const imports: string[] = [];
  let text = "";
  let copied = 0;
  for (const { fileName, pos } of ts.preProcessFile(outputText, true, true).importedFiles) {
    if (!fileName.startsWith(".")) continue;
    imports.push(fileName);
    const start = pos + 1; // behind the quote
    text += outputText.slice(copied, start) + fileName.replace(/\.ts$/, ".js");
    copied = start + fileName.length;
  }
  return { text: text + outputText.slice(copied), imports };
}

/** TypeScript declares a method whose name is a symbol twice where it sees one file alone: as a property, and as what it is. */
function withoutDoubles(text: string): string {
  const method = /^ *\[Symbol\.asyncDispose\]\(\): Promise<void>;$/m;
  return method.test(text)
    ? text.replace(/^(?: *\/\*\*[^\n]*\*\/\n)? *\[Symbol\.asyncDispose\]: \(\) => Promise<void>;\n/m, "")
    : text;
}
