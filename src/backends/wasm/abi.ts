/**
 * The instruction record, in 32-bit words: what `encode.ts` writes and `assembly/program.ts` reads.
 * `scripts/build_kernels.ts` copies these numbers into `assembly/opcodes.gen.ts`.
 *
 *   0      opcode: the index in OP_NAMES
 *   1-6    attributes: i32, or the bits of an f32
 *   7      how the output is cut into tiles for threads: an index in CUTS | cost << 8 (split.ts)
 *   8-31   six operands of 4 words {pointer in bytes, rows, rowsPerBatchRow, cols}; the output first
 *
 * An operand has rows + rowsPerBatchRow · batchRows rows.
 */
export const RECORD_WORDS = 32;
export const ATTRIBUTE_WORD = 1;
export const OPERAND_WORD = 8;
export const OPERAND_WORDS = 4;
export const OPERAND_SLOTS = 6;
export const SPLIT_WORD = 7;

/** The attribute of `dense` and `matmul` that says at which byte the weight lies as tiles; 0, nowhere. */
export const TILES_ATTRIBUTE = 2;

/** The ways to cut an output into tiles; `assembly/split.ts` says what they mean. */
export const CUTS = ["none", "rows", "columns", "product", "chunks"] as const;

/**
 * What this backend runs besides operations; opcodes follow those of OP_NAMES.
 *
 *   packWeights  format; packed, weights      packs weights for packedDense, as tiles, or sorted with a bias behind them
 *   packedDense  activation, format; as dense, with packed weights
 *   runChunks    sheet, bytes of a sheet, rows of a chunk, first row, picoseconds a row (f32);
 *                the rows                     runs a list over many rows, chunk by chunk; threads have a sheet each
 *   smallestDense  sorted weights and bias; as dense, then smallestCols
 */
export const OWN_OPS = ["packWeights", "packedDense", "runChunks", "smallestDense"] as const;

/**
 * A sheet holds all that a thread needs to run a list over chunks of rows in scratch memory of its own,
 * in words: records, inputs, outputs, 0; for each input and output {address within scratch, address of
 * row 0 of all rows, bytes of a row}; the records.
 */
export const SHEET_HEAD_WORDS = 4;
export const SHEET_COPY_WORDS = 3;

/**
 * How weights lie in memory, by index: see assembly/matmul/panels.ts; tiles: `packTiles` of product.ts there; sorted:
 * assembly/nearest/sorted.ts.
 */
export const WEIGHT_FORMATS = ["matrix", "f32", "bf16", "tiles", "sorted"] as const;
