/**
 * A program on a device that is not trusted: of every run the host computes the first row, the last, and one
 * of each of so many equal parts, at random; what the device reads out must be that. Where a share p of each part is
 * wrong it goes unseen with a probability of (1 - p)^PARTS a run; two parts on end that are wrong never do.
 *
 * Tolerance. That of `graph/cost.ts`, relative to the largest element of the row's result, or of what the
 * row reads, or one: what adds up to a small number has terms of that size.
 */
import { GpuError, type Program, type SyncProgram } from "../../backends/backend.ts";
import { HostRandom } from "../../core/random/philox.ts";
import { sizeAt } from "../../core/shape.ts";
import { relativeRounding } from "../../graph/cost.ts";
import type { Plan } from "../../graph/plan.ts";
import { after, type Wait } from "../steps.ts";

/** Parts of a run of which the host computes a row, and the least rows of one. */
const PARTS = 16, PART_ROWS = 16;

/** What the host says of one row of a run. */
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
   * @param prepare what must be done before a run
   */
  constructor(device: Program, host: () => SyncProgram, prepare: () => void) {
    this.plan = device.plan;
    this.#device = device;
    this.#host = host;
    this.#prepare = prepare;
    this.#tolerance = relativeRounding(device.plan);
  }

  /** The values must stay as they are until the run. */
  write(input: string, values: ArrayLike<number>): void {
    this.#device.write(input, values);
    this.#written.set(input, values);
  }

  run(rows: number): Wait {
    this.#prepare();
    const wait = this.#device.run(rows);
    // The device is at work meanwhile.
    this.#expected = checkedRows(rows, this.#runs++).map((row) => this.#expect(row));
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

  #expect(row: number): Expected {
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
      if (!integer) scale = values.reduce((most, each) => Math.max(most, Math.abs(each)), scale);
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
    const largest = want.reduce((most, each) => Math.max(most, Math.abs(each)), scale);
    const limit = this.#tolerance * largest;
    want.forEach((expected, i) => {
      const actual = got[row * want.length + i];
      // What is beyond float32 here may be just within it there; the caller refuses either.
      if (!Number.isFinite(expected) || Math.abs(actual - expected) <= limit) return;
      throw new GpuError(
        `Cannot trust the GPU: ${output} of row ${row + 1} of a run must be ${expected}` +
          `, got ${actual}`,
      );
    });
  }
}

/** Of every run others. */
function checkedRows(rows: number, run: number): readonly number[] {
  const random = new HostRandom(rows, run, 0);
  const parts = Math.min(PARTS, Math.floor(rows / PART_ROWS));
  const start = (part: number) => Math.floor(part * rows / parts);
  const inner = Array.from({ length: parts }, (_, part) => {
    return start(part) + random.below(start(part + 1) - start(part));
  });
  return [...new Set([0, ...inner, rows - 1])];
}
