/**
 * What every shader of this backend sees, in one place: the bindings, the words of `control`, and the
 * sizes that all agree on.
 *
 *   0 parameters                       storage, read_write, f32; or f16, and then only read
 *   1 state, 2 scratch                 storage, read_write, f32
 *   3 control                          storage, read, u32: `CONTROL_WORDS`, then the integer inputs
 *   4 records                          storage, read, u32, dynamic offset: those of the dispatch
 */
import type { SegmentFormat } from "../backend.ts";

/** Words of `control`. */
export const CONTROL_WORDS = { rows: 0, infinity: 1, notANumber: 2, zero: 3, inputs: 4 } as const;

/** Bits of the words that never change. */
export const INFINITY_BITS = 0x7f800000, NAN_BITS = 0x7fc00000;

/** Threads of a workgroup. */
export const WORKGROUP = 64;

/** Most workgroups in one dimension of a dispatch: every adapter allows so many. */
export const MAX_DIMENSION = 65535;

/** Most buffers that one shader sees: `PREPARE` of `steps.ts`. */
export const MAX_BINDINGS = 7;

/** Bytes between two dynamic offsets, and of the records that one dispatch may have. */
export const OFFSET_BYTES = 256;

/** @param parameters what they are kept as; whatever they are, `parameter(i)` reads one as f32 */
export const bindingsOf = (parameters: SegmentFormat): string => `
${parameters === "f16" ? "enable f16;" : ""}
@group(0) @binding(0) var<storage, read_write> parameters: array<${parameters}>;
@group(0) @binding(1) var<storage, read_write> state: array<f32>;
@group(0) @binding(2) var<storage, read_write> scratch: array<f32>;
@group(0) @binding(3) var<storage, read> control: array<u32>;
@group(0) @binding(4) var<storage, read> records: array<u32>;
`;
