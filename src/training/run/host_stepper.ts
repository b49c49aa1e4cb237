/**
 * Takes training steps on the host, one program run each. Its memory always holds the parameters after the last step.
 */
import type { Live, StepInputs, SyncProgram } from "../../backends/backend.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import { gathererOf, type GatherRows } from "../rows/gatherer.ts";
import type { RunState } from "./run_state.ts";
import type { StepSequence } from "./step_sequence.ts";
import type { StepOutputs, Stepper } from "./stepper.ts";

export class HostStepper implements Stepper {
  readonly #program: SyncProgram;
  readonly #columns: number;
  readonly #gather: GatherRows;
  readonly #state: RunState;
  readonly #sequence: StepSequence;
  /** The batch, in the program's memory. */
  readonly #x: Live;
  /** The rows after the batch, if the objective needs them. */
  readonly #reference?: Live;
  readonly #outputs: StepOutputs;
  readonly #outputsByName: readonly (readonly [name: string, into: Float64Array])[];

  constructor(program: SyncProgram, data: Matrix, state: RunState, sequence: StepSequence) {
    this.#program = program;
    this.#columns = data.shape[1];
    this.#gather = gathererOf(data);
    this.#state = state;
    this.#sequence = sequence;
    this.#x = program.live("x");
    if (program.plan.inputs.has("reference")) this.#reference = program.live("reference");
    const vector = (length = 1) => new Float64Array(length);
    this.#outputs = {
      loss: vector(),
      reconstruction: vector(),
      kl: vector(),
      squaredNorm: vector(),
      meanOfMean: vector(state.latent),
      meanOfSquare: vector(state.latent),
    };
    this.#outputsByName = Object.entries(this.#outputs);
  }

  begin(): void {}

  take(): void {
    const { counters } = this.#state, { beta1Power, beta2Power } = counters;
    const next = this.#sequence.at(counters, 0, [beta1Power, beta2Power]);
    this.#state.count(next, this.run(next.inputs));
  }

  sync(): void {}

  /** Takes a step without counting it. The next step overwrites the outputs. */
  run({ rows, first, key, floats }: StepInputs): StepOutputs {
    const program = this.#program, gather = this.#gather, { order } = this.#sequence;
    gather(order, first, rows, this.#x.elements);
    if (program.plan.inputs.has("key")) program.write("key", key);
    if (this.#reference) {
      const { elements } = this.#reference, count = elements.length / this.#columns;
      gather(order, first + rows, count, elements);
    }
    for (const [name, values] of floats) program.write(name, values);
    program.run(rows);
    for (const [name, into] of this.#outputsByName) program.read(name, into);
    return this.#outputs;
  }
}
