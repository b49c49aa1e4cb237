/** Shared by the tests of readers: golden files, messages of refusals, and a seeded fuzzer. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { ByteBlock } from "../../src/formats/csv/byte_blocks.ts";
import { PlainRows, type RowFormat } from "../../src/formats/csv/csv_rows.ts";
import { readQuoted } from "../../src/formats/csv/quoted_rows.ts";
import { DataError } from "../../src/formats/errors.ts";
import type { BlockRows } from "../../src/formats/row_reader.ts";
import { SafetensorsError } from "../../src/formats/safetensors/safetensors.ts";

/** The bytes of a file made by make_golden.py. */
export function golden(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(`../golden/formats/${name}`, import.meta.url)));
}

/** Asserts that the call throws a DataError with exactly this message, and returns it. */
export function refuses(call: () => unknown, message: string): DataError {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof DataError, `threw ${error}`);
    assert.equal(error.message, message);
    return error;
  }
  assert.fail(`did not throw: ${message}`);
}

/** The message of a refusal; a row or line follows the name of the file. */
export function refusalOf(source: string, what: string): string {
  return `Cannot read ${source}${/^(row|line|column ")/.test(what) ? "," : ":"} ${what}`;
}

/** Numbers below `limit`, the same for the same seed (xorshift32). */
export function seededIntegers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/**
 * Reads every truncation of the bytes and `flips` copies with one changed byte. Each must be read, or refused with an
 * error of ours. Returns how many were read.
 */
export function fuzz(
  bytes: Uint8Array,
  flips: number,
  read: (bytes: Uint8Array) => unknown,
): number {
  const next = seededIntegers(20260101);
  let accepted = 0;
  const attempt = (mutant: Uint8Array): void => {
    try {
      read(mutant);
      accepted++;
    } catch (error) {
      if (!(error instanceof DataError) && !(error instanceof SafetensorsError)) throw error;
    }
  };
  for (let length = 0; length < bytes.length; length++) attempt(bytes.slice(0, length));
  for (let flip = 0; flip < flips; flip++) {
    const mutant = bytes.slice();
    mutant[next(bytes.length)] ^= 1 + next(255);
    attempt(mutant);
  }
  return accepted;
}

/** The rows of a block of CSV, by the reader that takes it. */
export function readBlock(block: ByteBlock, format: RowFormat): BlockRows {
  return block.quoted ? readQuoted(block, format) : new PlainRows(format).read(block);
}
