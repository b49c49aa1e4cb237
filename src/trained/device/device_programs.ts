/**
 * The programs of a model on a device, compiled when first needed, for as many rows as needed and possible. The host
 * owns the parameters, and the device's copy follows them. The copy may be rounded to halves; the host's checks then
 * use the same halves.
 */
import {
  type Accelerator,
  LimitError,
  type Program,
  type Segment,
  type SyncProgram,
} from "../../backends/backend.ts";
import { fromHalf, toNormalHalf } from "../../core/bytes/half.ts";
import type { Engine } from "../engine.ts";
import type { Work } from "./work_device.ts";
import type { Programs } from "../calls/map_rows.ts";
import type { ProgramSize } from "../programs/program_size.ts";
import { SAMPLE_CHUNK } from "../calls/evaluation.ts";
import { LruCache } from "../lru_cache.ts";
import { CheckedProgram } from "./checked_program.ts";

/** The maximum number of rows of a run, and of scratch elements by its plan. */
const MAX_ROWS = 65_536, MAX_SCRATCH = 1 << 24;

/** Programs are not made for fewer rows than this. */
const MIN_ROWS = 16;

/** Number of programs kept. */
const MAX_PROGRAMS = 6;

export class DevicePrograms<Name extends string> implements Programs<Name> {
  readonly device: Accelerator;
  readonly #host: Engine<Name>;
  readonly #parameters: Segment;
  readonly #values: Float32Array;
  /** The parameters as the device holds them, for the host's checks: the host's own unless they are rounded. */
  readonly #checkSegment: Segment;
  readonly #isRounded: boolean;
  readonly #programs = new LruCache<Program>(MAX_PROGRAMS);
  readonly #checks = new Map<string, SyncProgram>();
  /** The maximum number of rows of a run, by program and draws. */
  readonly #limits = new Map<string, number>();
  readonly #prepared = new Set<string>();
  #version = -1;

  constructor(device: Accelerator, host: Engine<Name>) {
    this.device = device;
    this.#host = host;
    this.#values = new Float32Array(host.layout.length);
    const format = host.device.adapter?.weights ?? "f32", { length } = host.layout;
    this.#isRounded = format !== "f32";
    this.#parameters = device.allocate(length, format);
    this.#checkSegment = this.#isRounded ? host.backend.allocate(length) : host.segment;
  }

  program(name: Name, { samples, capacity, rows = capacity }: ProgramSize): Program {
    const kind = `${name} ${samples ?? 1}`;
    const maxRows = this.#limits.get(kind) ?? this.#estimate(name, samples);
    for (let size = Math.min(powerOfTwo(rows), maxRows);; size /= 2) {
      try {
        const program = this.#get(kind, name, { capacity: size, samples });
        this.#limits.set(kind, size < Math.min(powerOfTwo(rows), maxRows) ? size : maxRows);
        return program;
      } catch (error) {
        if (!(error instanceof LimitError) || size === 1) throw error;
      }
    }
  }

  /** Lets the device tune the program for some work. */
  async prepare({ name, rows, samples }: Work<Name>): Promise<void> {
    const draws = samples && Math.min(samples, SAMPLE_CHUNK);
    const maxRows = this.#limits.get(`${name} ${draws ?? 1}`) ?? this.#estimate(name, draws);
    const capacity = Math.min(powerOfTwo(rows), maxRows), key = `${name} ${draws ?? 1} ${capacity}`;
    if (this.#prepared.has(key)) return;
    this.#prepared.add(key);
    await this.device.prepare(this.#host.plan(name, { capacity, samples: draws }));
  }

  dispose(): void {
    for (const check of this.#checks.values()) check.dispose();
    this.#checks.clear();
    this.#programs.clear();
    if (this.#isRounded) this.#checkSegment.dispose();
    this.device.dispose();
  }

  #get(kind: string, name: Name, size: ProgramSize): Program {
    return this.#programs.get(
      `${kind} ${size.capacity}`,
      () => this.#compile(kind, name, size),
    );
  }

  #compile(kind: string, name: Name, size: ProgramSize): Program {
    const plan = this.#host.plan(name, size), segments = { parameters: this.#parameters };
    const check = () => this.#check(kind, name, size.samples);
    return new CheckedProgram(
      this.device.compile(plan, segments),
      check,
      () => this.#copyParameters(),
    );
  }

  /** The host's program for one row. */
  #check(kind: string, name: Name, samples?: number): SyncProgram {
    const known = this.#checks.get(kind);
    if (known) return known;
    const plan = this.#host.plan(name, { capacity: 1, samples });
    const made = this.#host.backend.compile(plan, { parameters: this.#checkSegment });
    this.#checks.set(kind, made);
    return made;
  }

  /**
   * Copies the current parameters to the device.
   * @throws LimitError if the device holds halves and a parameter is too large for one
   */
  #copyParameters(): void {
    if (this.#version === this.#host.version) return;
    this.#host.segment.read(0, this.#values);
    this.#parameters.write(0, this.#values);
    if (this.#isRounded) {
      this.#checkSegment.write(0, this.#values.map((value) => fromHalf(toNormalHalf(value))));
    }
    this.#version = this.#host.version;
  }

  /** The number of rows that fit into the scratch memory. */
  #estimate(name: Name, samples?: number): number {
    const { scratchLength } = this.#host.plan(name, { capacity: MIN_ROWS, samples });
    const rows = MAX_SCRATCH * MIN_ROWS / Math.max(1, scratchLength);
    return Math.min(MAX_ROWS, 2 ** Math.max(0, Math.floor(Math.log2(rows))));
  }
}

const powerOfTwo = (rows: number): number => 2 ** Math.ceil(Math.log2(Math.max(rows, MIN_ROWS)));
