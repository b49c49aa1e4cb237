/**
 * `elbow score` for CSV or JSON lines as a stream: memory does not grow with the file, the first lines are written
 * before the last are read, and several threads read, score and write if the file is long enough (ADR 18).
 */
import { type ByteBlock, ByteBlocks } from "../../../formats/csv/byte_blocks.ts";
import { readQuoted } from "../../../formats/csv/quoted_rows.ts";
import type { RowReader } from "../../../formats/row_reader.ts";
import { Turns } from "../../../trained/turns.ts";
import type { TableScorer } from "../../../scoring/table_scorer.ts";
import type { DeviceOptions } from "../../../trained/trained_vae.ts";
import type { Io } from "../../io.ts";
import type { LoadedModel } from "../../models/model.ts";
import { onlineBlock } from "./online_block.ts";
import type { OnlineSeries } from "./online_series.ts";
import { type BlockOptions, BlockScorer, type ScoredBlock } from "./block.ts";
import { headerOf, openSecondLook, type ScoreSettings } from "../cell_scorer.ts";
import { rowReader } from "../input/file_layout.ts";
import type { InputFormat } from "../input/input_format.ts";
import { KeyNotes } from "../input/key_notes.ts";
import { addTo, type ScoreTotals } from "../summary.ts";
import { ScoreThreads } from "./threads.ts";
import type { BlockResult } from "./worker.ts";
import { BufferPool } from "./buffer_pool.ts";
import { csvLine } from "../../text/text.ts";

/** The least bytes in a block; for a file a block is one piece. */
const BLOCK_BYTES = 1 << 17;

/** The number of blocks from which threads are worth starting. */
const MIN_BLOCKS_FOR_THREADS = 16;

/** Blocks per thread that may wait to be written, so that no thread waits for the slowest. */
const BLOCKS_IN_PROGRESS = 4;

/** The most threads: each holds a model. */
const MAX_THREADS = 8;

/** A model with a scorer. */
export type ScoringModel = LoadedModel & { readonly scorer: TableScorer };

/** What to score, and how. */
export interface StreamRequest {
  readonly model: ScoringModel;
  readonly source: string;
  readonly pieces: AsyncIterable<Uint8Array>;
  readonly settings: ScoreSettings;
  readonly device: DeviceOptions;
  readonly format: InputFormat;
  /** Scores the steps of series as they arrive, one by one and in one thread. */
  readonly online?: OnlineSeries;
  readonly io: Io;
}

/**
 * The pieces of the CSV output, in order; each is valid until the next is requested.
 * @param totals the counts to add to
 */
export async function* scoreStream(
  request: StreamRequest,
  totals: ScoreTotals,
): AsyncGenerator<Uint8Array> {
  const { model, source, settings, online, format, io } = request, pool = new BufferPool();
  const blocks = blocksOf(request, pool)[Symbol.asyncIterator]();
  const { first, ended } = await firstBlocks(online ? 1 : MIN_BLOCKS_FOR_THREADS, blocks);
  if (first.length === 0) throw format.noRows(source, true);
  const [layout, head] = format.open({ model, source, io, also: online?.columns }, first[0]);
  online?.open(layout);
  if (head === undefined) first.shift();
  else first[0] = head;
  const reader = rowReader(model, layout, readQuoted);
  const notes = new KeyNotes(io), count = blockCounter(totals, reader, notes);
  const second = await openSecondLook(model.scorer, settings);
  const scoreLocally = localScorer(request, pool, { source, reader, settings, second });
  const threadCount = online || ended ? 1 : Math.min(navigator.hardwareConcurrency, MAX_THREADS);
  const threadOptions = { model: model.path, device: request.device, layout, settings };
  // This thread scores as well.
  const threads = new ScoreThreads(threadCount - 1, threadOptions);
  try {
    const maxInProgress = threadCount === 1 ? 0 : BLOCKS_IN_PROGRESS * threadCount;
    const results = inOrder(
      chain(first, blocks),
      (block) => threads.score(block, pool.take) ?? scoreLocally(block),
      maxInProgress,
    );
    // Written with the first rows, so that nothing is written if an error comes before them.
    let header: string | undefined = csvLine(headerOf(settings));
    for await (const { scored, spent } of results) {
      pool.release(spent);
      count(scored);
      if (scored.rows === 0) continue;
      if (header !== undefined) yield new TextEncoder().encode(header);
      header = undefined;
      yield scored.lines;
      pool.release(scored.lines.buffer);
    }
  } finally {
    threads.close();
    second?.dispose();
  }
  if (totals.rows === 0) throw format.noRows(source, false);
  notes.finish();
}

/** Scores blocks in this thread. */
function localScorer(
  { model, online: steps, io }: StreamRequest,
  pool: BufferPool,
  options: BlockOptions,
): (block: ByteBlock) => Promise<BlockResult> {
  const scorer = new BlockScorer(model, options), { second } = options;
  return async (block) => ({
    scored: steps
      ? onlineBlock(model, steps, block, { ...options, into: pool.take() })
      : second
      ? await scorer.scoreWithRegret(block, pool.take(), io.signal)
      : scorer.score(block, pool.take()),
    spent: block.bytes.buffer,
  });
}

/** Counts blocks in order. @throws DataError for rows after a blank line */
function blockCounter(
  totals: ScoreTotals,
  reader: RowReader,
  notes: KeyNotes,
): (scored: ScoredBlock) => void {
  let blank: number | undefined;
  return (scored) => {
    const { rows, blankLine, keys } = scored;
    if (blank !== undefined && rows > 0) throw reader.blankFault(totals.rows + 1, blank);
    if (keys && rows > 0) notes.add(keys);
    blank ??= blankLine;
    addTo(totals, scored);
  };
}

/** The first blocks, and whether these are all. */
async function firstBlocks(count: number, blocks: AsyncIterator<ByteBlock>) {
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
 * @param maxInProgress blocks in progress, or done and waiting for an earlier one
 */
async function* inOrder(
  blocks: AsyncIterable<ByteBlock>,
  score: (block: ByteBlock) => BlockResult | Promise<BlockResult>,
  maxInProgress: number,
): AsyncGenerator<BlockResult> {
  const inProgress: Promise<BlockResult>[] = [];
  for await (const block of blocks) {
    const scored = new Promise<BlockResult>((resolve) => resolve(score(block)));
    // A rejection is awaited in its turn; until then it must not count as unhandled.
    scored.catch(() => {});
    inProgress.push(scored);
    if (inProgress.length > maxInProgress) yield await inProgress.shift()!;
  }
  for (const scored of inProgress) yield await scored;
}

/** All blocks. Between the first ones, which are in memory, events are processed, so that threads can report ready. */
async function* chain(
  first: Iterable<ByteBlock>,
  rest: AsyncIterator<ByteBlock>,
): AsyncGenerator<ByteBlock> {
  const turns = new Turns();
  try {
    for (const block of first) {
      await turns.takeIfDue();
      yield block;
    }
  } finally {
    turns.end();
  }
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function* blocksOf(
  { pieces, source, online, format }: StreamRequest,
  pool: BufferPool,
): AsyncGenerator<ByteBlock> {
  const gathered = new ByteBlocks(source, online ? 1 : BLOCK_BYTES, pool.take, format.records);
  for await (const piece of pieces) {
    const block = gathered.push(piece);
    if (block) yield block;
  }
  const last = gathered.finish();
  if (last) yield last;
}
