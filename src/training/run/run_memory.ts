/** The parameters and optimiser state in the host's memory, with the matching powers of Adam's decay rates. */
import type { Backend, Segment, SyncProgram } from "../../backends/backend.ts";
import type { RunCounters, Snapshot } from "./checkpoint.ts";

export class RunMemory {
  readonly #segments: readonly [parameters: Segment, state: Segment];
  readonly #isDouble: boolean;
  readonly #counters: Pick<RunCounters, "beta1Power" | "beta2Power">;

  /** @param counters hold the powers */
  constructor(
    { details }: Backend<SyncProgram>,
    segments: readonly [parameters: Segment, state: Segment],
    counters: Pick<RunCounters, "beta1Power" | "beta2Power">,
  ) {
    this.#segments = segments;
    this.#isDouble = details.precision === "float64";
    this.#counters = counters;
  }

  snapshot(): Snapshot {
    const { beta1Power, beta2Power } = this.#counters;
    const [parameters, state] = this.#segments.map((segment) => {
      const values = new (this.#isDouble ? Float64Array : Float32Array)(segment.length);
      segment.read(0, values);
      return values;
    });
    return { parameters, state, beta1Power, beta2Power };
  }

  restore(snapshot: Snapshot): void {
    this.write(snapshot);
    this.#counters.beta1Power = snapshot.beta1Power;
    this.#counters.beta2Power = snapshot.beta2Power;
  }

  /** Writes the values only. */
  write(values: Pick<Snapshot, "parameters" | "state">): void {
    const [parameters, state] = this.#segments;
    parameters.write(0, values.parameters);
    state.write(0, values.state);
  }
}
