/**
 * Scores one row at a time, as fast as possible: the program `rowScores` for a single row, kept compiled, with packed
 * weights. Scoring writes the row directly to the program's input, runs once, and reads both parts directly from its
 * outputs, without lookups by name, copies or allocations.
 */
import type { Live, SyncProgram } from "../../backends/backend.ts";

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

  /** The row, `[D]`; write it before `run`. */
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
