/**
 * The ABI of `index.ts` without what only training runs (TRAINING_OPS of src/ops/names.ts): the
 * dispatch leaves out whatever FORWARD_ONLY makes unreachable, and the compiler the kernels with it.
 */
// @ts-ignore: decorator
@global
const FORWARD_ONLY: bool = true;

export * from "./index";
