/**
 * Estimates the size of a table without parsing it, to check the budget before a job is accepted. Lines, and the
 * separators in the first line, are counted; quotes are ignored, so the count of CSV is never too low. An array states
 * its shape. What a compressed file holds, which keys first appear late in JSON lines, and how many levels texts have
 * is left to the worker, which checks the same budget before it trains.
 */
import { DataError } from "../../formats/errors.ts";
import { npyShape } from "../../formats/numpy/npy.ts";
import type { Pacer } from "../pacer.ts";

/** Rows and columns; 0 and 1 for a compressed file. */
export interface TableSize {
  readonly rows: number;
  readonly columns: number;
}

const TEXT_FILE = /\.(csv|tsv|jsonl|ndjson|json)$/i;

/** Bytes scanned between two pauses. */
const SLICE = 1 << 20;

const LINE_FEED = 0x0a;

/** The shape of an array file; empty for a faulty file, as its reader reports what is wrong. */
function shapeOf(bytes: Uint8Array): readonly number[] {
  try {
    return npyShape(bytes);
  } catch (error) {
    if (error instanceof DataError) return [];
    throw error;
  }
}

export async function countCells(
  name: string,
  bytes: Uint8Array,
  pacer: Pacer,
): Promise<TableSize> {
  if (/\.npy$/i.test(name)) {
    const [rows = 0, columns = 1] = shapeOf(bytes);
    return { rows, columns };
  }
  if (!TEXT_FILE.test(name)) return { rows: 0, columns: 1 };
  const separator = /\.tsv$/i.test(name) ? 0x09 : 0x2c;
  let rows = 1, columns = 1;
  for (let at = 0; at < bytes.length; at += SLICE) {
    const end = Math.min(bytes.length, at + SLICE);
    for (let i = at; i < end; i++) {
      if (bytes[i] === LINE_FEED) rows++;
      else if (rows === 1 && bytes[i] === separator) columns++;
    }
    await pacer.yieldIfDue();
  }
  return { rows, columns };
}
