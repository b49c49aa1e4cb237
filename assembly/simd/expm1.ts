/**
 * exp(x) - 1 for x <= 88, and exp(x) - 1 - x for x in [-30, 88], both without cancellation near 0.
 * Max error: docs/accuracy.md (scripts/accuracy.ts).
 *
 *   expm1(x) = 2ⁿ (exp(r) - 1) + (2ⁿ - 1), with n and r as in exp.ts
 *   expm1(x) - x = x² g(x) for |x| < 1, and (exp(x) - 1) - x, which loses no bits there, beyond
 *
 * g(x) = (eˣ - 1 - x) / x² is our own minimax polynomial on [-1, 1] (relative error 1.1e-9, Remez by
 * Lawson's reweighted least squares in float64).
 */
import { exp4, expm1Reduced, reduceByLn2, roundToLn2 } from "./exp";
import { madd } from "./fma";
