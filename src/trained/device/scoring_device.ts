/**
 * Decides whether calls on batches run on a GPU, and handles its failures.
 *
 *   "webgpu"   every asynchronous call; an error if there is no adapter
 *   "auto"     large calls, on a real adapter that has passed a self-test and was faster in a trial of the
 *              same program
 *
 * The GPU is not trusted (`checked_program.ts`). If it fails, the call is repeated on the host from the start, and so
 * are all later ones; `details.lost` gives the reason.
 */
import {
  type Accelerator,
  type AdapterOptions,
  GpuError,
  LimitError,
  type Program,
} from "../../backends/backend.ts";
import { sizeAt } from "../../core/shape.ts";
import { requireChoice } from "../../core/validate.ts";
import { operationsOf } from "../../graph/cost.ts";
import type { Engine } from "../engine.ts";
import type { Work, WorkDevice } from "./work_device.ts";
import { BULK_ROWS, capacityOf, type Programs } from "../calls/map_rows.ts";
import { SAMPLE_CHUNK } from "../calls/evaluation.ts";
import { runAsync, runSync, type Steps } from "../steps.ts";
import { DevicePrograms } from "./device_programs.ts";
import { requireSelfTest } from "./self_test.ts";

/** Operations of a call that justify finding an adapter and a trial: seconds on WebAssembly. */
const CALL_TRIAL_OPERATIONS = 1e11;

export interface ScoringDeviceOptions {
  readonly open: (options: AdapterOptions) => Promise<Accelerator>;
  /** A monotonic clock, in milliseconds. */
  readonly clock: () => number;
}

export class ScoringDevice<Name extends string> implements WorkDevice<Name> {
  readonly #host: Engine<Name>;
  readonly #options: ScoringDeviceOptions;
  readonly #isRequested: boolean;
  #opening?: Promise<DevicePrograms<Name> | undefined>;
  #opened?: DevicePrograms<Name>;
  /** Operations per row, by program. */
  readonly #operations = new Map<string, number>();
  /** Whether the device was faster, by program. */
  readonly #wins = new Map<string, Promise<boolean>>();
  readonly #running = new Set<Promise<unknown>>();
  #details: Readonly<Record<string, unknown>> = {};
  #disposed = false;

  constructor(host: Engine<Name>, options: ScoringDeviceOptions) {
    this.#host = host;
    this.#options = options;
    this.#isRequested = host.device.backend === "webgpu";
    requireChoice("adapter.weights", host.device.adapter?.weights ?? "f32", ["f32", "f16"]);
  }

  get details(): Readonly<Record<string, unknown>> {
    return this.#details;
  }

