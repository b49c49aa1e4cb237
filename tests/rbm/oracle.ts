/**
 * Small Boltzmann machines by enumeration, in float64, from the energy of joint states alone:
 *
 *   E(v, h) = -v·b - h·c - v W hᵀ,   p(v) = Σ_h e^-E(v, h) / Σ_v,h e^-E(v, h)
 *
 * Nothing here uses the softplus of the free energy, so that the library's use of it is checked.
 */
import type { TrainedRbm } from "../../src/trained/rbm/trained_rbm.ts";
import { Rbm } from "../../src/training/rbm/rbm.ts";
import { logSumExp } from "../../src/core/stable.ts";
import { normals } from "../util/data.ts";

/** Parameters by the names of the model. */
export interface Machine {
  readonly weight: Float64Array;
  readonly "visible.bias": Float64Array;
  readonly "hidden.bias": Float64Array;
}

/** Weights with the given standard deviation and biases with deviation one, exact in float32. */
export function machine(visible: number, hidden: number, seed: number, deviation = 1): Machine {
  const draw = (count: number, scale: number, stream: number) =>
    Float64Array.from(normals(count, 10 * seed + stream), (value) => Math.fround(scale * value));
  return {
    weight: draw(visible * hidden, deviation, 0),
    "visible.bias": draw(visible, 1, 1),
    "hidden.bias": draw(hidden, 1, 2),
  };
}

/** Sets the parameters of a machine of the library. */
export function install(rbm: TrainedRbm, parameters: Machine): void {
  rbm.setParameters(new Map(Object.entries(parameters).map(([name, data]) => [name, { data }])));
}

/** A machine of the library with these parameters. */
export function build(parameters: Machine, device = {}): Rbm {
  const visible = parameters["visible.bias"].length, hidden = parameters["hidden.bias"].length;
  const rbm = Rbm.create({ visible, hidden }, device);
  install(rbm, parameters);
  return rbm;
}

/** All states of `units` binary units. */
export function states(units: number): number[][] {
  return Array.from(
    { length: 2 ** units },
    (_, s) => Array.from({ length: units }, (_, i) => (s >> i) & 1),
  );
}

export function energy(
  { weight, "visible.bias": b, "hidden.bias": c }: Machine,
  v: readonly number[],
  h: readonly number[],
): number {
  let sum = 0;
  v.forEach((vi, i) => {
    sum -= vi * b[i];
    h.forEach((hj, j) => sum -= vi * hj * weight[i * h.length + j]);
  });
  h.forEach((hj, j) => sum -= hj * c[j]);
  return sum;
}

/** -ln Σ_h e^-E(v, h). */
export function freeEnergy(parameters: Machine, v: readonly number[]): number {
  const hidden = states(parameters["hidden.bias"].length);
  return -logSumExp(hidden.map((h) => -energy(parameters, v, h)));
}

/** ln Z over all joint states. */
export function logPartition(parameters: Machine): number {
  const visible = states(parameters["visible.bias"].length);
  return logSumExp(visible.map((v) => -freeEnergy(parameters, v)));
}

/** p(v) of every state, in the order of `states`. */
export function distribution(parameters: Machine): number[] {
  const total = logPartition(parameters);
  return states(parameters["visible.bias"].length)
    .map((v) => Math.exp(-freeEnergy(parameters, v) - total));
}

/** p(h | v) of every h, in the same order. */
function conditional(parameters: Machine, v: readonly number[]): number[] {
  const total = freeEnergy(parameters, v);
  return states(parameters["hidden.bias"].length)
    .map((h) => Math.exp(total - energy(parameters, v, h)));
}

/** The distribution of v after a Gibbs sweep from `start`: Σ_v p(v) Σ_h p(h | v) p(v' | h). */
export function swept(parameters: Machine, start: readonly number[]): number[] {
  const visible = states(parameters["visible.bias"].length);
  const hidden = states(parameters["hidden.bias"].length);
  const ofHidden = new Array<number>(hidden.length).fill(0);
  visible.forEach((v, s) => {
    if (start[s] === 0) return;
    conditional(parameters, v).forEach((p, t) => ofHidden[t] += start[s] * p);
  });
  const result = new Array<number>(visible.length).fill(0);
  hidden.forEach((h, t) => {
    const weights = visible.map((v) => -energy(parameters, v, h));
    const total = logSumExp(weights);
    weights.forEach((weight, s) => result[s] += ofHidden[t] * Math.exp(weight - total));
  });
  return result;
}

/** Names and derivatives of the mean free energy under a distribution over v: -E[v hᵀ], -E[v], -E[h]. */
export function slopes(parameters: Machine, ofVisible: readonly number[]): Machine {
  const hidden = parameters["hidden.bias"].length, list = states(hidden);
  const result: Machine = {
    weight: new Float64Array(parameters.weight.length),
    "visible.bias": new Float64Array(parameters["visible.bias"].length),
    "hidden.bias": new Float64Array(hidden),
  };
  states(result["visible.bias"].length).forEach((v, s) => {
    if (ofVisible[s] === 0) return;
    conditional(parameters, v).forEach((p, t) => {
      const weight = -ofVisible[s] * p;
      v.forEach((vi, i) => {
        result["visible.bias"][i] += weight * vi;
        list[t].forEach((hj, j) => result.weight[i * hidden + j] += weight * vi * hj);
      });
      list[t].forEach((hj, j) => result["hidden.bias"][j] += weight * hj);
    });
  });
  return result;
}

/** All numbers of a machine, or of its derivatives, in one list. */
export function flat(parameters: Machine): number[] {
  return [
    ...parameters.weight,
    ...parameters["visible.bias"],
    ...parameters["hidden.bias"],
  ];
}

/** The distribution that puts 1/N on each of N rows. */
export function empirical(rows: readonly (readonly number[])[]): number[] {
  const result = new Array<number>(2 ** rows[0].length).fill(0);
  for (const row of rows) {
    result[row.reduce((sum, bit, i) => sum + bit * 2 ** i, 0)] += 1 / rows.length;
  }
  return result;
}
