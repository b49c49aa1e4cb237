/** Bodies of CSV, damaged. */
import type { Fuzzer } from "./fuzzer.ts";

const CSV_MODELS: readonly (readonly [name: string, columns: readonly string[]])[] = [
  ["table", ["heat", "flow", "drift"]],
  ["table", ["heat", "flow", "drift"]],
  ["hostile", ["__proto__", "constructor", "a/b~"]],
  ["plain", ["x0", "x1", "x2"]],
  ["binary", ["x0", "x1", "x2", "x3"]],
  ["line", ["x0"]],
];
const CSV_CELLS: readonly (() => string)[] = [
  ...["", " ", "NA", "nan", "-inf", "1e999", "1e150", "1e151", "-3e38", "0x10", "1_000", "1,5"],
  ...["1.234,5", "1 000", '5"', '"', "a\nb", "é", "\u0000", "\ud800", "=1+1", "true", "2024-01-01"],
].map((text) => () => text);
const CSV_MARKS = [
  '"',
  '""',
  ",",
  ";",
  "\t",
  "|",
  "\n",
  "\r",
  "\r\n",
  " ",
  "\0",
  "\ufeff",
  "é",
  "9",
];
const CHARSETS = [
  ...[
    "utf-8",
    "UTF8",
    "windows-1252",
    "iso-8859-1",
    '"utf-16"',
    "utf-16be",
    "shift_jis",
    "gb18030",
  ],
  ...["iso-2022-jp", "replacement", "x-user-defined", "klingon", "", '"', "utf-8;x"],
];

/** CSV as spreadsheets write it, damaged in its header, cells, quotes, separators, line breaks or encoding. */
export function csvRequest(fuzzer: Fuzzer): [string, RequestInit] {
  const [name, columns] = fuzzer.pick(CSV_MODELS),
    separator = fuzzer.pick([",", ",", ";", "\t", "|"]);
  const end = fuzzer.pick(["\n", "\n", "\r\n", "\r"]);
  const quoted = (cell: string) => fuzzer.below(3) > 0 ? cell : `"${cell.replaceAll('"', '""')}"`;
  const cell = () => fuzzer.below(12) > 0 ? `${fuzzer.below(900) / 10}` : fuzzer.pick(CSV_CELLS)();
  const cells = () => columns.map(() => quoted(cell()));
  const header: string[] = columns.map(quoted);
  if (fuzzer.below(6) === 0) {
    header.splice(
      fuzzer.below(4),
      fuzzer.below(2),
      fuzzer.pick(["", "NaN", "1", "__proto__", "x".repeat(300)]),
      "note",
    );
  }
  if (fuzzer.below(6) === 0) header.reverse();
  const rows = Array.from({ length: fuzzer.below(20) }, () => {
    const row = header.length > columns.length ? [...cells(), ...cells()] : cells();
    return row.slice(0, fuzzer.below(25) > 0 ? header.length : fuzzer.below(9)).join(separator);
  });
  let text = [header.join(separator), ...rows].join(end) + fuzzer.pick(["", end, end + end]);
  for (let i = fuzzer.below(8) - 5; i > 0; i--) text = cut(fuzzer, text);
  const [charset, body] = encoded(fuzzer, text);
  const query = fuzzer.below(3) > 0 ? "" : fuzzer.pick([fuzzer.query(), "?explain=1", "?fdr=0.5"]);
  const verb = fuzzer.pick(["score", "score", "encode", "reconstruct", "log-likelihood"]);
  return [`/v1/models/${name}/${verb}${query}`, {
    method: "POST",
    headers: { "content-type": `text/csv${charset}` },
    body,
  }];
}

/** The text with a character removed, doubled or replaced, or a large cell. */
function cut(fuzzer: Fuzzer, text: string): string {
  const at = fuzzer.below(text.length + 1), before = text.slice(0, at), after = text.slice(at);
  return fuzzer.pick<() => string>([
    () => before,
    () => before + after.slice(1 + fuzzer.below(3)),
    () => before + fuzzer.pick(CSV_MARKS) + after,
    () => before + fuzzer.pick(CSV_MARKS).repeat(fuzzer.below(19_000)) + after,
    () => before + `"${"x".repeat(fuzzer.below(19_000))}"` + after,
    () => after + before,
    () => text.replaceAll(fuzzer.pick([",", "\n", '"']), fuzzer.pick(CSV_MARKS)),
  ])();
}

/** A charset as the header states it, and the text in this encoding or in another. */
function encoded(fuzzer: Fuzzer, text: string): [charset: string, body: BodyInit] {
  const units = Uint16Array.from(text, (char) => char.charCodeAt(0));
  const forms: (() => BodyInit)[] = [
    () => text.toWellFormed(),
    () => `\ufeff${text.toWellFormed()}`,
    () => Uint8Array.from(units),
    () => new Uint8Array(units.buffer),
    () => new Uint8Array(Uint16Array.of(0xfeff, ...units).buffer),
    () => Uint8Array.from([...text].map((char) => fuzzer.below(9) ? char.charCodeAt(0) : 0xe9)),
    () => fuzzer.bytes(200),
  ];
  const form = fuzzer.below(3) > 0 ? forms[0] : fuzzer.pick(forms);
  return [fuzzer.below(3) > 0 ? "" : `; charset=${fuzzer.pick(CHARSETS)}`, form()];
}
