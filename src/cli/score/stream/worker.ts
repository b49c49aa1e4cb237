/**
 * A thread of `elbow score`. It gets the model and the file's layout once, reports that it is ready, and then gets
 * block after block. It imports only what that needs, to be ready soon.
 */
import { messageOf } from "../../../core/errors.ts";
import type { ByteBlock } from "../../../formats/csv/byte_blocks.ts";
import type { TableScorer } from "../../../scoring/table_scorer.ts";
import { type LoadedModel, loadModel } from "../../models/model.ts";
import { BlockScorer, type ScoredBlock } from "./block.ts";
import { openSecondLook, type ScoreSettings } from "../cell_scorer.ts";
import { type FileLayout, type ReadQuoted, rowReader } from "../input/file_layout.ts";
import type { DeviceOptions } from "../../../trained/trained_vae.ts";

/** The first message to a thread. */
export interface ThreadOptions {
  readonly model: string;
  readonly device: DeviceOptions;
  readonly layout: FileLayout;
  readonly settings: ScoreSettings;
}

/** Every other message: a block, and memory for its lines. Both buffers come back with the answer. */
export interface Task {
  readonly block: ByteBlock;
  readonly into?: ArrayBuffer;
}

/** The result of a block, and the memory that held it. */
export interface BlockResult {
  readonly scored: ScoredBlock;
  readonly spent: ArrayBuffer;
}

/** What a thread answers: once that it is ready, then the result of every block. */
export type Answer = { readonly ready: true } | BlockResult | {
  /** Errors lose their class between threads. */
  readonly refused: { readonly message: string; readonly kind: "range" | "type" | "other" };
};

/** The part of a thread's global scope in use. */
interface Thread {
  onmessage: ((event: MessageEvent<ThreadOptions | Task>) => void) | null;
  postMessage(answer: Answer, transfer?: Transferable[]): void;
}

type Scoring = (task: Task) => Promise<ScoredBlock>;

async function open({ model: path, device, layout, settings }: ThreadOptions): Promise<Scoring> {
  const model = await loadModel(path, device) as LoadedModel & { readonly scorer: TableScorer };
  let readQuoted: ReadQuoted | undefined;
  const reader = rowReader(model, layout, (quoted, format) => readQuoted!(quoted, format));
  const second = await openSecondLook(model.scorer, settings);
  const scorer = new BlockScorer(model, { source: layout.source, reader, settings, second });
  return async ({ block, into }) => {
    // Loaded on use: not every thread needs it.
    if (block.quoted) ({ readQuoted } = await import("../../../formats/csv/quoted_rows.ts"));
    return second ? await scorer.scoreWithRegret(block, into) : scorer.score(block, into);
  };
}

function refusalOf(error: unknown): Answer {
  const message = messageOf(error);
  const kind = error instanceof RangeError
    ? "range"
    : error instanceof TypeError
    ? "type"
    : "other";
  return { refused: { message, kind } };
}

const thread = globalThis as unknown as Thread;
let scoring: Promise<Scoring> | undefined;
thread.onmessage = async ({ data }) => {
  if ("layout" in data) {
    scoring = open(data);
    // A thread that cannot open the model is never ready: its creator has the model open, and does everything.
    return await scoring.then(() => thread.postMessage({ ready: true }), () => {});
  }
  try {
    const scored = await (await scoring!)(data), spent = data.block.bytes.buffer;
    thread.postMessage({ scored, spent }, [scored.lines.buffer, spent]);
  } catch (error) {
    thread.postMessage(refusalOf(error));
  }
};
