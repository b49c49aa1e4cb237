/**
 * How large a table is, without reading it: for a budget, before a job is accepted. Lines, and the separators of the first,
 * are counted; quotes are not looked into, so that the count of CSV is never too low. An array says its shape. What is packed, which
 * keys come later in JSON lines, and how many levels texts have, is for the worker to find out, which checks the same budget
 * again before it trains.
 */
import { DataError } from "../../formats/errors.ts";
import { npyShape } from "../../formats/numpy/npy.ts";
import type { Pace } from "../pace.ts";

/** Rows and columns; of packed files none and 1. */
export interface TableSize {
  readonly rows: number;
  readonly columns: number;
}

const TEXT = /\.(csv|tsv|jsonl|ndjson)$/i;

/** Bytes looked at between two breaths. */
const SLICE = 1 << 20;

const LINE_FEED = 0x0a;

/** What is wrong with a file is for its reader to say. */
function shapeOf(bytes: Uint8Array): readonly number[] {
  try {
    return npyShape(bytes);
  } catch (error) {
    if (error instanceof DataError) return [];
    throw error;
  }
}

export async function countCells(name: string, bytes: Uint8Array, pace: Pace): Promise<TableSize> {
  if (/\.npy$/i.test(name)) {
    const [rows = 0, columns = 1] = shapeOf(bytes);
    return { rows, columns };
  }
  if (!TEXT.test(name)) return { rows: 0, columns: 1 };
  const separator = /\.tsv$/i.test(name) ? 0x09 : 0x2c;
  let rows = 1, columns = 1;
  for (let at = 0; at < bytes.length; at += SLICE) {
    const end = Math.min(bytes.length, at + SLICE);
    for (let i = at; i < end; i++) {
      if (bytes[i] === LINE_FEED) rows++;
      else if (rows === 1 && bytes[i] === separator) columns++;
    }
    await pace.breathe();
  }
  return { rows, columns };
}
