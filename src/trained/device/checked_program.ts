/**
 * A program on an untrusted device, checked by the host. For every run the host computes the first row, the last, and a
 * random one in each of up to `MAX_PARTS` equal parts; the device must give the same results. If a share p of each part
 * is wrong, a run passes undetected with probability (1 - p)^parts; two consecutive parts that are wrong entirely never
 * pass.
 *
 * Tolerance: that of `graph/cost.ts`, relative to the largest element of the row's result or inputs, or one, because a
 * small sum may have terms of that size.
 */
import { GpuError, type Program, type SyncProgram } from "../../backends/backend.ts";
import { HostRandom } from "../../core/random/philox.ts";
import { sizeAt } from "../../core/shape.ts";
import { relativeRounding } from "../../graph/cost.ts";
import type { Plan } from "../../graph/plan.ts";
import { after, type Wait } from "../steps.ts";

/** Parts of a run in which the host checks a row, and the minimum number of rows in a part. */
const MAX_PARTS = 16, MIN_PART_ROWS = 16;

/** The host's results for one row of a run. */
interface Expected {
  readonly row: number;
  readonly scale: number;
  readonly outputs: ReadonlyMap<string, Float32Array>;
}

export class CheckedProgram implements Program {
  readonly plan: Plan;
  readonly #device: Program;
  readonly #host: () => SyncProgram;
  readonly #prepare: () => void;
  readonly #tolerance: number;
  readonly #written = new Map<string, ArrayLike<number>>();
  #expected: readonly Expected[] = [];
  #runs = 0;

  /**
   * @param host the same program for one row
   * @param prepare called before each run
   */
  constructor(device: Program, host: () => SyncProgram, prepare: () => void) {
    this.plan = device.plan;
    this.#device = device;
    this.#host = host;
    this.#prepare = prepare;
    this.#tolerance = relativeRounding(device.plan);
  }

  /** The values must not change until the run. */
  write(input: string, values: ArrayLike<number>): void {
    this.#device.write(input, values);
    this.#written.set(input, values);
  }

  run(rows: number): Wait {
    this.#prepare();
    const wait = this.#device.run(rows);
    // The device computes meanwhile.
    this.#expected = checkedRows(rows, this.#runs++).map((row) => this.#computeExpected(row));
    return wait;
  }

  read(output: string, into: Float32Array | Float64Array): Wait {
    const expected = this.#expected;
    return after(this.#device.read(output, into), () => {
      for (const each of expected) this.#compare(output, into, each);
    });
  }

  dispose(): void {
    this.#device.dispose();
  }

  #computeExpected(row: number): Expected {
    const program = this.#host();
    let scale = 1;
    for (const [name, { shape, integer }] of this.plan.inputs) {
      const all = this.#written.get(name)!, size = sizeAt(shape, 1);
      const values = Array.from(
        { length: size },
        (_, i) => all[shape.batched ? row * size + i : i],
      );
      // Draws are numbered by row.
      if (name === "key") values[3] += row;
      program.write(name, values);
      if (!integer) scale = values.reduce((max, each) => Math.max(max, Math.abs(each)), scale);
    }
    program.run(1);
    const outputs = new Map([...this.plan.outputs].map(([name, { shape }]) => {
      const values = new Float32Array(sizeAt(shape, 1));
      program.read(name, values);
      return [name, values];
    }));
    return { row, scale, outputs };
  }

  #compare(output: string, got: ArrayLike<number>, { row, scale, outputs }: Expected): void {
    const want = outputs.get(output)!;
    const largest = want.reduce((max, each) => Math.max(max, Math.abs(each)), scale);
    const limit = this.#tolerance * largest;
    want.forEach((expected, i) => {
      const actual = got[row * want.length + i];
      // A value beyond float32 on the host may be just within it on the device; the caller rejects either.
      if (!Number.isFinite(expected) || Math.abs(actual - expected) <= limit) return;
      throw new GpuError(
        `Cannot trust the GPU: ${output} of row ${row + 1} of a run must be ${expected}` +
          `, got ${actual}`,
      );
    });
  }
}

/** The rows to check; different ones in every run. */
function checkedRows(rows: number, run: number): readonly number[] {
  const random = new HostRandom(rows, run, 0);
  const parts = Math.min(MAX_PARTS, Math.floor(rows / MIN_PART_ROWS));
  const start = (part: number) => Math.floor(part * rows / parts);
  const inner = Array.from({ length: parts }, (_, part) => {
    return start(part) + random.below(start(part + 1) - start(part));
  });
  return [...new Set([0, ...inner, rows - 1])];
}
