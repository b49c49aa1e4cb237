/** All kernels, embedded, and what a plan that trains is turned into for them. */
import type { KernelSet } from "../loader.ts";
import { withNormSums } from "../rewrites/norm_sums.ts";
import { withPosteriorGradients } from "../rewrites/posterior_gradients.ts";
import { withProductSums } from "../rewrites/product_sums.ts";
import { withScalarOperands } from "../rewrites/scalar_operands.ts";
import { BYTES_HEX as hex, UNFUSED as unfused } from "./full_set.gen.ts";

export const FULL_KERNELS: KernelSet = {
  forwardOnly: false,
  hex,
  unfused,
  arrange: (plan) =>
    withNormSums(withPosteriorGradients(withScalarOperands(withProductSums(plan)))),
};
