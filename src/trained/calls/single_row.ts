/**
 * One row at a time, as fast as the machine allows: the program `score` for a single row, kept for
 * good, with its weights packed. A score is: write the row where the program reads it, one run, read
 * cost and KL where they lie. Nothing is looked up by name, copied or allocated.
 */
import type { Live, SyncProgram } from "../../backends/backend.ts";
import type { RowCosts } from "./costs.ts";

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

  /** The row, `[D]`: write it before `run`. */
  get x(): Float32Array | Float64Array {
    return this.#x.elements;
  }

  run(): void {
    this.#program.run(1);
  }

  /** All three as they lie, until the next run. */
  get costs(): RowCosts {
    return { x: asRow(this.x), cost: asRow(this.cost), kl: asRow(this.kl) };
  }

  /** -ln p(x_d | z) per column, `[D]`, nats, at z = E[z | x]; until the next run. */
  get cost(): Float32Array {
    return float32(this.#cost.elements);
  }

  /** KL per latent dimension, `[L]`, nats; until the next run. */
  get kl(): Float32Array {
    return float32(this.#kl.elements);
  }
}

function asRow(data: ArrayLike<number>): RowCosts["x"] {
  return { data, shape: [1, data.length] };
}

/** A row's score alone: the program `rowScores`, likewise. */
export class SingleScore {
  readonly #program: SyncProgram;
  readonly #x: Live;
  readonly #reconstruction: Live;
  readonly #divergence: Live;

  /** @param program `rowScores`, of capacity 1 */
  constructor(program: SyncProgram) {
    this.#program = program;
    this.#x = program.live("x");
    this.#reconstruction = program.live("reconstruction");
    this.#divergence = program.live("divergence");
  }

  /** The row, `[D]`: write it before `run`. */
  get x(): Float32Array | Float64Array {
    return this.#x.elements;
  }

  /** -ln p(x | z) + KL at z = E[z | x], nats, as `TrainedVae.score` adds them. */
  run(): number {
    this.#program.run(1);
    return Math.fround(this.#reconstruction.elements[0]) +
      Math.fround(this.#divergence.elements[0]);
  }
}

/** Results are float32 in every other call, also of the reference, which has more digits. */
function float32(elements: Float32Array | Float64Array): Float32Array {
  return elements instanceof Float32Array ? elements : Float32Array.from(elements);
}
