/**
 * The law that what a file exports, another file imports. Then the type checker finds what nothing uses, and a reader
 * knows what only this file needs.
 */

import ts from "npm:typescript@6.0.3";
import { type Finding, lineAt } from "./findings.ts";
import { importsOf, parse, resolve } from "./imports.ts";
import { isGenerated, type SourceFile } from "./tree.ts";

/**
 * Exports that no other file imports. Exempt are the entry points of `deno.json`, and types that an export of the same
 * file states: whoever uses that may name them.
 */
export function unusedExports(files: readonly SourceFile[]): Finding[] {
  const used = new Set(files.filter(({ path }) => /\.m?[jt]s$/.test(path)).flatMap(usesOf));
  const doors = entryPoints(files);
  return files
    .filter(({ path }) => isJudged(path) && !doors.has(path) && !used.has(`${path} *`))
    .flatMap((file) => exportsOf(file).filter(({ name }) => !used.has(`${file.path} ${name}`)))
    .map(({ path, line, name }) => {
      const message = `no other file imports ${name}: remove \`export\`, or what nothing uses`;
      return { path, line, rule: "unused-export", message };
    });
}

/** Kernels are exempt: what they export, their compiler and JavaScript call. */
function isJudged(path: string): boolean {
  return /(?<!\.d)\.ts$/.test(path) && !path.startsWith("assembly/") && !isGenerated(path);
}

function entryPoints(files: readonly SourceFile[]): Set<string> {
  const manifest = files.find(({ path }) => path === "deno.json")?.text ?? "{}";
  const { exports = {} } = JSON.parse(manifest) as { exports?: Record<string, string> };
  return new Set(Object.values(exports).map((path) => path.slice("./".length)));
}

/** `path name` of everything that a file imports from other files. */
function usesOf(file: SourceFile): string[] {
  return importsOf(file).filter(({ specifier }) => specifier.startsWith(".")).flatMap(
    ({ specifier, names }) => names.map((name) => `${resolve(file.path, specifier)} ${name}`),
  );
}

function exportsOf(file: SourceFile): { path: string; line: number; name: string }[] {
  const tree = parse(file);
  const exported = tree.statements.filter((statement) =>
    ts.canHaveModifiers(statement) &&
    ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  );
  const stated = exported.map((statement) => [statement, statedNames(statement)] as const);
  return exported.flatMap((statement) =>
    declaredNames(statement)
      .filter((name) =>
        !isType(statement) ||
        !stated.some(([other, names]) => other !== statement && names.has(name))
      )
      .map((name) => (
        { path: file.path, line: lineAt(file.text, statement.getStart(tree)), name }
      ))
  );
}

function isType(node: ts.Node): boolean {
  return ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
}

function declaredNames(statement: ts.Statement): string[] {
  const declarations: readonly ts.Node[] = ts.isVariableStatement(statement)
    ? statement.declarationList.declarations
    : [statement];
  return declarations.flatMap((node) => {
    const { name } = node as ts.NamedDeclaration;
    return name !== undefined && ts.isIdentifier(name) ? [name.text] : [];
  });
}

/** Every name in a declaration, outside of function bodies and private members. */
function statedNames(node: ts.Node): Set<string> {
  const names = new Set<string>();
  const visit = (inner: ts.Node): void => {
    if (ts.isIdentifier(inner)) names.add(inner.text);
    if (!ts.isBlock(inner) && !isPrivate(inner)) ts.forEachChild(inner, visit);
  };
  visit(node);
  return names;
}

function isPrivate(node: ts.Node): boolean {
  return ts.isClassElement(node) && node.name !== undefined && ts.isPrivateIdentifier(node.name);
}
