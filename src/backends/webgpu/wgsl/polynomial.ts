/** Polynomials in WGSL, by Horner's rule. */

/** a0 + x (a1 + x (a2 + …)), highest coefficient last. */
export function polynomial(x: string, coefficients: readonly string[]): string {
  return coefficients.reduceRight(
    (sum, each) => sum === "" ? each : `fma(${sum}, ${x}, ${each})`,
    "",
  );
}
