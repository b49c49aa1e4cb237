/** Adds the command line's flags to messages that use the library's option names. */
import { type Io, note } from "../io.ts";
import { columnFlag, shellWord } from "./text.ts";

type Rule = readonly [
  pattern: RegExp,
  replacement: string | ((match: string, ...parts: string[]) => string),
];

/** The flag that declares the column that a message names. */
const declaring = (message: string, column: string, kind: string) =>
  `${message} (${columnFlag(column, kind)})`;

const NO_HEADER: Rule = [/\bif there is no header line\b/, "$& (--no-header)"];

/** A warning holds names of columns, an error also names of files: each is searched for nothing but its own words. */
const IN_WARNINGS: readonly Rule[] = [
  [/^\d+ of \d+ rows (?:train and )?calibrate, .*$/, "$& (--max-rows)"],
  [
    /^column "(.*)" (?:holds digits|looks like|has decimal points).*?declare it (categorical|timestamp(?::dmy|:ymd|:time)?|numeric:1[.,]234[.,]50(?: %)?)/,
    declaring,
  ],
  [
    /(?:is|are) (\S+) in [^%]* % of the rows, far from all (?:its|their) other values: .*leave those cells empty$/,
    "$& (or list it: --missing=$1)",
  ],
  [
    /^column "(.*)" is ordered by the alphabet.*$/,
    (message, column) => declaring(message, column, "ordinal:FIRST|NEXT|…"),
  ],
  [
    /^column "(.*)" is trained on, but named like a label.*$/,
    (message, column) => `${message} (--label ${shellWord(column)})`,
  ],
  [/\bkinds rule nothing out, only declared ones$/, "$& (--column NAME=KIND)"],
  [/\b(?:is|are) left out\b/, "$& (--exclude)"],
  [/\b(window|robust): (\d[\d.]*)/, (_, option, value) => flagOf(option, value)],
  [/\brecalibrate on later rows$/, "$& (elbow recalibrate)"],
  [/\bcalibration rows allow no false-alarm rate below [^ ]+$/, "$& (score --tail extrapolates)"],
  [/\btells them apart \(by\)$/, "tells them apart (--by)"],
  NO_HEADER,
];

const IN_ERRORS: readonly Rule[] = [
  [
    /\bif (".*") stands? for .*, list (?:it|them) as missing/,
    missingFlag,
  ],
  [
    /column "(.*)": expected .*or declare the column categorical/,
    (message, column) => `${message} with ${columnFlag(column, "categorical")}`,
  ],
  [/\bexpected a label \(.*\), got "[^"]+"$/, "$& (--normal names the labels of normal rows)"],
  [/\bwhich looks like a header$/, "$&: leave out --no-header"],
  NO_HEADER,
  [/\bcalibration rows allow no less than [^ ]+$/, "$&: --tail extrapolates below that"],
  [/\bfit: give layers\b/, "fit: give --layers"],
];

/** The flag for quoted texts, if there are any without a comma, which separates them. */
function missingFlag(message: string, quoted: string): string {
  const texts = (quoted.match(/"(?:\\.|[^"\\])*"/g) ?? []).map((text) =>
    JSON.parse(text) as string
  );
  const list = texts.filter((text) => !text.includes(",")).join(",");
  if (list === "") return message;
  return `${message} with --missing ${shellWord(list)}`;
}

/** An error's message with the flags that apply. */
export function withFlagNames(message: string): string {
  return applied(IN_ERRORS, message);
}

function applied(rules: readonly Rule[], text: string): string {
  return rules.reduce(
    (message, [pattern, replacement]) => message.replace(pattern, replacement as string),
    text,
  );
}

/** The flags that set a part of an option, where no flag sets all of it. */
const SETTING: Readonly<Record<string, string>> = {
  optimizer: "--learning-rate",
  earlyStopping: "--patience",
};

/** The flag of an option. */
export function flagOf(option: string, value?: string): string {
  const flag = SETTING[option] ??
    `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return value === undefined ? flag : `${flag} ${value}`;
}

/** The library's warnings, one per line. */
export function printWarnings(warnings: readonly string[], io: Io): void {
  for (const warning of warnings) note(io, applied(IN_WARNINGS, warning));
}
