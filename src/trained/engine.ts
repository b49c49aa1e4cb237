/**
 * A model on a machine: its backend, its parameters in one segment, and its forward programs, which are compiled when
 * first needed and cached. A program takes batches of any size up to its capacity; larger inputs are processed in
 * chunks.
 */
import type { Backend, Segment, SyncProgram, WeightFormat } from "../backends/backend.ts";
import type { OpenBackend } from "../backends/open_score.ts";
import { requireChoice, requireNumber } from "../core/validate.ts";
import type { ParameterSpec } from "../layers/scope.ts";
import { type Layout, layOut } from "../graph/layout.ts";
import type { Plan } from "../graph/plan.ts";
import type { DeviceOptions } from "./device_options.ts";
import { areFinite, MAX_FLOAT32 } from "./finite.ts";
import { chunksOf, type MapOptions, mapSteps, type Programs } from "./calls/map_rows.ts";
import type { ProgramSize } from "./programs/program_size.ts";
import { type Matrix, toMatrix } from "./rows/matrix.ts";
import { LruCache } from "./lru_cache.ts";
import { type NamedTensor, type NewParameters, valuesOf } from "./named_tensor.ts";
import { runSync, type Steps } from "./steps.ts";
import type { Work, WorkDevice } from "./device/work_device.ts";

/**
 * Number of compiled programs kept; the least recently used is dropped first. The values of `samples` alone can ask for
 * 64.
 */
const MAX_PROGRAMS = 12;

/** A machine that a model runs on, and the weight format for single rows. */
export interface Machine {
  readonly backend: Backend<SyncProgram>;
  readonly weights?: WeightFormat;
}

/** What an engine needs of a model: its parameters, and its forward programs by name. */
export interface Architecture<Name extends string> {
  readonly parameters: readonly ParameterSpec[];
  plan(name: Name, parameters: Layout, size: ProgramSize): Plan;
}

export class Engine<Name extends string> implements Programs<Name> {
  readonly backend: Backend<SyncProgram>;
  readonly layout: Layout;
  readonly parameterSpecs: readonly ParameterSpec[];
  /** The parameters, shared by all programs. */
  readonly segment: Segment;
  /** The weight format for single rows; absent if the backend has no other. */
  readonly weights?: WeightFormat;
  /** The requested options. */
  readonly device: DeviceOptions;
  /** Runs asynchronous calls, if the model has a device for them. */
  workDevice?: WorkDevice<Name>;
  /** Counts changes of the parameters, except those made during training. */
  version = 0;
  /** Whether training is currently changing the parameters. */
  isTraining = false;
  readonly #architecture: Architecture<Name>;
  readonly #programs = new LruCache<SyncProgram>(MAX_PROGRAMS);

  constructor(
    architecture: Architecture<Name>,
    values: ReadonlyMap<string, ArrayLike<number>>,
    device: DeviceOptions,
    open: OpenBackend,
  ) {
    this.#architecture = architecture;
    this.device = device;
    requireNumber("threads", device.threads ?? 1, { min: 1, max: 1024, integer: true });
    this.parameterSpecs = architecture.parameters;
    this.layout = layOut("parameters", this.parameterSpecs);
    requireChoice("determinism", device.determinism ?? "fast", ["fast", "portable"]);
    const weights = requireChoice("weights", device.weights ?? "f32", ["f32", "bf16"]);
    this.backend = open(device.backend ?? "auto", device);
    this.weights = this.backend.weightFormats.find((each) => each === weights);
    this.segment = this.backend.allocate(this.layout.length);
    this.#write(values);
  }

  /** A copy of every parameter, by name. */
  parameters(): Map<string, NamedTensor> {
    return new Map(this.parameterSpecs.map(({ name, rows, cols }) => {
      const data = new Float32Array(rows * cols);
      this.segment.read(this.layout.places.get(name)!.offset, data);
      return [name, { shape: [rows, cols], data }];
    }));
  }

  /** @throws TypeError or RangeError for an unknown name, a wrong shape or a value that is not finite */
  setParameters(values: NewParameters): void {
    if (!(values instanceof Map)) throw new TypeError("Cannot set parameters: expected a Map");
    for (const [name, { shape, data }] of values) {
      const spec = this.parameterSpecs.find((each) => each.name === name);
      if (!spec) {
        throw new TypeError(`Cannot set parameter "${name}": the model has no such parameter`);
      }
      const { rows, cols } = spec;
      const shaped = !shape || (shape[0] === rows && shape[1] === cols);
      if (!shaped || data.length !== rows * cols) {
        throw new RangeError(
          `Cannot set parameter "${name}": expected shape [${rows}, ${cols}], got [${
            shape ?? data.length
          }]`,
        );
      }
      if (!areFinite(data, MAX_FLOAT32)) {
        throw new TypeError(`Cannot set parameter "${name}": all values must be finite in float32`);
      }
    }
    this.#write(valuesOf(values));
  }

  /** A cached program to use at once: a later call may dispose of it. */
  program(name: Name, size: ProgramSize): SyncProgram {
    const key = `${name} ${size.capacity} ${size.samples ?? 1} ${size.isBulk ?? false}`;
    return this.#programs.get(key, () => this.compile(name, size));
  }

  plan(name: Name, size: ProgramSize): Plan {
    return this.#architecture.plan(name, this.layout, size);
  }

  /** A program owned by the caller. */
  compile(name: Name, size: ProgramSize, weights?: WeightFormat): SyncProgram {
    const plan = this.plan(name, size);
    const chunks = size.isBulk ? chunksOf(plan) : 1;
    return this.backend.compile(plan, { parameters: this.segment }, weights, chunks);
  }

  /**
   * Runs a program over all rows of an input, in chunks; returns every output as one matrix.
   * @throws NotFiniteError naming the row whose result exceeds float32
   */
  map(name: Name, input: string, x: Matrix, options?: MapOptions): Record<string, Matrix> {
    return runSync(mapSteps(this, name, input, x, options));
  }

  /** Like `map`, on the device if that is better. */
  async mapLater(
    name: Name,
    input: string,
    x: Matrix,
    options?: MapOptions,
  ): Promise<Record<string, Matrix>> {
    return await this.mapAway(name, input, x, options) ?? this.map(name, input, x, options);
  }

  /** Like `map`, on the device if that is better; undefined if it is not. */
  mapAway(
    name: Name,
    input: string,
    x: Matrix,
    options?: MapOptions,
  ): Promise<Record<string, Matrix>> | undefined {
    const [rows, columns] = x.shape, work = { name, rows }, device = this.#deviceFor(work);
    if (!device) return undefined;
    // With rows that are not finite it would be given up: its results are compared with the host's.
    toMatrix(x, columns);
    return device.run(work, (programs) => mapSteps(programs, name, input, x, options));
  }

  /** Asynchronous work, on the device if that is better. */
  async run<T>(work: Work<Name>, steps: (programs: Programs<Name>) => Steps<T>): Promise<T> {
    const device = this.#deviceFor(work);
    return device ? await device.run(work, steps) : runSync(steps(this));
  }

  #deviceFor(work: Work<Name>): WorkDevice<Name> | undefined {
    return !this.isTraining && this.workDevice?.takes(work) ? this.workDevice : undefined;
  }

  dispose(): void {
    this.workDevice?.dispose();
    this.#programs.clear();
    this.backend.dispose();
  }

  #write(values: ReadonlyMap<string, ArrayLike<number>>): void {
    this.version++;
    for (const [name, data] of values) {
      this.segment.write(this.layout.places.get(name)!.offset, data);
    }
  }
}
