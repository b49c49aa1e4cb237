/**
 * The contract between a plan and a machine that runs it: this page is all that training, scoring
 * and the tests know of a backend. A backend knows plans, operations and its kernels; it knows
 * nothing of models, likelihoods or rows of a table.
 */
import type { OpName } from "../ops/names.ts";
import type { Plan } from "../graph/plan.ts";

/** The machines there are. */
export type BackendName = "reference" | "wasm" | "webgpu";

/**
 * How a program that runs many times on few rows keeps the weights of its dense layers, beside the
 * segment that they come from. "f32" changes no bit of any result; "bf16" rounds each weight w to
 * 8 significant bits, |ŵ - w| ≤ 2^-8 |w| + 2^-99.
 */
export type WeightFormat = "f32" | "bf16";

/**
 * How a device keeps the elements of a segment that it only reads. "f16": each w as the nearest half that is zero or
 * normal, |ŵ - w| ≤ max(2^-11 |w|, 2^-15), |w| < 65520; what is computed from them is float32.
 */
export type SegmentFormat = "f32" | "f16";

/** One machine with one memory. Programs of one backend may share segments. */
export interface Backend<P extends Program = Program> {
  readonly name: BackendName;
  /** What is really in use, for reports: the kernel build, the adapter. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
  /** In which formats it can keep the weights of a program; see `compile`. */
  readonly weightFormats: readonly WeightFormat[];
  /** A segment of `length` elements, zeroed. */
  allocate(length: number): Segment;
  /**
   * Lays out the plan's scratch memory, writes its constants, and readies it to run.
   * @param weights for plans without effects: keep weights in this format, in memory of the program's
   *   own that follows every change of the segment; a backend that lacks it uses the segment
   * @param chunks for plans without effects whose inputs are all by row: let a run have so many times
   *   the plan's capacity, which it takes chunk by chunk; a backend that lacks it does not, and the
   *   program's `capacity` says what it is
   */
  compile(plan: Plan, segments: Segments, weights?: WeightFormat, chunks?: number): P;
  /**
   * Resolves when what compiled programs have started, such as threads, is at work or has failed.
   * Programs run before that as well; absent where nothing is started.
   */
  ready?(): Promise<void>;
  /** Releases everything; programs and segments must not be used afterwards. */
  dispose(): void;
}

/** The segments that the programs of one model share. */
export interface Segments {
  readonly parameters: Segment;
  readonly state?: Segment;
}

/** Elements that live on the backend. Reading and writing copy. */
export interface Segment {
  readonly length: number;
  write(offset: number, values: ArrayLike<number>): void;
  /** Copies `into.length` elements from `offset`. */
  read(offset: number, into: Float32Array | Float64Array): void | Promise<void>;
  dispose(): void;
}

/** A compiled plan. Operations of one backend run in the order in which they were called. */
export interface Program {
  readonly plan: Plan;
  /** The most batch rows of a run, where that is not the plan's capacity. */
  readonly capacity?: number;
  /** Writes an input, from its start. @throws RangeError on an unknown name or too many values */
  write(input: string, values: ArrayLike<number>): void;
  /** Runs all instructions over `rows` batch rows, 1 … capacity. */
  run(rows: number): void | Promise<void>;
  /** Copies `into.length` elements of an output. @throws RangeError on an unknown name */
  read(output: string, into: Float32Array | Float64Array): void | Promise<void>;
  dispose(): void;
}

/** The elements of an input or output where they lie, for all rows of the capacity. */
export interface Live {
  /** Valid until anything else of the backend is compiled or allocated: ask again each time. */
  readonly elements: Float32Array | Float64Array;
}

/** A program whose calls return when the work is done: reference and wasm, never a GPU. */
export interface SyncProgram extends Program {
  run(rows: number): void;
  read(output: string, into: Float32Array | Float64Array): void;
  /** An input of numbers or an output, without a copy. @throws RangeError on an unknown name */
  live(name: string): Live;
}

/** A kernel for every operation, or a refusal with its reason. Views and nothing else need none. */
export type KernelTable<K> = { readonly [N in OpName]: K | Unsupported };

export interface Unsupported {
  readonly unsupported: string;
}

/** Refuses an operation on a backend. */
export function unsupported(reason: string): Unsupported {
  return { unsupported: reason };
}

/** What a step of training reads that the device does not hold. */
export interface StepInputs {
  /** Rows of the batch, and the place in the order at which they begin. */
  readonly rows: number;
  readonly first: number;
  /** The words of the input "key". */
  readonly key: readonly [seedLow: number, seedHigh: number, step: number, firstRow: number];
  /** Every other input but "x" and "reference", by name. */
  readonly floats: ReadonlyMap<string, readonly number[]>;
}

/** What a device holds while training: rows, and how many an epoch takes. */
export interface DeviceData {
  readonly data: Float32Array<ArrayBuffer>;
  readonly columns: number;
  readonly orderLength: number;
}

/** Training steps on a device of its own, many for each wait. */
export interface Stepper {
  /** Most steps of one call. */
  readonly most: number;
  /** Launches of one step. */
  readonly dispatches: number;
  /** The rows of the epoch, by index. */
  setOrder(order: Uint32Array<ArrayBuffer>): void;
  /** Writes parameters and state. */
  push(parameters: ArrayLike<number>, state: ArrayLike<number>): void;
  /** Reads them. */
  pull(parameters: Float32Array, state: Float32Array): Promise<void>;
  /** Takes steps; the outputs of each. May be called again before the last call has resolved. */
  take(steps: readonly StepInputs[]): Promise<ReadonlyMap<string, Float64Array>[]>;
  /** Parameters and state as before the last `take`, or the one before it. */
  undo(takes: 1 | 2): void;
  dispose(): void;
}

/** A device that a host gives work to: programs that are waited for, and training steps. */
export interface Accelerator extends Backend {
  /** @param format "f16" where the device was opened for it: see `AdapterOptions.weights` */
  allocate(length: number, format?: SegmentFormat): Segment;
  /** Finds out how the device does a plan best, unless that is known: before it is compiled. */
  prepare(plan: Plan): Promise<void>;
  /** @param lengths elements of both segments */
  stepper(plan: Plan, lengths: { parameters: number; state: number }, data: DeviceData): Stepper;
}

/** An array is larger than the device takes. */
export class LimitError extends RangeError {
  /** Its name. */
  override readonly name: string = "LimitError";
}

/** The GPU failed: it was lost, ran out of memory, refused a command, or computed wrongly. */
export class GpuError extends Error {
  /** Its name. */
  override readonly name = "GpuError";
}

/** What an application may ask of the adapter. */
export interface AdapterOptions {
  /** Also take an adapter that is software: much slower than WebAssembly; for tests. */
  readonly allowSoftware?: boolean;
  /** Stands in for `navigator.gpu`. */
  readonly gpu?: GPU;
  /**
   * How products are cut, as it was measured on an adapter: by default one map of the process. Give what was kept
   * of a map, and it is not measured again.
   */
  readonly tiles?: Map<string, string>;
  /**
   * How parameters lie on the GPU when it does calls on batches: "f32", or "f16" in half the memory, as far as
   * halves are exact (docs/adr/0046-halves-on-a-gpu.md); training is in float32. An adapter without `shader-f16` is
   * then refused.
   */
  readonly weights?: SegmentFormat;
  /**
   * Floating-point operations of a run or call for which "auto" tries an adapter, to keep it if it is faster;
   * 1e12 of a run, 1e11 of a call: WebAssembly takes tens of seconds, and seconds.
   */
  readonly trialOperations?: number;
}
