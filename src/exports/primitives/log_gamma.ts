/**
 * f(a, d) = ln Γ(a + d) - ln Γ(a) - d ln a in primitives, for a > 0 and d ≥ 0, without subtracting two large
 * logarithms. With A = a + 8, B = A + d, L(x) = ln(1 + x):
 *
 *   f = (A - ½) L(d/A) + d L((d + 8)/a) - d + s(B) - s(A) - Σ_{k<8} L(d/(a + k))
 *   s(w) = 1/(12 w) - 1/(360 w³) + 1/(1260 w⁵)
 *
 * Source: Γ(w + 1) = w Γ(w), eight times, and Stirling's series, DLMF 5.11.1, whose next term is below 4·10⁻¹¹ for
 * w ≥ 8.
 */
import type { Emitter } from "./emitter.ts";
import type { Value } from "./primitives.ts";

const SHIFT = 8;

export function logGammaRatio(e: Emitter, a: Value, d: Value): Value {
  const above = e.affine(a, 1, SHIFT);
  const power = e.mul(e.affine(above, 1, -0.5), e.log1p(e.div(d, above)));
  const scale = e.mul(d, e.log1p(e.div(e.affine(d, 1, SHIFT), a)));
  let sum = e.add(e.sub(power, d), scale);
  for (let k = 0; k < SHIFT; k++) {
    sum = e.sub(sum, e.log1p(e.div(d, e.affine(a, 1, k))));
  }
  return e.add(sum, e.sub(stirling(e, e.add(above, d)), stirling(e, above)));
}

/** s(w), by Horner's rule in 1/w². */
function stirling(e: Emitter, w: Value): Value {
  const inverse = e.div(e.number(1), w), square = e.mul(inverse, inverse);
  const inner = e.affine(e.mul(e.affine(square, 1 / 1260, -1 / 360), square), 1, 1 / 12);
  return e.mul(inverse, inner);
}
