/**
 * `elbow score` of a CSV file as a stream: memory does not grow with the file, the first lines come before the last
 * are read, and more than one thread reads, scores and writes where the file is worth it (ADR 18).
 */
import { type ByteBlock, ByteBlocks } from "../../formats/csv/byte_blocks.ts";
import { csvNames } from "../../formats/csv/column_names.ts";
import { blankFault, type RowFormat } from "../../formats/csv/csv_rows.ts";
import { readQuoted } from "../../formats/csv/read_rows.ts";
import { detectSeparator, splitRecords } from "../../formats/csv/csv_split.ts";
import { type DecimalMark, markOf } from "../../formats/csv/decimal_comma.ts";
import { DataError, planColumns, readCsv } from "../../formats/mod.ts";
import { decodeText } from "../../formats/text/text.ts";
import { pauser } from "../../trained/pauser.ts";
import { codecOf } from "../../scoring/table/schema.ts";
import type { TableScorer } from "../../scoring/table_scorer.ts";
import type { SeriesStream } from "../../scoring/series/series_stream.ts";
import type { DeviceOptions } from "../../trained/trained_vae.ts";
import { sayLeftOut } from "../files/data.ts";
import type { Io } from "../io.ts";
import type { LoadedModel } from "../models/model.ts";
import { onlineBlock } from "./online_block.ts";
import {
  type Asked,
  BlockScorer,
  type FileLayout,
  headerOf,
  rowFormat,
  type ScoredBlock,
} from "./block.ts";
import { ScoreThreads } from "./threads.ts";
import type { Scored } from "./worker.ts";
import { SpareBuffers } from "./spare_buffers.ts";
import { csvLine } from "../text/text.ts";

/** Bytes that a block has at least; of a file it is a piece. */
const BLOCK_BYTES = 1 << 17;

/** Blocks from which on threads are worth their start. */
const WORTH_THREADS = 16;

/** For each thread the blocks that may wait to be written, so that none waits for the slowest. */
const UNDER_WAY = 4;

/** The most threads: each holds a model. */
const MAX_THREADS = 8;

/** A model that has a scorer. */
export type ScoringModel = LoadedModel & { readonly scorer: TableScorer };

/** What the stream came to. */
export interface StreamTotals {
  rows: number;
  anomalies: number;
  uncertain: number;
}

/** What is scored, and how. */
export interface StreamRequest {
  readonly model: ScoringModel;
  readonly source: string;
  readonly pieces: AsyncIterable<Uint8Array>;
  readonly asked: Asked;
  readonly device: DeviceOptions;
  readonly separator?: string;
  /** Steps of a series are scored by it as they come, by themselves and in one thread. */
  readonly online?: SeriesStream;
  readonly io: Io;
}

/**
 * The pieces of the CSV that is written, in order; each is good until the next is asked for.
 * @param totals is added to
 */
export async function* scoreStream(
  request: StreamRequest,
  totals: StreamTotals,
): AsyncGenerator<Uint8Array> {
  const { model, source, asked, online } = request, spare = new SpareBuffers();
  const blocks = blocksOf(request, spare)[Symbol.asyncIterator]();
  const { first, ended } = await atMost(online ? 1 : WORTH_THREADS, blocks);
  if (first.length === 0) readCsv("", { source }); // says that the file is empty
  const [layout, head] = layoutOf(request, first[0]);
  if (head === undefined) first.shift();
  else first[0] = head;
  const format = rowFormat(model, layout);
  const count = counter(totals, format);
  const scorer = new BlockScorer(model, { format, asked });
  const scoreOne = (block: ByteBlock): Scored => ({
    scored: online
      ? onlineBlock(model, online, block, format)
      : scorer.score(block, readQuoted, spare.take()),
    spent: block.bytes.buffer,
  });
  const threads = online || ended ? 1 : Math.min(navigator.hardwareConcurrency, MAX_THREADS);
  const opening = { model: model.path, device: request.device, layout, asked };
  // This thread scores as well.
  const others = new ScoreThreads(threads - 1, opening);
  try {
    const most = threads === 1 ? 0 : UNDER_WAY * threads;
    const results = inOrder(
      chain(first, blocks),
      (block) => others.score(block, spare.take) ?? scoreOne(block),
      most,
    );
    // Goes out with the first rows: what is refused before them has written nothing.
    let header: string | undefined = csvLine(headerOf(asked));
    for await (const { scored, spent } of results) {
      spare.give(spent);
      count(scored);
      if (header !== undefined) yield new TextEncoder().encode(header);
      header = undefined;
      yield scored.lines;
      spare.give(scored.lines.buffer);
    }
  } finally {
    others.close();
  }
  if (totals.rows > 0) return;
  const expected = "a header line followed by data rows";
  throw new DataError({ source, expected, actual: "a header line only" });
}