  takes(work: Work<Name>): boolean {
    return !("lost" in this.#details) && (this.#isRequested || this.#isLarge(work));
  }

  async run<T>(work: Work<Name>, steps: (programs: Programs<Name>) => Steps<T>): Promise<T> {
    const running = this.#run(work, steps);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  dispose(): void {
    this.#disposed = true;
    this.#opened?.dispose();
  }

  async #run<T>(work: Work<Name>, steps: (programs: Programs<Name>) => Steps<T>): Promise<T> {
    const device = await this.#deviceFor(work);
    if (!device) return runSync(steps(this.#host));
    try {
      await device.prepare(work);
      const result = await runAsync(steps(device));
      const { adapter } = device.device.details,
        { weights = "f32" } = this.#host.device.adapter ?? {};
      this.#details = { adapter, scoring: "webgpu", scoringWeights: weights };
      return result;
    } catch (error) {
      this.#abandon(error, device);
      return runSync(steps(this.#host));
    }
  }

  async #deviceFor(work: Work<Name>): Promise<DevicePrograms<Name> | undefined> {
    if (!this.takes(work)) return undefined;
    const device = await (this.#opening ??= this.#open());
    if (!device || this.#isRequested) return device;
    const { name, samples } = work, kind = `${name} ${samples ?? 1}`;
    if (!this.#wins.has(kind)) this.#wins.set(kind, this.#isFaster(device, work));
    return await this.#wins.get(kind) ? device : undefined;
  }

  async #open(): Promise<DevicePrograms<Name> | undefined> {
    const { adapter } = this.#host.device;
    try {
      const opened = await this.#options.open({ allowSoftware: this.#isRequested, ...adapter });
      this.#opened = devicePrograms(opened, this.#host);
      if (this.#disposed) this.#opened.dispose();
      else if (!this.#isRequested) await this.#test(this.#opened);
      return "lost" in this.#details ? undefined : this.#opened;
    } catch (error) {
      // If a GPU was requested, an adapter may still appear later.
      if (this.#isRequested) this.#opening = undefined;
      if (error instanceof GpuError) this.#details = { lost: error.message };
      else if (this.#isRequested) throw error;
      return undefined;
    }
  }

  async #test(device: DevicePrograms<Name>): Promise<void> {
    try {
      await requireSelfTest(device.device);
    } catch (error) {
      this.#abandon(error, device);
    }
  }

  /** Continues on the host. @throws errors that are not GPU failures, or that result from disposal */
  #abandon(error: unknown, device: DevicePrograms<Name>): void {
    const isRefused = !this.#isRequested && error instanceof LimitError;
    if (!(error instanceof GpuError || isRefused) || this.#disposed) throw error;
    if ("lost" in this.#details) return;
    this.#details = { adapter: device.device.details.adapter, lost: error.message };
    device.dispose();
  }

  #isLarge({ name, rows, samples = 1 }: Work<Name>): boolean {
    if (this.#host.device.determinism === "portable") return false;
    const drawn = Math.min(samples, SAMPLE_CHUNK), draws = Math.max(1, samples / SAMPLE_CHUNK);
    const { trialOperations = CALL_TRIAL_OPERATIONS } = this.#host.device.adapter ?? {};
    return rows * draws * this.#operationsOf(name, drawn) >= trialOperations;
  }

  /** Operations per row. Cached, because planning a program takes longer than scoring a small batch. */
  #operationsOf(name: Name, samples: number): number {
    const kind = `${name} ${samples}`;
    let operations = this.#operations.get(kind);
    if (operations === undefined) {
      operations = operationsOf(this.#host.plan(name, { capacity: 1, samples }));
      this.#operations.set(kind, operations);
    }
    return operations;
  }

  /** Whether the device is faster on rows of zeros, after compilation. */
  async #isFaster(device: DevicePrograms<Name>, work: Work<Name>): Promise<boolean> {
    const { name, rows } = work, samples = work.samples && Math.min(work.samples, SAMPLE_CHUNK);
    const { clock } = this.#options;
    try {
      const perRow = async (runOnce: () => Promise<number>) => {
        await runOnce();
        const start = clock(), rows = await runOnce();
        return (clock() - start) / rows;
      };
      const onDevice = await perRow(() =>
        runOnZeros(device.program(name, { capacity: BULK_ROWS, samples, rows }))
      );
      const onHost = await perRow(() =>
        runOnZeros(this.#host.program(name, { capacity: BULK_ROWS, samples }))
      );
      return onDevice < onHost;
    } catch (error) {
      this.#abandon(error, device);
      return false;
    }
  }
}

/** @throws LimitError if the parameters do not fit */
function devicePrograms<Name extends string>(
  opened: Accelerator,
  host: Engine<Name>,
): DevicePrograms<Name> {
  try {
    return new DevicePrograms(opened, host);
  } catch (error) {
    opened.dispose();
    throw error;
  }
}

/** Runs the program once at full capacity on zeros. @returns the number of rows */
async function runOnZeros(program: Program): Promise<number> {
  const rows = capacityOf(program), { inputs, outputs } = program.plan;
  for (const [name, { shape }] of inputs) {
    program.write(name, new Float32Array(sizeAt(shape, rows)));
  }
  await program.run(rows);
  const [[output, { shape }]] = outputs;
  await program.read(output, new Float32Array(sizeAt(shape, rows)));
  return rows;
}
