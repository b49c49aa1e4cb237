/**
 * Elementwise arithmetic and activations.
 *
 * + - · are correctly rounded everywhere, ÷ is within 2.5 ULP (WGSL's guarantee). Transcendental functions are within
 * these ULP of the float64 value at the float32 argument: exp 2, log 2, log1p 4, tanh 6, sigmoid 6, softplus 6, elu 4.
 * The error is relative everywhere, so no implementation may subtract rounded numbers.
 */
import { type Activation, ACTIVATIONS } from "../../../src/ops/names.ts";
import { type CaseGenerator, EXACT, ROUNDED, roundings, type Tolerance, ulps } from "../case.ts";
import { elementwiseCases } from "../generate.ts";
import { type Domain, REAL } from "../values.ts";

const EXPONENTS: Domain = {
  low: -10,
  high: 10,
  special: [0, -0, 1e-30, -1e-30, 1e-4, 88.5, -87, -88, -104, -1e30, 89, Infinity, -Infinity, NaN],
};

const POSITIVE: Domain = {
  low: 1e-3,
  high: 20,
  special: [0, 1, 1 - 2 ** -24, 1 + 2 ** -23, 2 ** -126, 1e-30, 1e30, -1, Infinity, NaN],
};

const NONZERO: Domain = { low: 0.25, high: 4, special: [1, -1, 1e-12, -1e12, 2 ** -60] };

const CLAMPED: Domain = { low: -40, high: 30, special: [-30, 20, 0, 1e30, -1e30, NaN] };

export const add: CaseGenerator<"add"> = () => elementwiseCases({}, [REAL, REAL], ROUNDED);
export const sub: CaseGenerator<"sub"> = () => elementwiseCases({}, [REAL, REAL], ROUNDED);
export const mul: CaseGenerator<"mul"> = () => elementwiseCases({}, [REAL, REAL], ROUNDED);
export const div: CaseGenerator<"div"> = () => elementwiseCases({}, [REAL, NONZERO], ulps(2.5));
export const exp: CaseGenerator<"exp"> = () => elementwiseCases({}, [EXPONENTS], ulps(2));
export const log: CaseGenerator<"log"> = () => elementwiseCases({}, [POSITIVE], ulps(2));

const ABOVE_MINUS_ONE: Domain = {
  low: -0.9,
  high: 20,
  special: [0, -0, -1, -2, 1e-30, -1e-30, 2 ** -24, -(2 ** -25), 1e-4, 1e30, 3e38, Infinity, NaN],
};

export const log1p: CaseGenerator<"log1p"> = () => elementwiseCases({}, [ABOVE_MINUS_ONE], ulps(4));

export const affine: CaseGenerator<"affine"> = () =>
  [[1, 0], [-1, 0], [0.1, -0.7], [3, 1e6], [0, 2]].flatMap(([scale, offset]) => {
    // Scale, offset, product and sum are each rounded once.
    const tolerance = roundings(3, (x) => Math.abs(scale * x) + Math.abs(offset));
    return elementwiseCases<"affine">({ scale, offset }, [REAL], tolerance);
  });

const CLAMPS = [{ low: -30, high: 20 }, { low: 0, high: 0.5 }, { low: -Infinity, high: 1 }];

export const clamp: CaseGenerator<"clamp"> = () =>
  CLAMPS.flatMap((attrs) => elementwiseCases<"clamp">(attrs, [CLAMPED], EXACT));

export const clampGrad: CaseGenerator<"clampGrad"> = () =>
  CLAMPS.flatMap((attrs) => elementwiseCases<"clampGrad">(attrs, [CLAMPED, REAL], EXACT));

const CURVED: Domain = {
  low: -9,
  high: 9,
  special: [0, 1e-30, -1e-30, 1e-4, -1e-4, 0.625, 18, -18, 87, -87, 100, -100, 1e30, -1e30, NaN],
};

const ACTIVATION_ULPS: { readonly [A in Activation]: Tolerance } = {
  identity: EXACT,
  relu: EXACT,
  tanh: ulps(6),
  sigmoid: ulps(6),
  softplus: ulps(6),
  elu: ulps(4),
};

export const activation: CaseGenerator<"activation"> = () =>
  ACTIVATIONS.flatMap((kind) =>
    elementwiseCases<"activation">({ kind }, [CURVED], ACTIVATION_ULPS[kind])
  );

/** Outputs of each activation, and how its slope is rounded. */
const SLOPES: {
  readonly [A in Activation]: { readonly y: Domain; readonly tolerance: Tolerance };
} = {
  identity: { y: REAL, tolerance: EXACT },
  relu: { y: { low: 0, high: 3, special: [0, 1e-30] }, tolerance: EXACT },
  // 1 - y² is a difference: its error is that of its terms.
  tanh: {
    y: { low: -1, high: 1, special: [0, 1, -1, 1e-6, 1 - 2 ** -24] },
    tolerance: roundings(4, (y, dy) => dy * (1 + y * y)),
  },
  sigmoid: {
    y: { low: 0, high: 1, special: [0, 1, 1e-30, 1 - 2 ** -24] },
    tolerance: roundings(4, (y, dy) => dy * y),
  },
  softplus: { y: { low: 0, high: 20, special: [0, 1e-30, 1e-4, 100] }, tolerance: ulps(6) },
  elu: {
    y: { low: -1, high: 3, special: [-1, 0, 1e-30, -1e-6] },
    tolerance: roundings(3, (y, dy) => dy * (1 + Math.abs(Math.min(y, 0)))),
  },
};

export const activationGrad: CaseGenerator<"activationGrad"> = () =>
  ACTIVATIONS.flatMap((kind) => {
    const { y, tolerance } = SLOPES[kind];
    return elementwiseCases<"activationGrad">({ kind }, [y, REAL], tolerance);
  });

/** Neighbouring numbers, both zeros, and NaN, which compares with nothing. */
const COMPARED: Domain = {
  low: -1,
  high: 1,
  special: [0, -0, 0.5, 0.5 + 2 ** -24, 0.5 - 2 ** -25, 1, -1, Infinity, -Infinity, NaN],
};

export const lessThan: CaseGenerator<"lessThan"> = () =>
  elementwiseCases({}, [COMPARED, COMPARED], EXACT);