/** Counts blocks in their order. @throws DataError for rows behind a blank line */
function counter(totals: StreamTotals, format: RowFormat): (scored: ScoredBlock) => void {
  let blank: number | undefined;
  return ({ rows, anomalies, uncertain, blankLine }) => {
    if (blank !== undefined && rows > 0) throw blankFault(format, totals.rows + 1, blank);
    blank ??= blankLine;
    totals.rows += rows;
    totals.anomalies += anomalies;
    totals.uncertain += uncertain;
  };
}

/** The first blocks, and whether they are all. */
async function atMost(count: number, blocks: AsyncIterator<ByteBlock>) {
  const first: ByteBlock[] = [];
  while (first.length < count) {
    const { value, done } = await blocks.next();
    if (done) return { first, ended: true };
    first.push(value);
  }
  return { first, ended: false };
}

/**
 * Results in the order of the blocks.
 * @param most that may be under way, or done and behind one that is
 */
async function* inOrder(
  blocks: AsyncIterable<ByteBlock>,
  score: (block: ByteBlock) => Scored | Promise<Scored>,
  most: number,
): AsyncGenerator<Scored> {
  const underWay: Promise<Scored>[] = [];
  for await (const block of blocks) {
    const scored = new Promise<Scored>((resolve) => resolve(score(block)));
    // A refusal is waited for in its turn; until then nobody must take it for unhandled.
    scored.catch(() => {});
    underWay.push(scored);
    if (underWay.length > most) yield await underWay.shift()!;
  }
  for (const scored of underWay) yield await scored;
}

/** All blocks. The first are there already: between them events are let in, so that threads can say that they are ready. */
async function* chain(
  first: Iterable<ByteBlock>,
  rest: AsyncIterator<ByteBlock>,
): AsyncGenerator<ByteBlock> {
  const pause = pauser();
  for (const block of first) {
    await pause();
    yield block;
  }
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function* blocksOf(
  { pieces, source, online }: StreamRequest,
  spare: SpareBuffers,
): AsyncGenerator<ByteBlock> {
  const gathered = new ByteBlocks(source, online ? 1 : BLOCK_BYTES, spare.take);
  for await (const piece of pieces) {
    const block = gathered.push(piece);
    if (block) yield block;
  }
  const last = gathered.finish();
  if (last) yield last;
}

/** Where the model's columns are, by the header; and the rest of the first block, if there is any. */
function layoutOf(
  { model, source, separator: given, io }: StreamRequest,
  { bytes, ...place }: ByteBlock,
): [FileLayout, ByteBlock | undefined] {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const end = endOfRecord(bytes, marked);
  const header = bytes.subarray(marked, end);
  const separator = given ?? detectSeparator(new TextDecoder().decode(header));
  const names = csvNames(header, source, separator);
  // What is wrong with a header is for the reader of whole files to say.
  if (names === undefined || names.every((name) => name === "")) readCsv(header, { source });
  const columns = sayLeftOut(model, names!, source, io);
  const { indices } = planColumns(names!, { columns }, source);
  const lines = header.reduce((sum, byte) => sum + Number(byte === 10), 0);
  const rest: ByteBlock = {
    ...place,
    bytes: bytes.slice(end),
    firstRow: 0,
    firstLine: place.firstLine + lines,
  };
  const ofNumbers = indices.filter((_, c) => codecOf(model.units.schema![c]).plain);
  const mark = separator === "," ? undefined : firstMark(rest, separator, ofNumbers, source);
  const layout = { source, width: names!.length, separator, mark, places: indices };
  return [layout, rest.bytes.length === 0 ? undefined : rest];
}

/** The mark of the first number that has one, in some columns of some rows. */
function firstMark(
  { bytes, firstLine }: ByteBlock,
  separator: string,
  places: readonly number[],
  source: string,
): DecimalMark | undefined {
  const text = [...decodeText(bytes, source)].join("");
  for (const { cells } of splitRecords(text, separator, firstLine, source)) {
    for (const place of places) {
      const mark = markOf(cells[place] ?? "");
      if (mark !== undefined) return mark;
    }
  }
  return undefined;
}

/** Just behind the line break that ends the first record. */
function endOfRecord(bytes: Uint8Array, start: number): number {
  let inside = false;
  for (let i = start; i < bytes.length; i++) {
    if (bytes[i] === 34) inside = !inside;
    else if (bytes[i] === 10 && !inside) return i + 1;
  }
  return bytes.length;
}
