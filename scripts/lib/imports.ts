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
  /** Whether the import disappears when types are removed. */
  readonly typeOnly: boolean;
  /** Line of the import, from 1. */
  readonly line: number;
}

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

function readImport(node: ts.Node): Omit<Import, "line"> | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    return { specifier: node.moduleSpecifier.text, typeOnly: isTypeImport(node.importClause) };
  }
  if (
    ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)
  ) {
    return { specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    const literal = node.argument.literal;
    return ts.isStringLiteral(literal) ? { specifier: literal.text, typeOnly: true } : undefined;
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return { specifier: literalText(node.arguments[0]) ?? "(computed)", typeOnly: false };
  }
  return readModuleUrl(node);
}

/** `new URL("./worker.ts", import.meta.url)`: a file that the program loads by its address. */
function readModuleUrl(node: ts.Node): Omit<Import, "line"> | undefined {
  if (!ts.isNewExpression(node) || node.expression.getText() !== "URL") return undefined;
  const [first, base] = node.arguments ?? [];
  const specifier = literalText(first);
  if (specifier === undefined || base?.getText() !== "import.meta.url") return undefined;
  return /\.(ts|js)$/.test(specifier) ? { specifier, typeOnly: false } : undefined;
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
