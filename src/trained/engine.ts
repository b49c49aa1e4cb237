/**
 * A model on a machine: its backend, its parameters in one segment, and its forward programs, each
 * compiled when first needed and kept. A program takes batches of any size up to its capacity;
 * larger inputs pass through it in chunks.
 */
import type { Backend, Program, Segment, SyncProgram, WeightFormat } from "../backends/backend.ts";
import type { OpenBackend } from "../backends/open_score.ts";
import { splitSeed } from "../core/philox.ts";
import { requireChoice, requireNumber } from "../core/validate.ts";
import type { ParameterSpec } from "../layers/scope.ts";
import { type Layout, layOut } from "../graph/layout.ts";
import type { Plan } from "../graph/plan.ts";
import type { DeviceOptions } from "./device_options.ts";
import { areFinite, MAX_FLOAT32, requireFiniteRows } from "./finite.ts";
import type { Matrix } from "./matrix.ts";
import { Recent } from "./recent.ts";
import { after, all, finish, type Steps, type Wait } from "./steps.ts";

/** A parameter's values, `[rows, cols]` row-major. */
export interface NamedTensor<Values = Float32Array> {
  /** Rows and columns. */
  readonly shape: readonly [number, number];
  /** Row-major values. */
  readonly data: Values;
}

/** Programs kept compiled; the one unused for longest goes first. `samples` alone gives 64. */
const MAX_PROGRAMS = 12;

/** Rows that one run of a bulk program takes: their values stay in a processor's caches. */
export const BULK_ROWS = 128;

/** The most such runs that are started at once, and the most elements of an input or output of them. */
const MAX_CHUNKS = 32, MAX_ELEMENTS = 1 << 20;

/** The most rows of a run, and the draws of `evaluate` for each. */
export interface ProgramSize {
  readonly capacity: number;
  readonly samples?: number;
  /** Rows that there are: a device may take more of them at once. */
  readonly rows?: number;
  /** Whether a run may have many times the capacity, where the backend can take so many at once. */
  readonly isBulk?: boolean;
}

/** How to map rows. */
export interface MapOptions {
  /** For programs that draw noise. */
  readonly seed?: number;
  /** What errors say that cannot be done; the name of the program. */
  readonly action?: string;
}

/** What gives the programs of a model: each is to be used at once, and asked for anew after a wait. */
export interface Programs<Name extends string> {
  program(name: Name, size: ProgramSize): Program;
}

/** What work is about, for whoever decides where it is done. */
export interface Work<Name extends string> {
  readonly name: Name;
  readonly rows: number;
  readonly samples?: number;
}

/** Where work may be done instead of on the host. */
export interface WorkDevice<Name extends string> {
  /** What it is, for reports. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Does the work, be it on the host in the end. */
  run<T>(work: Work<Name>, steps: (programs: Programs<Name>) => Steps<T>): Promise<T>;
  /** Waits for all that is at work. */
  settled(): Promise<void>;
  dispose(): void;
}

/** A machine that a model runs on, and how single rows find weights there. */
export interface Host {
  readonly backend: Backend<SyncProgram>;
  readonly weights?: WeightFormat;
}

/** What a machine has to know of a model: its parameters, and its forward programs by name. */
export interface Architecture<Name extends string> {
  readonly parameters: readonly ParameterSpec[];
  plan(name: Name, parameters: Layout, size: ProgramSize): Plan;
}

export class Engine<Name extends string> implements Programs<Name> {
  readonly backend: Backend<SyncProgram>;
  readonly layout: Layout;
  readonly parameterSpecs: readonly ParameterSpec[];
  /** The parameters, which all programs share. */
  readonly segment: Segment;
  /** How single rows find the weights; absent on a backend that has no other form of them. */
  readonly weights?: WeightFormat;
  /** What was asked for. */
  readonly device: DeviceOptions;
  /** Where calls that may wait are done, where the model has such. */
  workDevice?: WorkDevice<Name>;
  /** Counts changes of the parameters; not those that training makes as it goes. */
  version = 0;
  /** Whether training changes the parameters now. */
  isMoving = false;
  readonly #architecture: Architecture<Name>;
  readonly #programs = new Recent<SyncProgram>(MAX_PROGRAMS);

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
  setParameters(
    values: ReadonlyMap<string, { shape?: readonly number[]; data: ArrayLike<number> }>,
  ): void {
    for (const [name, { shape, data }] of values) {
      const spec = this.parameterSpecs.find((each) => each.name === name);
      if (!spec) {
        throw new TypeError(`Cannot set parameter "${name}": the model has none of that name`);
      }
      const { rows, cols } = spec;
      const shaped = !shape || (shape[0] === rows && shape[1] === cols);
      if (!shaped || data.length !== rows * cols) {
        throw new RangeError(
          `Cannot set parameter "${name}": expected shape [${rows}, ${cols}]: current value is [${
            shape ?? data.length
          }]`,
        );
      }
      if (!areFinite(data, MAX_FLOAT32)) {
        throw new TypeError(`Cannot set parameter "${name}": all values must be finite in float32`);
      }
    }
    this.#write(new Map([...values].map(([name, { data }]) => [name, data])));
  }

