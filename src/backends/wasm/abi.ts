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

/** The ways to cut an output into tiles; `assembly/split.ts` says what they mean. */
export const CUTS = ["none", "rows", "columns", "product"] as const;
