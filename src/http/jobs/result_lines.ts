/**
 * What a scoring job has put out, CSV as `elbow score` writes it, as JSON lines: each cell under the name of its column, numbers with
 * the digits that they have.
 */
import { HEADER } from "../../scoring/verdict_lines.ts";

/** Bytes that are written anew in one go. */
const PIECE = 65_536;

/** A row, score, p-value, verdict, and the columns to blame, in quotes (RFC 4180) where they must be. */
const RECORD =
  /(\d+),([^,]+),([^,]+),(true|false|uncertain),(?:"((?:[^"]|"")*)"|([^"\n][^\n]*)?)\n/y;

const KEYS = HEADER.map((name) => `${JSON.stringify(name)}:`);

/** @param piece bytes that are read at once */
export function* resultLines(csv: Uint8Array, piece: number = PIECE): Generator<string> {
  const decoder = new TextDecoder();
  // Records begin behind the header.
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

function lineOf([, row, score, pValue, verdict, quoted, plain = ""]: RegExpExecArray): string {
  const blamed = quoted === undefined ? plain : quoted.replaceAll('""', '"');
  const cells = [
    ...[row, score, pValue],
    verdict === "uncertain" ? '"uncertain"' : verdict,
    JSON.stringify(blamed),
  ];
  return `{${cells.map((cell, i) => KEYS[i] + cell).join()}}\n`;
}
