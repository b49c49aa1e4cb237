/**
 * The WebGPU backend: one device, its pipelines, and the programs and segments of a model. `emit.ts` and
 * docs/adr/0024-webgpu-levels.md describe how a plan becomes dispatches.
 *
 * Limits: each segment, and the scratch memory of each program, must fit one binding (`maxStorageBufferBindingSize` of
 * the adapter, at least 128 MiB); larger ones are refused with that number.
 */
import type { Plan } from "../../graph/plan.ts";
import { OPS } from "../../ops/catalogue.ts";
import type {
  Accelerator,
  AdapterOptions,
  Backend,
  Segment,
  SegmentFormat,
  Segments,
} from "../backend.ts";
import { nameOf } from "./adapter.ts";
import { type Device, openDevice } from "./device.ts";
import { emit } from "./emit.ts";
import { Pipelines } from "./pipelines.ts";
import { GpuProgram, type ProgramBuffers } from "./program.ts";
import { buffersOf, GpuSegment } from "./segment.ts";
import { WebgpuStepper } from "./steps.ts";
import type { Tile } from "./tasks/product.ts";
import { type ChooseTile, hardwareTile, softwareTile } from "./tiles.ts";
import { Tuner } from "./tuner.ts";

export interface WebgpuOptions extends AdapterOptions {
  /** Overrides how products are tiled. */
  readonly chooseTile?: ChooseTile;
  /** Whether `prepare` measures tiles; default on hardware, unless `chooseTile` is given. */
  readonly tune?: boolean;
  /** A monotonic clock in milliseconds, for the tuner; default the host's. */
  readonly clock?: () => number;
  /** Operations from which a product is worth measuring. */
  readonly minOperations?: number;
  /**
   * Whether operations share dispatches; default true. Without fusion there are fewer distinct shaders and programs
   * compile faster.
   */
  readonly fuse?: boolean;
}

/** A backend on a GPU. */
export interface GpuBackend extends Backend<GpuProgram> {
  readonly device: Device;
  /** See `Accelerator`. */
  prepare(plan: Plan): Promise<void>;
  /** See `Accelerator`. */
  allocate(length: number, format?: SegmentFormat): Segment;
}

/** @throws DOMException if there is no permitted adapter */
export async function openWebgpu(options: WebgpuOptions = {}): Promise<GpuBackend> {
  const device = await openDevice(options);
  try {
    return backendOn(device, options);
  } catch (error) {
    device.dispose();
    throw error;
  }
}

export function backendOn(device: Device, options: WebgpuOptions = {}): GpuBackend {
  const pipelines = new Pipelines(device), { fuse = true } = options;
  // Two writable bindings must not use the same buffer.
  const empty = { parameters: device.buffer(1), state: device.buffer(1) };
  const tuner = tunerOf(device, pipelines, empty, options);
  const style = { chooseTile: options.chooseTile ?? tuner.choose, fuse };
  const isTuned = options.tune ?? !(device.isSoftware || options.chooseTile);
  return {
    name: "webgpu",
    device,
    details: { adapter: nameOf(device.info), software: device.isSoftware },
    weightFormats: [],
    allocate: (length, format) => new GpuSegment(device, length, format),
    prepare: (plan) => isTuned ? tuner.tune(plan) : Promise.resolve(),
    compile(plan: Plan, segments: Segments): GpuProgram {
      device.requireAlive();
      const buffers = buffersOf(device, plan, segments, empty);
      const parameters = (segments.parameters as GpuSegment).format;
      if (parameters === "f16") requireReadOnly(plan);
      return new GpuProgram(
        device,
        pipelines,
        plan,
        emit(plan, { ...style, parameters }),
        buffers,
      );
    },
    dispose: () => device.dispose(),
  };
}

/** @throws TypeError if a plan changes or outputs its parameters, because halves are read-only */
function requireReadOnly({ instructions, outputs }: Plan): void {
  const changes = instructions.some(({ op }) => OPS[op].effect);
  if (!changes && [...outputs.values()].every(({ segment }) => segment !== "parameters")) return;
  throw new TypeError("Cannot compile: a plan must only read parameters that are kept as f16");
}

/** Measured tiles in this process, by adapter and shape. */
const MEASURED = new Map<string, string>();

function tunerOf(
  device: Device,
  pipelines: Pipelines,
  empty: ProgramBuffers,
  { tiles = MEASURED, clock = () => performance.now(), minOperations }: WebgpuOptions,
): Tuner {
  const compile = (plan: Plan, tile: Tile) => {
    const emitted = emit(plan, { chooseTile: () => tile, fuse: true });
    return new GpuProgram(device, pipelines, plan, emitted, empty);
  };
  const fallback = device.isSoftware ? softwareTile : hardwareTile;
  return new Tuner({
    ...{ adapter: nameOf(device.info), choices: tiles, compile, clock, fallback, minOperations },
  });
}

/**
 * Opens a GPU that the host offloads work to.
 * @throws DOMException if there is no permitted adapter
 */
export async function openAccelerator(options: WebgpuOptions = {}): Promise<Accelerator> {
  const backend = await openWebgpu(options);
  return {
    ...backend,
    stepper(plan, lengths, data) {
      const parameters = backend.allocate(lengths.parameters) as GpuSegment;
      const state = backend.allocate(lengths.state) as GpuSegment;
      const program = backend.compile(plan, { parameters, state });
      return new WebgpuStepper(backend.device, program, parameters, state, data);
    },
  };
}
