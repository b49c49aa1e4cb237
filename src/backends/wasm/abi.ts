/**
 * The instruction record, in 32-bit words: written by `encode.ts` and read by `assembly/program.ts`.
 * `scripts/build_kernels.ts` copies these numbers into `assembly/opcodes.gen.ts`.
 *
 *   0      opcode: the index in OP_NAMES, then in WASM_OPS
 *   1-6    attributes: i32, or the bits of an f32
 *   7      how the output is cut into tiles for threads: an index in CUTS | cost << 8 (split.ts)
 *   8-31   six operands of 4 words {pointer in bytes, rows, rowsPerBatchRow, cols}; output first
 *
 * An operand has rows + rowsPerBatchRow · batchRows rows.
 */
export const RECORD_WORDS = 32;
export const ATTRIBUTE_WORD = 1;
export const OPERAND_WORD = 8;
export const OPERAND_WORDS = 4;
export const OPERAND_SLOTS = 6;
export const SPLIT_WORD = 7;

/**
 * The attribute of `dense` and `matmul` with the byte address of the weight stored as tiles; 0 if there are no tiles.
 */
export const TILES_ATTRIBUTE = 2;
/** The attribute of `clampGrad` with the byte address of the weight of a KL: posterior_gradients.ts. */
export const WEIGHT_ATTRIBUTE = 2;

/** The ways to cut an output into tiles; `assembly/split.ts` defines them. */
export const CUTS = ["none", "rows", "columns", "product", "chunks"] as const;

/**
 * Operations of this backend beyond the catalogue; their opcodes follow those of OP_NAMES.
 *
 *   packWeights  format; packed, weights      packs weights for packedDense, as tiles, or sorted with a bias after them
 *   packedDense  activation, format; operands of dense, with packed weights
 *   runChunks    thread list, bytes of one, rows per chunk, first row, picoseconds per row (f32);
 *                the rows                     runs a list over many rows, chunk by chunk; each thread has a list
 *   smallestDense  sorted weights and bias; operands of dense; dense followed by smallestCols
 */
export const WASM_OPS = ["packWeights", "packedDense", "runChunks", "smallestDense"] as const;

/**
 * A thread list is all that a thread needs to run a list over chunks of rows in its own scratch memory. In words:
 * number of records, inputs and outputs, 0; for each input and output {address within scratch, address of row 0 of all
 * rows, bytes per row}; the records.
 */
export const THREAD_LIST_HEAD_WORDS = 4;
export const THREAD_LIST_COPY_WORDS = 3;

/**
 * How weights are stored, by index: see assembly/matmul/panels.ts; tiles: `packTiles` of product.ts there; sorted:
 * assembly/nearest/sorted.ts.
 */
export const WEIGHT_FORMATS = ["matrix", "f32", "bf16", "tiles", "sorted"] as const;
