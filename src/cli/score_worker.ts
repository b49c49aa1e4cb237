/**
 * A thread of `elbow score`: is told the model and the file's layout once, says that it is ready, and is then given
 * block after block. It imports no more than that takes: it is to be ready soon.
 */
import type { ByteBlock } from "../formats/byte_blocks.ts";
import { DataError } from "../formats/errors.ts";
import { readPlainRows } from "../formats/csv_rows.ts";
import type { TableScorer } from "../scoring/table_scorer.ts";
import { type LoadedModel, loadModel } from "./model.ts";
import {
  type Asked,
  type FileLayout,
  rowFormat,
  scoreBlock,
  type ScoredBlock,
} from "./score_block.ts";
import type { DeviceOptions } from "../trained/trained_vae.ts";

/** The first message to a thread. */
export interface Opening {
  readonly model: string;
  readonly device: DeviceOptions;
  readonly layout: FileLayout;
  readonly asked: Asked;
}

/** What a thread says: once that it is ready, then of every block what became of it. */
export type Answer = { readonly ready: true } | { readonly scored: ScoredBlock } | {
  /** Errors lose their class on the way between threads. */
  readonly refused: {
    readonly message: string;
    readonly kind: "data" | "range" | "type" | "other";
  };
};

/** The part of a thread's global scope that is used. */
interface Thread {
  onmessage: ((event: MessageEvent<Opening | ByteBlock>) => void) | null;
  postMessage(answer: Answer): void;
}

type Scoring = (block: ByteBlock) => Promise<ScoredBlock>;

async function open({ model: path, device, layout, asked }: Opening): Promise<Scoring> {
  const model = await loadModel(path, device) as LoadedModel & { readonly scorer: TableScorer };
  const format = rowFormat(model, layout);
  return async (block) => {
    const read = block.quoted ? (await import("../formats/read_rows.ts")).readRows : readPlainRows;
    return scoreBlock(model, block, { format, asked, read });
  };
}

function refusalOf(error: unknown): Answer {
  const message = error instanceof Error ? error.message : String(error);
  const kind = error instanceof DataError
    ? "data"
    : error instanceof RangeError
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
    // One that cannot open is never ready: whoever started it has the model open, and does everything.
    return await scoring.then(() => thread.postMessage({ ready: true }), () => {});
  }
  try {
    thread.postMessage({ scored: await (await scoring!)(data) });
  } catch (error) {
    thread.postMessage(refusalOf(error));
  }
};
