/** What code may ask of errors. */

/** The message of a thrown value, which may be anything. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What is wrong, without what could not be read: for whoever knows the name of that. */
export function faultOf(error: Error): string {
  // Errors about fields have no fields of their own: "Cannot read spec.inputs: …".
  return (error as { fault?: string }).fault ?? error.message.replace(/^Cannot read /, "");
}

/**
 * Whether the caller's input is to blame: the library then throws a built-in class, as the engine and packages do, and
 * says what it cannot do, then why after a colon, as they do not. `scripts/lib/error_grammar.ts` checks that.
 */
export function isRefusal(error: unknown): error is Error {
  const isKind = error instanceof TypeError || error instanceof RangeError ||
    error instanceof SyntaxError;
  return isKind && /^Cannot .*: /s.test(error.message);
}
