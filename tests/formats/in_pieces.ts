/** Tables whose files arrive in pieces. */
import type { ReadTableOptions, Table } from "../../src/formats/mod.ts";
import { type ReadSampleOptions, sampleOf } from "../../src/formats/sample/read_sample.ts";
import type { OpenFile } from "../../src/formats/random_access.ts";
import type { RowSampleOptions } from "../../src/formats/sample/row_sample.ts";
import { openTable } from "../../src/formats/sample/table_parts.ts";

/** Any kind of cell. */
export const ANY: ReadTableOptions = { cells: "any" };
/** A limit on rows. */
export const most = (count: number): RowSampleOptions => ({ maxRows: () => count });

/** The bytes of a file, some at a time. */
export async function* piecesOf(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Bytes as a file of which any part can be read. */
export class TestFile implements OpenFile {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  isClosed = false;
  /** The most bytes read at once. */
  largest = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  get byteLength(): number {
    return this.#bytes.length;
  }

  slice(start: number, end?: number): Promise<ArrayBuffer> {
    const part = this.#bytes.slice(start, end);
    this.largest = Math.max(this.largest, part.length);
    return Promise.resolve(part.buffer);
  }

  [Symbol.dispose](): void {
    this.isClosed = true;
  }
}

/** Reads any table piece by piece, and keeps some of its rows. */
export async function readSample(
  name: string,
  pieces: AsyncIterable<Uint8Array>,
  options: ReadTableOptions,
  sample: ReadSampleOptions,
): Promise<Table> {
  return await sampleOf(await openTable(name, pieces), options, sample);
}

/** Reads a text in pieces of that many bytes. */
export function read(
  name: string,
  text: string,
  size: number,
  sample: RowSampleOptions,
  options: ReadTableOptions = ANY,
): Promise<Table> {
  return readSample(name, piecesOf(new TextEncoder().encode(text), size), options, sample);
}

/** A key that only later rows have. */
export const KEYED = Array.from({ length: 5000 }, (_, r) => {
  const late = r < 3000 ? {} : { late: r % 4 ? `t${r % 5}` : null };
  return `${JSON.stringify({ n: r / 2, kind: "ab"[r % 2], ...late, y: r % 2 === 1 })}\n`;
}).join("");
