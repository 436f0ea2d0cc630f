/**
 * What a TypeScript file imports and uses, read from its syntax tree.
 *
 * @module
 */
import ts from "typescript";

export interface Located {
  /** From 1. */
  readonly line: number;
}

export interface Import extends Located {
  /** As written, or `undefined` where a dynamic import computes it. */
  readonly specifier: string | undefined;
}

export interface GlobalUse extends Located {
  readonly name: string;
}

export interface Finding extends Located {
  readonly what: string;
}

export interface SourceFacts {
  readonly imports: readonly Import[];
  /** Identifiers that the file uses and does not declare. */
  readonly globals: readonly GlobalUse[];
  /** Forms that this project does not use anywhere. */
  readonly forbiddenForms: readonly Finding[];
}

export function readSource(file: string, text: string): SourceFacts {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const declared = declaredNames(tree);
  const imports: Import[] = [];
  const globals: GlobalUse[] = [];
  const forbiddenForms: Finding[] = [];
  const lineOf = (node: ts.Node): number => tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;

  const visit = (node: ts.Node): void => {
    const specifier = importSpecifier(node);
    if (specifier !== "not an import") imports.push({ specifier, line: lineOf(node) });
    const form = forbiddenForm(node);
    if (form !== undefined) forbiddenForms.push({ what: form, line: lineOf(node) });
    if (ts.isIdentifier(node) && isReference(node) && !declared.has(node.text)) {
      globals.push({ name: qualifiedName(node), line: lineOf(node) });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { imports, globals, forbiddenForms };
}

function importSpecifier(node: ts.Node): string | undefined | "not an import" {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return node.moduleSpecifier === undefined ? "not an import" : literalText(node.moduleSpecifier);
  }
  if (ts.isImportTypeNode(node)) {
    return ts.isLiteralTypeNode(node.argument) ? literalText(node.argument.literal) : undefined;
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const argument = node.arguments[0];
    return argument === undefined ? undefined : literalText(argument);
  }
  return "not an import";
}

function literalText(node: ts.Node): string | undefined {
  return ts.isStringLiteralLike(node) ? node.text : undefined;
}

function forbiddenForm(node: ts.Node): string | undefined {
  if (ts.isExportAssignment(node)) return "a default export";
  if (ts.isExportSpecifier(node) && node.name.text === "default") return "a default export";
  if (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.DefaultKeyword)) {
    return "a default export";
  }
  if (ts.isEnumDeclaration(node)) return "an enum";
  if (ts.isModuleDeclaration(node)) return "a namespace";
  if (ts.isTypeReferenceNode(node) && node.typeName.getText() === "Buffer") {
    return "the type Buffer (Uint8Array serves both runtimes)";
  }
  if (node.kind === ts.SyntaxKind.AnyKeyword) return "the type any";
  return undefined;
}

/** Every name that the file declares anywhere: imports, parameters, variables, functions, classes and types. */
function declaredNames(tree: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (isDeclarationWithName(node) && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return names;
}

function isDeclarationWithName(node: ts.Node): node is ts.Node & { readonly name?: ts.Node } {
  return ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isBindingElement(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) || ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) || ts.isTypeParameterDeclaration(node) || ts.isImportSpecifier(node) ||
    ts.isImportClause(node) || ts.isNamespaceImport(node);
}

/** An identifier that stands for a value or a type, not the name of a property or a label. */
function isReference(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false;
  const isMemberName = ts.isPropertySignature(parent) || ts.isPropertyDeclaration(parent) || ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent) || ts.isGetAccessor(parent) || ts.isSetAccessor(parent) || ts.isNamedTupleMember(parent);
  return !(isMemberName && parent.name === node);
}

/** `Math.random` for the `Math` of `Math.random`; otherwise the identifier itself. */
function qualifiedName(node: ts.Identifier): string {
  const parent = node.parent;
  if (node.text === "Math" && ts.isPropertyAccessExpression(parent)) return `Math.${parent.name.text}`;
  return node.text;
}
