/**
 * The contract between a plan and the machine that runs it. It is all that training, scoring and the tests know of a
 * backend. A backend knows plans, operations and its kernels, but not models, likelihoods or tables.
 */
import type { OpName } from "../ops/names.ts";
import type { Plan } from "../graph/plan.ts";

/** The names of the backends. */
export type BackendName = "reference" | "wasm" | "webgpu";

/**
 * How a program that runs many times on few rows stores the weights of its dense layers, in addition to the segment
 * they come from. "f32" changes no bit of any result; "bf16" rounds each weight w to 8 significant bits, |ŵ - w| ≤ 2^-8
 * |w| + 2^-99.
 */
export type WeightFormat = "f32" | "bf16";

/**
 * How a device stores a segment that it only reads. "f16" rounds each w to the nearest half that is zero or normal, |ŵ
 * - w| ≤ max(2^-11 |w|, 2^-15), |w| < 65520; computation is in float32.
 */
export type SegmentFormat = "f32" | "f16";

/** One machine with one memory. Programs of the same backend may share segments. */
export interface Backend<P extends Program = Program> {
  readonly name: BackendName;
  /** What is actually in use, for reports: the kernel build, the adapter. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
  /** Formats in which it can store the weights of a program; see `compile`. */
  readonly weightFormats: readonly WeightFormat[];
  /** Allocates a zeroed segment of `length` elements. */
  allocate(length: number): Segment;
  /**
   * Allocates the plan's scratch memory, writes its constants, and prepares it to run.
   * @param weights for plans without effects: store weights in this format, in the program's own memory, updated
   *   whenever the segment changes; a backend without the format uses the segment
   * @param chunks for plans without effects whose inputs all have a row per batch row: allow a run of up to this many
   *   times the plan's capacity, processed in chunks. A backend may ignore it; the program's `capacity` says what
   *   applies
   */
  compile(plan: Plan, segments: Segments, weights?: WeightFormat, chunks?: number): P;
  /**
   * Resolves when everything that compiled programs have started, such as threads, is running or has failed. Programs
   * can run before that. Absent if nothing is started.
   */
  ready?(): Promise<void>;
  /** Releases everything; programs and segments must not be used afterwards. */
  dispose(): void;
}

/** The segments shared by the programs of one model. */
export interface Segments {
  readonly parameters: Segment;
  readonly state?: Segment;
}

/** Elements stored on the backend. Reading and writing copy. */
export interface Segment {
  readonly length: number;
  write(offset: number, values: ArrayLike<number>): void;
  /** Copies `into.length` elements from `offset`. */
  read(offset: number, into: Float32Array | Float64Array): void | Promise<void>;
  dispose(): void;
}

/** A compiled plan. Calls on one backend are executed in the order in which they were made. */
export interface Program {
  readonly plan: Plan;
  /** Maximum batch rows of a run, if it differs from the plan's capacity. */
  readonly capacity?: number;
  /** Writes an input, from its start. @throws RangeError on an unknown name or too many values */
  write(input: string, values: ArrayLike<number>): void;
  /** Runs all instructions over `rows` batch rows, 1 … capacity. */
  run(rows: number): void | Promise<void>;
  /** Copies `into.length` elements of an output. @throws RangeError on an unknown name */
  read(output: string, into: Float32Array | Float64Array): void | Promise<void>;
  dispose(): void;
}

/** Direct access to the elements of an input or output, for all rows of the capacity. */
export interface Live {
  /** Valid until the backend next compiles or allocates: get it again each time. */
  readonly elements: Float32Array | Float64Array;
}

/** A program whose calls return when the work is done: reference and wasm, never a GPU. */
export interface SyncProgram extends Program {
  run(rows: number): void;
  read(output: string, into: Float32Array | Float64Array): void;
  /** An output or a floating-point input, without a copy. @throws RangeError on an unknown name */
  live(name: string): Live;
}

/** A kernel for every operation, or a refusal with its reason, as for views, which need no kernel. */
export type KernelTable<K> = { readonly [N in OpName]: K | Unsupported };

export interface Unsupported {
  readonly unsupported: string;
}

/** Refuses an operation on a backend. */
export function unsupported(reason: string): Unsupported {
  return { unsupported: reason };
}

/** The inputs of a training step that the device does not already hold. */
export interface StepInputs {
  /** Rows in the batch, and the position in the order where they start. */
  readonly rows: number;
  readonly first: number;
  /** The words of the input `key`. */
  readonly key: readonly [seedLow: number, seedHigh: number, step: number, firstRow: number];
  /** Every other input except `x` and `reference`, by name. */
  readonly floats: ReadonlyMap<string, readonly number[]>;
}

/** The data on a device during training, and the number of rows in an epoch. */
export interface DeviceData {
  readonly data: Float32Array<ArrayBuffer>;
  readonly columns: number;
  readonly orderLength: number;
}

/** Training steps on a device, many per wait. */
export interface DeviceStepper {
  /** Maximum steps per call. */
  readonly maxSteps: number;
  /** Kernel launches per step. */
  readonly dispatches: number;
  /** Sets the rows of the epoch, by index. */
  setOrder(order: Uint32Array<ArrayBuffer>): void;
  /** Writes parameters and state to the device. */
  push(parameters: ArrayLike<number>, state: ArrayLike<number>): void;
  /** Reads parameters and state from the device. */
  pull(parameters: Float32Array, state: Float32Array): Promise<void>;
  /** Runs steps and returns the outputs of each. May be called again before the last call has resolved. */
  runSteps(steps: readonly StepInputs[]): Promise<ReadonlyMap<string, Float64Array>[]>;
  /** Restores parameters and state to before the last call of `runSteps`, or the one before it. */
  undo(calls: 1 | 2): void;
  dispose(): void;
}

/** A device that the host offloads work to: programs whose runs are awaited, and training steps. */
export interface Accelerator extends Backend {
  /** @param format "f16" only if the device was opened for it: see `AdapterOptions.weights` */
  allocate(length: number, format?: SegmentFormat): Segment;
  /** Tunes how the device runs a plan, unless that is known. Call before compiling it. */
  prepare(plan: Plan): Promise<void>;
  /** @param lengths the number of elements of both segments */
  stepper(
    plan: Plan,
    lengths: { parameters: number; state: number },
    data: DeviceData,
  ): DeviceStepper;
}

/** An array is larger than the device supports. */
export class LimitError extends RangeError {
  /** Its name. */
  override readonly name: string = "LimitError";
}

/** The GPU failed: it was lost, ran out of memory, refused a command, or computed wrongly. */
export class GpuError extends Error {
  /** Its name. */
  override readonly name = "GpuError";
}

/** Options for the GPU adapter. */
export interface AdapterOptions {
  /** Also accept a software adapter: much slower than WebAssembly; for tests. */
  readonly allowSoftware?: boolean;
  /** Replaces `navigator.gpu`. */
  readonly gpu?: GPU;
  /**
   * How products are tiled, as measured on an adapter; default one map per process. If you pass a saved map, nothing is
   * measured again.
   */
  readonly tiles?: Map<string, string>;
  /**
   * How parameters are stored on the GPU for calls on batches: "f32", or "f16" in half the memory, with the precision
   * of halves (docs/adr/0046-halves-on-a-gpu.md). Training always uses float32. With "f16", an adapter without
   * `shader-f16` is refused.
   */
  readonly weights?: SegmentFormat;
  /**
   * Floating-point operations in a training run or call from which "auto" tries the adapter, and keeps it if it is
   * faster. Default 1e12 for a run and 1e11 for a call, which take WebAssembly tens of seconds and seconds.
   */
  readonly trialOperations?: number;
}
