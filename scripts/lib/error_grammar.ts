/**
 * Checks error messages in the syntax tree: sentence case, a reason after "Cannot …: ", no final period, no
 * contraction, and never plain `Error` (CONTRIBUTING.md has good and bad examples). Of a template, only the literal
 * text is checked.
 */

import ts from "npm:typescript@6.0.3";

/** A call that makes an error whose class or message breaks the rules. */
export interface GrammarFault {
  readonly node: ts.Node;
  readonly message: string;
}

const CONTRACTION =
  /\b(\w+n['’]t|\w+['’](re|ve|ll|m|d)|(it|that|there|here|what|who|let|he|she)['’]s)\b/i;

const ERROR_CLASS = /(Error|DOMException)$/;
/**
 * Classes whose first text argument is the whole message. The argument of any other class may only complete a message.
 */
const BUILT_IN = /^(super|(Type|Range|Syntax|Reference|Eval|URI|Aggregate)Error|DOMException)$/;

/** The faults of all errors that a file creates. */
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

/** The class of the error that a call creates; "super" inside one of our own error classes. */
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

/** Checks a message, given as its literal pieces: the whole text, or the pieces around computed parts. */
function judgeMessage(pieces: readonly string[]): string[] {
  if (pieces[0].startsWith("Cannot ") && !pieces.some((piece) => piece.includes(": "))) {
    // `core/errors.ts` tells a refusal from an error of the engine by that.
    return ["message must say after a colon why it cannot", ...judgeEnding(pieces)];
  }
  if (/^[A-Z]/.test(pieces[0])) return judgeEnding(pieces);
  const fault = `message must start with a capital letter: ${JSON.stringify(pieces[0])}`;
  return [fault, ...judgeEnding(pieces)];
}

/** Checks everything but the beginning of a message. */
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

/** The literal text of a string, a template or a sum of them; undefined for anything else. */
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
