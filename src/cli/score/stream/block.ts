/**
 * One block of a file, from bytes to the lines of its scores: read, scored and written on its own, in this thread or
 * another.
 */
import type { ByteBlock } from "../../../formats/csv/byte_blocks.ts";
import type { BlockKeys, BlockRows, RowReader } from "../../../formats/row_reader.ts";
import { requireCells } from "../../../scoring/require_cells.ts";
import type { TableScorer } from "../../../scoring/table_scorer.ts";
import type { LoadedModel } from "../../models/model.ts";
import { type CellOptions, CellScorer, type Judged, type ScoredCells } from "../cell_scorer.ts";

/** The result of a block. */
export interface ScoredBlock extends ScoredCells {
  /** The line number of the first blank line, if blank lines end the block. */
  readonly blankLine?: number;
  /** Keys of rows that name their own columns. */
  readonly keys?: BlockKeys;
}

/** What a block scorer needs besides its model. */
export interface BlockOptions extends CellOptions {
  /** For messages. */
  readonly source: string;
  readonly reader: RowReader;
}

/** Scores blocks of a file, one after another. */
export class BlockScorer {
  readonly #model: LoadedModel & { readonly scorer: TableScorer };
  readonly #options: BlockOptions;
  readonly #cells: CellScorer;
  #last: Promise<unknown> = Promise.resolve();

  constructor(model: LoadedModel & { readonly scorer: TableScorer }, options: BlockOptions) {
    this.#model = model;
    this.#options = options;
    this.#cells = new CellScorer(model.scorer, options);
  }

  /**
   * Reads, scores and writes a block.
   * @param into memory for the lines
   * @throws DataError naming the row, line and column of a cell that cannot be read
   */
  score(block: ByteBlock, into?: ArrayBuffer): ScoredBlock {
    const judged = this.#judge(block);
    return this.#write(judged, into);
  }

  /**
   * The same with a second look, one block at a time, because what was read must stay until then.
   * @throws the signal's reason once it is aborted
   */
  scoreWithRegret(
    block: ByteBlock,
    into?: ArrayBuffer,
    signal?: AbortSignal,
  ): Promise<ScoredBlock> {
    const scored = this.#last.then(async () => {
      const judged = this.#judge(block);
      return this.#write(judged, into, await this.#cells.regrets(judged, signal));
    });
    this.#last = scored.catch(() => {});
    return scored;
  }

  #judge(block: ByteBlock): JudgedBlock {
    const { source, reader } = this.#options, { firstRow } = block;
    const { data, rows, blankLine, keys } = reader.read(block);
    requireCells(this.#model.units, { data, rows, source }, firstRow);
    return { ...this.#cells.judge({ data, rows }, firstRow), blankLine, keys };
  }

  #write(judged: JudgedBlock, into?: ArrayBuffer, regrets?: Float64Array): ScoredBlock {
    const { blankLine, keys } = judged;
    return { ...this.#cells.write(judged, into, regrets), blankLine, keys };
  }
}

/** A parsed block and its verdicts. */
type JudgedBlock = Judged & Pick<BlockRows, "blankLine" | "keys">;
