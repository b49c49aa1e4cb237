/**
 * The ABI of `index.ts` without the operations that only training runs (TRAINING_OPS of src/ops/names.ts): FORWARD_ONLY
 * makes their cases of the dispatch unreachable, and the compiler removes their kernels.
 */
// @ts-ignore: decorator
@global
const FORWARD_ONLY: bool = true;

export * from "./index";
