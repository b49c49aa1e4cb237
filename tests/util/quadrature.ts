/**
 * Integrals by the double-exponential rule (Takahasi and Mori, 1974): the trapezoidal rule in t, after a change of
 * variables under which the integrand vanishes doubly exponentially at both ends.
 *
 *   (-∞, ∞)  x = sinh(π/2 sinh t)      (0, ∞)  x = e^(π/2 sinh t)      (0, 1)  x = (1 + tanh(π/2 sinh t))/2
 *
 * For integrands that are analytic between the ends, the error falls as e^(-c/h); with a kink, it is of order h².
 */

export interface Nodes {
  readonly x: readonly number[];
  readonly weights: readonly number[];
}

type Line = (u: number) => { readonly x: number; readonly slope: number };

const LINES = {
  real: (u: number) => ({ x: Math.sinh(u), slope: Math.cosh(u) }),
  positive: (u: number) => ({ x: Math.exp(u), slope: Math.exp(u) }),
  unit: (u: number) => ({ x: 1 / (1 + Math.exp(-2 * u)), slope: 0.5 / Math.cosh(u) ** 2 }),
} satisfies Record<string, Line>;

/** Nodes and weights for an integral over the real line, the positive half or (0, 1). */
export function doubleExponential(
  over: keyof typeof LINES,
  { reach = 4, step = 1 / 64 }: { readonly reach?: number; readonly step?: number } = {},
): Nodes {
  const count = Math.round(reach / step);
  const nodes = Array.from({ length: 2 * count + 1 }, (_, i) => {
    const t = (i - count) * step;
    const { x, slope } = LINES[over](Math.PI / 2 * Math.sinh(t));
    return { x, weight: step * slope * Math.PI / 2 * Math.cosh(t) };
  });
  return { x: nodes.map(({ x }) => x), weights: nodes.map(({ weight }) => weight) };
}
