/**
 * Converts a scoring job's result from CSV, as `elbow score` writes it, to JSON lines: each cell under the name of its
 * column, numbers digit for digit.
 */
import { HEADER } from "../../scoring/verdict_lines.ts";

/** Bytes converted at a time. */
const PIECE = 65_536;

/** Row, score, p-value, verdict, the columns to blame, quoted (RFC 4180) if necessary, and a flagged row's regret. */
const RECORD =
  /(\d+),([^,]+),([^,]+),(true|false|uncertain),(?:"((?:[^"]|"")*)"|([^",\n][^,\n]*)?)(?:,(.*))?\n/y;

const KEYS = [...HEADER, "regret"].map((name) => `${JSON.stringify(name)}:`);

/** @param piece bytes converted at a time */
export function* resultLines(csv: Uint8Array, piece: number = PIECE): Generator<string> {
  const decoder = new TextDecoder();
  // Records begin after the header.
  let text = "", first = csv.indexOf(10) + 1;
  while (first < csv.length) {
    text += decoder.decode(csv.subarray(first, first += piece), { stream: true });
    let lines = "", end = 0;
    for (RECORD.lastIndex = 0;; end = RECORD.lastIndex) {
      const found = RECORD.exec(text);
      if (!found) break;
      lines += lineOf(found);
    }
    text = text.slice(end);
    if (lines !== "") yield lines;
  }
}

function lineOf(
  [, row, score, pValue, verdict, quoted, plain = "", regret]: RegExpExecArray,
): string {
  const blamed = quoted === undefined ? plain : quoted.replaceAll('""', '"');
  const cells = [
    ...[row, score, pValue],
    verdict === "uncertain" ? '"uncertain"' : verdict,
    JSON.stringify(blamed),
    ...(regret ? [regret] : []),
  ];
  return `{${cells.map((cell, i) => KEYS[i] + cell).join()}}\n`;
}
