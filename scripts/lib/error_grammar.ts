/**
 * The grammar of error messages, judged on the syntax tree: sentence case, no final period, no
 * contraction, and never plain `Error` (CONTRIBUTING.md says why, with pairs of bad and good).
 * A template is judged by its literal text; what is computed is not.
 */

import ts from "npm:typescript@6.0.3";

/** A `new SomethingError(…)` whose class or message breaks the grammar. */
export interface GrammarFault {
  readonly node: ts.Node;
  readonly message: string;
}

const CONTRACTION =
  /\b(\w+n['’]t|\w+['’](re|ve|ll|m|d)|(it|that|there|here|what|who|let|he|she)['’]s)\b/i;

const ERROR_CLASS = /(Error|DOMException)$/;
/** Their first text is the whole message; a class of our own may complete a sentence it begins. */
const BUILT_IN = /^(super|(Type|Range|Syntax|Reference|Eval|URI|Aggregate)Error|DOMException)$/;

/** Lists the faults of every error made in a file. */
export function errorFaults(tree: ts.SourceFile): GrammarFault[] {
  const faults: GrammarFault[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) || ts.isCallExpression(node)) {
      for (const message of judgeError(node)) faults.push({ node, message });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return faults;
}

function judgeError(node: ts.NewExpression | ts.CallExpression): string[] {
  const name = nameOfError(node);
  if (name === undefined) return [];
  if (name === "Error") {
    return ["plain Error says too little: use the nearest built-in class or a subclass"];
  }
  const pieces = node.arguments?.map(literalPieces).find((found) => found !== undefined);
  if (pieces === undefined) return [];
  return BUILT_IN.test(name) ? judgeMessage(pieces) : judgeEnding(pieces);
}

/** Class of the error that a call makes; "super" inside a class of our own that extends an error. */
function nameOfError(node: ts.NewExpression | ts.CallExpression): string | undefined {
  const callee = node.expression;
  if (callee.kind === ts.SyntaxKind.SuperKeyword) {
    const owner = ts.findAncestor(node, ts.isClassLike);
    const parent = owner?.heritageClauses?.[0]?.types[0]?.expression.getText() ?? "";
    return parent === "Error" || BUILT_IN.test(parent) ? "super" : undefined;
  }
  if (!ts.isIdentifier(callee)) return undefined;
  const made = callee.text === "Error" || ts.isNewExpression(node);
  return made && ERROR_CLASS.test(callee.text) ? callee.text : undefined;
}

/** Judges a message given as its literal pieces: [whole], or those around computed parts. */
export function judgeMessage(pieces: readonly string[]): string[] {
  if (/^[A-Z]/.test(pieces[0])) return judgeEnding(pieces);
  const fault = `message must start with a capital letter: ${JSON.stringify(pieces[0])}`;
  return [fault, ...judgeEnding(pieces)];
}

/** Judges all of a message but its beginning. */
function judgeEnding(pieces: readonly string[]): string[] {
  const faults: string[] = [];
  const tail = pieces[pieces.length - 1];
  if (/[.!]\s*$/.test(tail)) {
    faults.push(`message must not end with a period: ${JSON.stringify(tail)}`);
  }
  const contraction = CONTRACTION.exec(pieces.join(" … "))?.[0];
  if (contraction !== undefined) {
    faults.push(`message must not contract: write out "${contraction}"`);
  }
  return faults;
}

/** Literal text of a string, a template or a sum of them; undefined for anything else. */
function literalPieces(node: ts.Expression): string[] | undefined {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) {
    return [node.head.text, ...node.templateSpans.map((span) => span.literal.text)];
  }
  if (ts.isParenthesizedExpression(node)) return literalPieces(node.expression);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [literalPieces(node.left), literalPieces(node.right)];
    if (left === undefined && right === undefined) return undefined;
    return [...(left ?? [""]), ...(right ?? [""])];
  }
  return undefined;
}
