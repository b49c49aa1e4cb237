/**
 * NPZ to Table, in parts, in memory that does not grow with the archive: its rows and their labels are inflated side by
 * side. Members and limits: `npz.ts`. What is wrong with the bytes of a member may be found only at its end.
 */
import { DataError } from "../errors.ts";
import type { OpenFile, RandomAccess, Spool } from "../random_access.ts";
import { labelsOf, type Table, type TableOptions } from "../table.ts";
import { ArrayParts } from "./array_parts.ts";
import type { NpyArray } from "./npy.ts";
import { fileArrays } from "./npy_file.ts";
import { PartTables } from "./npy_parts.ts";
import { labelMember, requireLabels, rowsMember } from "./npz.ts";
import { listMembersOf, memberPieces } from "./zip.ts";

/**
 * The rows of an archive. A label name may be a member (default "y") or one of the columns x0, x1, ...
 * @param spool keeps an array that is stored by columns; without it, the array is in memory
 */
export async function* npzParts(
  file: RandomAccess,
  options: TableOptions = {},
  spool?: Spool,
): AsyncGenerator<Table> {
  const { source = "-", label: name = "y", onLabelFault } = options;
  const place = { source, column: name };
  const members = await listMembersOf(file, source);
  const open = (member: string) =>
    new MemberArray(
      memberPieces(file, members.get(`${member}.npy`)!, source),
      `${source} (${member})`,
      options,
      spool,
    );
  const rows = open(rowsMember(members, source)), isMember = labelMember(members, name);
  let labels = isMember ? open(name) : undefined;
  try {
    // A label in a member of its own is no column.
    const tables = new PartTables(isMember ? { ...options, label: undefined } : options);
    const shape = await rows.shape();
    if (labels) requireLabels(await labels.shape(), shape[0], name, source);
    for (let before = 0;;) {
      const part = await rows.next(), count = part?.shape[0] ?? 0;
      if (!part) break;
      let label: Float64Array | undefined;
      try {
        label = labels && labelsOf(await labels.take(count), place, before, options.parseLabel);
      } catch (error) {
        if (!onLabelFault || !(error instanceof DataError && error.column === name)) throw error;
        onLabelFault(error);
        await labels?.close();
        labels = undefined;
      }
      yield tables.next(part, label);
      before += count;
    }
    // Its checksum is at its end.
    await labels?.next();
  } finally {
    await rows.close();
    await labels?.close();
  }
}

/** The array in a member, read as needed. */
class MemberArray {
  readonly #pieces: AsyncGenerator<Uint8Array>;
  readonly #parts: ArrayParts;
  readonly #source: string;
  readonly #spool?: Spool;
  /** Set for an array that is stored by columns. */
  #file?: OpenFile;
  #arrays?: AsyncGenerator<NpyArray>;
  #isEnded = false;
  /** Values of a part that were not taken. */
  #left = new Float64Array();

  constructor(
    pieces: AsyncGenerator<Uint8Array>,
    source: string,
    options: TableOptions,
    spool?: Spool,
  ) {
    this.#pieces = pieces;
    this.#source = source;
    this.#parts = new ArrayParts(source, options);
    this.#spool = spool;
  }

  /** Its shape, from its header. */
  async shape(): Promise<readonly number[]> {
    while (!this.#parts.shape && !this.#isEnded) await this.#read();
    const start = this.#parts.collected;
    if (start && this.#spool && !this.#isEnded) {
      this.#file = await this.#spool(this.#from(start));
      this.#arrays = fileArrays(this.#file, this.#source);
    }
    return this.#parts.shape!;
  }

  /** The next part; undefined at the end. */
  async next(): Promise<NpyArray | undefined> {
    if (this.#arrays) return (await this.#arrays.next()).value;
    for (;;) {
      const part = this.#parts.take();
      if (part || this.#isEnded) return part;
      await this.#read();
    }
  }

  /** The next values, of an array with one column; fewer at its end. */
  async take(count: number): Promise<Float64Array> {
    const values = new Float64Array(count);
    let taken = 0;
    while (taken < count) {
      if (this.#left.length === 0) this.#left = new Float64Array((await this.next())?.data ?? []);
      if (this.#left.length === 0) break;
      const some = this.#left.subarray(0, count - taken);
      values.set(some, taken);
      this.#left = this.#left.subarray(some.length);
      taken += some.length;
    }
    return values.subarray(0, taken);
  }

  async close(): Promise<void> {
    await this.#pieces.return(undefined);
    this.#file?.[Symbol.dispose]();
    this.#file = undefined;
  }

  async *#from(start: Uint8Array): AsyncGenerator<Uint8Array> {
    yield start;
    yield* this.#pieces;
  }

  async #read(): Promise<void> {
    const { done, value } = await this.#pieces.next();
    if (!done) return this.#parts.push(value);
    this.#isEnded = true;
    this.#parts.end();
  }
}
