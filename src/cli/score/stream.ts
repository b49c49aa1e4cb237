/**
 * `elbow score` of CSV or JSON lines as a stream: memory does not grow with the file, the first lines come before the last
 * are read, and more than one thread reads, scores and writes where the file is worth it (ADR 18).
 */
import { type ByteBlock, ByteBlocks } from "../../formats/csv/byte_blocks.ts";
import { readQuoted } from "../../formats/csv/read_rows.ts";
import type { RowReader } from "../../formats/row_reader.ts";
import { pauser } from "../../trained/pauser.ts";
import type { TableScorer } from "../../scoring/table_scorer.ts";
import type { SeriesStream } from "../../scoring/series/series_stream.ts";
import type { DeviceOptions } from "../../trained/trained_vae.ts";
import type { Io } from "../io.ts";
import type { LoadedModel } from "../models/model.ts";
import { onlineBlock } from "./online_block.ts";
import {
  type Asked,
  type BlockOptions,
  BlockScorer,
  headerOf,
  type ScoredBlock,
  secondLook,
} from "./block.ts";
import { rowReader } from "./file_layout.ts";
import type { InputFormat } from "./input_format.ts";
import { KeyNotes } from "./key_notes.ts";
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
  readonly format: InputFormat;
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
  const { model, source, asked, online, format, io } = request, spare = new SpareBuffers();
  const blocks = blocksOf(request, spare)[Symbol.asyncIterator]();
  const { first, ended } = await atMost(online ? 1 : WORTH_THREADS, blocks);
  if (first.length === 0) throw format.noRows(source, true);
  const [layout, head] = format.open(request, first[0]);
  if (head === undefined) first.shift();
  else first[0] = head;
  const reader = rowReader(model, layout, readQuoted);
  const notes = new KeyNotes(io), count = counter(totals, reader, notes);
  const second = await secondLook(model.scorer, asked);
  const scoreOne = scoringHere(request, spare, { source, reader, asked, second });
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
      if (scored.rows === 0) continue;
      if (header !== undefined) yield new TextEncoder().encode(header);
      header = undefined;
      yield scored.lines;
      spare.give(scored.lines.buffer);
    }
  } finally {
    others.close();
    second?.dispose();
  }
  if (totals.rows === 0) throw format.noRows(source, false);
  notes.finish();
}

/** Scores blocks in this thread. */
function scoringHere(
  { model, online, io }: StreamRequest,
  spare: SpareBuffers,
  options: BlockOptions,
): (block: ByteBlock) => Promise<Scored> {
  const scorer = new BlockScorer(model, options), { second } = options;
  return async (block) => ({
    scored: online
      ? onlineBlock(model, online, block, options)
      : second
      ? await scorer.scoreTwice(block, spare.take(), io.signal)
      : scorer.score(block, spare.take()),
    spent: block.bytes.buffer,
  });
}

/** Counts blocks in their order. @throws DataError for rows behind a blank line */
function counter(
  totals: StreamTotals,
  reader: RowReader,
  notes: KeyNotes,
): (scored: ScoredBlock) => void {
  let blank: number | undefined;
  return ({ rows, anomalies, uncertain, blankLine, keys }) => {
    if (blank !== undefined && rows > 0) throw reader.blankFault(totals.rows + 1, blank);
    if (keys && rows > 0) notes.take(keys);
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
  { pieces, source, online, format }: StreamRequest,
  spare: SpareBuffers,
): AsyncGenerator<ByteBlock> {
  const gathered = new ByteBlocks(source, online ? 1 : BLOCK_BYTES, spare.take, format.records);
  for await (const piece of pieces) {
    const block = gathered.push(piece);
    if (block) yield block;
  }
  const last = gathered.finish();
  if (last) yield last;
}
