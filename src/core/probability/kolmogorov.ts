/**
 * The two-sample Kolmogorov-Smirnov test: the largest difference D between two empirical distribution functions, and
 * its p-value.
 *
 *   p = Q((√N + 0.12 + 0.11/√N) D),  N = n m / (n + m),  Q(x) = 2 Σ_k (-1)^(k-1) exp(-2 k² x²)
 *
 * Sources: Kolmogorov, 1933; Smirnov, 1948; the factor: Stephens, 1970. For small x the dual theta series is used,
 * which converges there. Limits: p is accurate to a few per cent for N ≥ 10. With ties, or D taken over some points
 * only, it is too large, never too small.
 */
import { portableExp } from "../portable.ts";
import type { PointCounts } from "./point_counts.ts";

/** Q(x): the probability of a distance of at least x. */
export function kolmogorovTail(x: number): number {
  if (x <= 0) return 1;
  let sum = 0;
  if (x < 1.18) {
    for (let k = 1; k < 20; k += 2) sum += portableExp(-((k * Math.PI / x) ** 2) / 8);
    return Math.max(0, 1 - Math.sqrt(2 * Math.PI) / x * sum);
  }
  for (let k = 1; k < 20; k++) sum += (k % 2 === 1 ? 2 : -2) * portableExp(-2 * k * k * x * x);
  return sum;
}

/** The p-value of a distance between the distributions of n and m values. */
export function kolmogorovPValue(distance: number, n: number, m: number): number {
  const root = Math.sqrt(n * m / (n + m));
  return kolmogorovTail((root + 0.12 + 0.11 / root) * distance);
}

/**
 * D of an ascending sample and of values known by their counts at its points: between two points only the other
 * function rises, so the difference is largest at an end.
 */
export function distanceFromCounts(a: Float64Array, counts: PointCounts): number {
  const { total, atMost, below } = counts;
  if (total === 0) return 0;
  let largest = 0;
  for (let k = 0; k < a.length; k++) {
    // Between equal points nothing is compared.
    if (k === 0 || a[k - 1] < a[k]) {
      largest = Math.max(largest, Math.abs(k / a.length - below[k] / total));
    }
    if (k + 1 === a.length || a[k] < a[k + 1]) {
      largest = Math.max(largest, Math.abs((k + 1) / a.length - atMost[k] / total));
    }
  }
  return largest;
}

/** D of two ascending samples. */
export function kolmogorovDistance(a: Float64Array, b: Float64Array): number {
  let i = 0, j = 0, largest = 0;
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i], b[j]);
    while (a[i] === value) i++;
    while (b[j] === value) j++;
    largest = Math.max(largest, Math.abs(i / a.length - j / b.length));
  }
  return largest;
}
