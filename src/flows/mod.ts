/**
 * The flows, by the `type` of their spec, and the application of several flows to a posterior's draws. To add one: add
 * its file, and its lines here.
 */
import { requireChoice } from "../core/validate.ts";
import type { Scope } from "../layers/scope.ts";
import type { Node } from "../ops/spec.ts";
import { coupling, type CouplingFlow } from "./coupling.ts";
import type { FlowFamily, FlowRequest, Transformed } from "./flow.ts";
import { iaf, type IafFlow } from "./iaf.ts";
import { planar, type PlanarFlow } from "./planar.ts";
import { radial, type RadialFlow } from "./radial.ts";

/** Complete specs of flows, by type. */
export interface FlowOptions {
  /** Rezende and Mohamed, 2015. */
  readonly planar: PlanarFlow;
  /** Rezende and Mohamed, 2015. */
  readonly radial: RadialFlow;
  /** Dinh et al., 2017. */
  readonly coupling: CouplingFlow;
  /** Kingma et al., 2016. */
  readonly iaf: IafFlow;
}

/** One flow. */
export type FlowSpec = FlowOptions[keyof FlowOptions];

/** One flow as a user writes it: at least its type. */
export type FlowInput = {
  readonly [T in keyof FlowOptions]: Partial<FlowOptions[T]> & { readonly type: T };
}[
  keyof FlowOptions
];

const FLOWS: { readonly [T in keyof FlowOptions]: FlowFamily<FlowOptions[T]> } = {
  planar,
  radial,
  coupling,
  iaf,
};

const TYPES = Object.keys(FLOWS) as (keyof FlowOptions)[];

const MAX_FLOWS = 256;

/** @throws TypeError or RangeError naming the field */
export function parseFlows(field: string, value: unknown, size: number): readonly FlowSpec[] {
  if (!Array.isArray(value) || value.length > MAX_FLOWS) {
    throw new TypeError(`Cannot read ${field}: expected a list of up to ${MAX_FLOWS} flows`);
  }
  return value.map((flow, i) => {
    const { type } = Object(flow) as { readonly type?: unknown };
    return FLOWS[requireChoice(`${field}[${i}].type`, type, TYPES)].parse(
      `${field}[${i}]`,
      flow,
      size,
    );
  });
}

/** Applies one flow to draws. */
export function applyFlow<T extends keyof FlowOptions>(
  scope: Scope,
  spec: FlowOptions[T] & { readonly type: T },
  request: FlowRequest,
): Transformed {
  return FLOWS[spec.type].apply(scope, spec, request);
}

/** Applies flows in order to draws `[r, L]`; the flows are named `<name>.flow0`, `<name>.flow1`, … */
export function applyFlows(
  scope: Scope,
  flows: readonly FlowSpec[],
  name: string,
  z: Node,
  amortise: (name: string, cols: number) => Node,
): Transformed {
  const { g } = scope;
  return flows.reduce<Transformed>((before, spec, index) => {
    const flow = `${name}.flow${index}`;
    const request = {
      name: flow,
      z: before.z,
      index,
      amortise: (part: string, cols: number) => amortise(`${flow}.${part}`, cols),
    };
    const { z, logDet } = applyFlow(scope, spec, request);
    return { z, logDet: g.add(before.logDet, logDet) };
  }, { z, logDet: g.constant(0) });
}
