/**
 * What all shaders of this backend share: the bindings, the words of `control`, and common sizes.
 *
 *   0 parameters                       storage, read_write, f32; or f16, then read-only
 *   1 state, 2 scratch                 storage, read_write, f32
 *   3 control                          storage, read, u32: `CONTROL_WORDS`, then the integer inputs
 *   4 records                          storage, read, u32, dynamic offset: records of the dispatch
 */
import type { SegmentFormat } from "../backend.ts";

/** Words of `control`. */
export const CONTROL_WORDS = { rows: 0, infinity: 1, notANumber: 2, zero: 3, inputs: 4 } as const;

/** Bits of the constant words. */
export const INFINITY_BITS = 0x7f800000, NAN_BITS = 0x7fc00000;

/** Threads of a workgroup. */
export const WORKGROUP = 64;

/** Maximum workgroups in one dimension of a dispatch; every adapter allows this many. */
export const MAX_DIMENSION = 65535;

/** Maximum buffers of one shader: `PREPARE` of `wgsl/steps.ts`. */
export const MAX_BINDINGS = 7;

/** Dynamic offsets and the records of one dispatch are multiples of this many bytes. */
export const OFFSET_BYTES = 256;

/** @param parameters the format of the parameters; `parameter(i)` reads one as f32 in either format */
export const bindingsOf = (parameters: SegmentFormat): string => `
${parameters === "f16" ? "enable f16;" : ""}
@group(0) @binding(0) var<storage, read_write> parameters: array<${parameters}>;
@group(0) @binding(1) var<storage, read_write> state: array<f32>;
@group(0) @binding(2) var<storage, read_write> scratch: array<f32>;
@group(0) @binding(3) var<storage, read> control: array<u32>;
@group(0) @binding(4) var<storage, read> records: array<u32>;
`;
