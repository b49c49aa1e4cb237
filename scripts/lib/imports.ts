/**
 * All imports of a TypeScript file, from its syntax tree: static, re-exported, dynamic, type-only (`import type`,
 * `import("./x.ts").T`), and workers (`new URL("./x.ts", import.meta.url)`). A module graph would miss type-only
 * imports and files that nothing imports.
 */

import ts from "npm:typescript@6.0.3";
import type { SourceFile } from "./tree.ts";

/** One import. */
export interface Import {
  /** The text between the quotes; "(computed)" for a dynamic import of an expression. */
  readonly specifier: string;
  /** The names it takes from the module; `*` for all of them. */
  readonly names: readonly string[];
  /** Whether the import disappears when types are removed. */
  readonly typeOnly: boolean;
  /** Line of the import, from 1. */
  readonly line: number;
}

const ALL = "*";

/** The syntax tree of a file, with parent links. */
export function parse(file: SourceFile): ts.SourceFile {
  return ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
}

/** The imports of a file, in order. */
export function importsOf(file: SourceFile): Import[] {
  const tree = parse(file);
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    const hit = readImport(node);
    if (hit !== undefined) {
      const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
      found.push({ ...hit, line });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** The path, from the root, of what a file imports by a relative specifier. */
export function resolve(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

function readImport(node: ts.Node): Omit<Import, "line"> | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const { moduleSpecifier: { text: specifier }, importClause: clause } = node;
    return { specifier, names: namesOf(clause?.namedBindings), typeOnly: isTypeImport(clause) };
  }
  if (
    ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)
  ) {
    const { moduleSpecifier: { text: specifier }, exportClause, isTypeOnly } = node;
    return { specifier, names: namesOf(exportClause), typeOnly: isTypeOnly };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    const specifier = literalText(node.argument.literal);
    const names = [node.qualifier?.getText() ?? ALL];
    return specifier === undefined ? undefined : { specifier, names, typeOnly: true };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const specifier = literalText(node.arguments[0]) ?? "(computed)";
    return { specifier, names: [ALL], typeOnly: false };
  }
  return readModuleUrl(node);
}

/** `new URL("./worker.ts", import.meta.url)`: a file that the program loads by its address. */
function readModuleUrl(node: ts.Node): Omit<Import, "line"> | undefined {
  if (!ts.isNewExpression(node) || node.expression.getText() !== "URL") return undefined;
  const [first, base] = node.arguments ?? [];
  const specifier = literalText(first);
  if (specifier === undefined || base?.getText() !== "import.meta.url") return undefined;
  return /\.(ts|js)$/.test(specifier) ? { specifier, names: [ALL], typeOnly: false } : undefined;
}

function namesOf(bindings: ts.NamedImportBindings | ts.NamedExportBindings | undefined): string[] {
  if (bindings === undefined || !("elements" in bindings)) return [ALL];
  return bindings.elements.map(({ propertyName, name }) => (propertyName ?? name).text);
}

function isTypeImport(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const names = clause.namedBindings;
  return clause.name === undefined && names !== undefined && ts.isNamedImports(names) &&
    names.elements.length > 0 && names.elements.every((element) => element.isTypeOnly);
}

function literalText(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;
}
