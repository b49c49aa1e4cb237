/** What a lint rule found, and how a lint script reports it. */

/** One violation of one rule, at one line of one file. */
export interface Finding {
  readonly path: string;
  /** Line in the file, from 1. */
  readonly line: number;
  readonly rule: string;
  /** What is wrong, and what to do instead. */
  readonly message: string;
}

/** Prints findings as `path:line rule: message` and returns the exit status. */
export function report(title: string, findings: readonly Finding[], checked: number): 0 | 1 {
  for (const { path, line, rule, message } of findings) {
    console.error(`${path}:${line} ${rule}: ${message}`);
  }
  console.log(`${title}: ${checked} files checked, ${findings.length} findings`);
  return findings.length === 0 ? 0 : 1;
}

/** Line number, from 1, of a character offset. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
