/** Adds the command line's flags to messages that use the library's option names. */
import type { Io } from "../io.ts";

const FLAGS: readonly (readonly [said: RegExp, flag: string])[] = [
  [/ rows train and calibrate, .*$/, "$& (--max-rows)"],
  [/^column "(.*)" holds digits.*declare it categorical/, "$& (--column $1=categorical)"],
  [/\b(?:is|are) left out\b/, "$& (--exclude)"],
  [
    /\ba series \(window\), or calibrated on later rows$/,
    "a series (--window), or calibrated on later rows (elbow recalibrate)",
  ],
  [/\b(preset "linear" has no) optimizer\b/, "$1 --learning-rate"],
  [/\b(preset "linear" has no) batchSize\b/, "$1 --batch-size"],
];

/** The message with the flags that apply. */
export function inFlags(text: string): string {
  return FLAGS.reduce((told, [said, flag]) => told.replace(said, flag), text);
}

/** The library's warnings, one per line. */
export function sayWarnings(warnings: readonly string[], io: Io): void {
  for (const warning of warnings) io.stderr(`elbow: ${inFlags(warning)}\n`);
}
