/** One kernel for each operation, or the reason why it needs none. An operation without an entry does not compile. */
import type { OpName } from "../../../ops/names.ts";
import type { OpAttrs } from "../../../ops/signatures.ts";
import { type Unsupported, unsupported } from "../../backend.ts";
import { densities } from "./densities.ts";
import { elementwise } from "./elementwise.ts";
import type { Kernel } from "./kernel.ts";
import { layout } from "./layout.ts";
import { random } from "./random.ts";

const VIEW = unsupported("a view: no kernel runs");

const TABLE: { readonly [N in OpName]: Kernel<OpAttrs<N>> | Unsupported } = {
  ...elementwise,
  ...densities,
  ...layout,
  ...random,
  dense: { form: "product" },
  matmul: { form: "product" },
  sumRows: { form: "columnSum" },
  sumCols: { form: "fold" },
  logSumExpCols: { form: "rowwise", result: "scalar" },
  softmaxCols: { form: "rowwise", result: "row" },
  squaredNorm: { form: "norm" },
  clipScale: {
    form: "pointwise",
    floats: ({ maxNorm }) => [maxNorm],
    write: ([squared], { floats: [maxNorm] }) => `clipScale(${squared}, ${maxNorm})`,
  },
  adamStep: { form: "update" },
  sgdStep: { form: "update" },
  reshape: VIEW,
  stopGradient: VIEW,
};

/** @throws RangeError if the operation has no kernel */
export function kernelOf(op: OpName): Kernel {
  const kernel = TABLE[op];
  if ("unsupported" in kernel) throw new RangeError(`Cannot run ${op}: ${kernel.unsupported}`);
  // Safe: the plan was made by the typed builder, so the attributes match the operation.
  return kernel as unknown as Kernel;
}
