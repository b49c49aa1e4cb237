/**
 * Computes the costs of one row at a time by the program `score`, like `trained/calls/single_score.ts` with
 * `rowScores`.
 */
import type { Live, SyncProgram } from "../backends/backend.ts";
import type { RowCosts } from "../trained/calls/costs.ts";

export class SingleRow {
  readonly #program: SyncProgram;
  readonly #x: Live;
  readonly #cost: Live;
  readonly #kl: Live;

  /** @param program `score`, of capacity 1 */
  constructor(program: SyncProgram) {
    this.#program = program;
    this.#x = program.live("x");
    this.#cost = program.live("cost");
    this.#kl = program.live("kl");
  }

  /** The row, `[D]`; write it before `run`. */
  get x(): Float32Array | Float64Array {
    return this.#x.elements;
  }

  run(): void {
    this.#program.run(1);
  }

  dispose(): void {
    this.#program.dispose();
  }

  /** Views of the program's memory, valid until the next run. */
  get costs(): RowCosts {
    const { elements: cost } = this.#cost, { elements: kl } = this.#kl;
    return { x: asRow(this.x), cost: asRow(float32(cost)), kl: asRow(float32(kl)) };
  }
}

function asRow(data: ArrayLike<number>): RowCosts["x"] {
  return { data, shape: [1, data.length] };
}

/** Results are float32, as in all other calls, also for the reference backend, which has more digits. */
function float32(elements: Float32Array | Float64Array): Float32Array {
  return elements instanceof Float32Array ? elements : Float32Array.from(elements);
}
