/**
 * The score of one row at a time, as fast as the machine allows: the program `rowScores` for a single row, kept for
 * good, with its weights packed. A score is: write the row where the program reads it, one run, read
 * both parts where they lie. Nothing is looked up by name, copied or allocated.
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