  /** A program to use at once: a later call may dispose it. */
  program(name: Name, size: ProgramSize): SyncProgram {
    const key = `${name} ${size.capacity} ${size.samples ?? 1} ${size.isBulk ?? false}`;
    return this.#programs.get(key, () => this.compile(name, size));
  }

  plan(name: Name, size: ProgramSize): Plan {
    return this.#architecture.plan(name, this.layout, size);
  }

  /** A program for the caller to keep. */
  compile(name: Name, size: ProgramSize, weights?: WeightFormat): SyncProgram {
    const plan = this.plan(name, size);
    const chunks = size.isBulk ? chunksOf(plan) : 1;
    return this.backend.compile(plan, { parameters: this.segment }, weights, chunks);
  }

  /**
   * Runs a program over all rows of an input, in chunks; every output as one matrix.
   * @throws NotFiniteError naming the row for which a value is beyond float32
   */
  map(name: Name, input: string, x: Matrix, options?: MapOptions): Record<string, Matrix> {
    return finish(mapSteps(this, name, input, x, options));
  }

  /** `map`, by the device where that is better. */
  mapLater(
    name: Name,
    input: string,
    x: Matrix,
    options?: MapOptions,
  ): Promise<Record<string, Matrix>> {
    const [rows] = x.shape;
    return this.run({ name, rows }, (programs) => mapSteps(programs, name, input, x, options));
  }

  /** Work that may wait, by the device where that is better. */
  async run<T>(work: Work<Name>, steps: (programs: Programs<Name>) => Steps<T>): Promise<T> {
    const device = this.isMoving ? undefined : this.workDevice;
    return device ? await device.run(work, steps) : finish(steps(this));
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

function* mapSteps<Name extends string>(
  programs: Programs<Name>,
  name: Name,
  input: string,
  x: Matrix,
  { seed, action = name }: MapOptions = {},
): Steps<Record<string, Matrix>> {
  const [rows, width] = x.shape;
  // Draws are numbered by row, from one that is the whole run's.
  const size = { capacity: BULK_ROWS, isBulk: rows > BULK_ROWS && seed === undefined, rows };
  let program = programs.program(name, size);
  const capacity = capacityOf(program);
  const results: Record<string, Matrix> = {};
  for (const [output, { shape: { cols } }] of program.plan.outputs) {
    results[output] = { data: new Float32Array(rows * cols), shape: [rows, cols] };
  }
  for (let first = 0; first < rows; first += capacity) {
    if (first > 0) program = programs.program(name, size);
    const count = Math.min(capacity, rows - first);
    program.write(input, rowsOf(x.data, width, first, count));
    if (seed !== undefined && program.plan.inputs.has("key")) {
      program.write("key", [...splitSeed(seed), 0, first]);
    }
    program.run(count);
    const waits: Wait[] = [];
    for (const output in results) {
      const { data, shape: [, cols] } = results[output];
      const chunk = rowsOf(data, cols, first, count);
      const check = () => requireFiniteRows(action, chunk, cols, first);
      waits.push(after(program.read(output, chunk), check));
    }
    yield all(waits);
  }
  return results;
}

/** Some rows of a matrix, as a view only if they are not all: one costs as much as a short row's score. */
function rowsOf(data: Float32Array, width: number, first: number, count: number): Float32Array {
  const from = first * width, to = from + count * width;
  return from === 0 && to === data.length ? data : data.subarray(from, to);
}

/** The most rows of a run. */
export function capacityOf({ capacity, plan }: Program): number {
  return capacity ?? plan.capacity;
}

/** How many chunks of a plan's capacity a run may have, so that memory stays within bounds. */
function chunksOf({ capacity, inputs, outputs }: Plan): number {
  const widths = [...inputs.values(), ...outputs.values()].map(({ shape: { rows, cols } }) => {
    return rows * cols;
  });
  const most = Math.floor(MAX_ELEMENTS / (capacity * Math.max(...widths)));
  return Math.max(1, Math.min(MAX_CHUNKS, most));
}
