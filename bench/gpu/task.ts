/** Training steps of a model on a GPU, by the stepper that `fit` uses. */
import type { DeviceStepper, StepInputs } from "../../src/backends/backend.ts";
import { openAccelerator } from "../../src/backends/open.ts";
import type { Plan } from "../../src/graph/plan.ts";
import type { Objective } from "../../src/objectives/objective.ts";
import { relativeRounding } from "../../src/graph/cost.ts";
import type { Elbow } from "../lib/elbow.ts";
import { specOf, trainStep } from "../lib/models.ts";
import { ADAM, type Model } from "../lib/workloads.ts";

/** Milliseconds of one step: in total, and on the host before it waits. */
export interface StepTime {
  readonly total: number;
  readonly host: number;
}

export class GpuTask {
  readonly plan: Plan;
  readonly #stepper: DeviceStepper;
  readonly #batch: number;
  readonly #close: () => void;
  #taken = 0;

  static async open(
    elbow: Elbow,
    model: Model,
    batch: number,
    objective: Objective,
  ): Promise<GpuTask> {
    const accelerator = await openAccelerator({ allowSoftware: true });
    const spec = elbow.spec.parseSpec(specOf(model.workload));
    const specs = elbow.parameters.parametersOf(spec);
    const layout = elbow.layout.layOut("parameters", specs);
    const optimizer = elbow.optimizer.parseOptimizer({ type: "adam", learningRate: ADAM.rate });
    const state = elbow.training.stateLayout(optimizer, specs);
    const request = { spec, objective, optimizer, capacity: batch, parameters: layout, state };
    const plan = elbow.training.trainPlan(request);
    const held = { data: model.rows, columns: spec.inputs, orderLength: batch };
    const lengths = { parameters: layout.length, state: state.length };
    await accelerator.prepare(plan);
    const stepper = accelerator.stepper(plan, lengths, held);
    stepper.setOrder(Uint32Array.from({ length: batch }, (_, i) => i));
    const values = new Float32Array(layout.length);
    specs.forEach(({ name }, i) => values.set(model.weights[i], layout.places.get(name)!.offset));
    stepper.push(values, new Float32Array(state.length));
    return new GpuTask(plan, stepper, batch, () => accelerator.dispose());
  }

  private constructor(plan: Plan, stepper: DeviceStepper, batch: number, close: () => void) {
    this.plan = plan;
    this.#stepper = stepper;
    this.#batch = batch;
    this.#close = close;
  }

  /** Of one step. */
  get dispatches(): number {
    return this.#stepper.dispatches;
  }

  /** The outputs of each step. */
  take(count: number): Promise<ReadonlyMap<string, Float64Array>[]> {
    return this.#stepper.runSteps(Array.from({ length: count }, () => this.#next()));
  }

  /** Submits for this long, after two that do not count because the first compiles. */
  async sample(seconds: number, count = this.#stepper.maxSteps): Promise<StepTime[]> {
    const times: StepTime[] = [];
    for (let i = 0; i < 2; i++) await this.take(count);
    let sent = this.take(count), done = performance.now();
    const end = done + 1000 * seconds;
    do {
      // As in `fit`, the next submit is sent before the last is awaited.
      const start = performance.now(), next = this.take(count);
      const host = performance.now() - start;
      const losses = (await sent).map((outputs) => outputs.get("loss")![0]);
      const now = performance.now();
      if (!losses.every(Number.isFinite)) {
        throw new Error("Cannot time steps: a loss is not finite");
      }
      times.push({ total: (now - done) / count, host: host / count });
      [sent, done] = [next, now];
    } while (performance.now() < end);
    await sent;
    return times;
  }

  /** Milliseconds per step that the host spends on a full submit before it waits, with nothing else running. */
  async hostTime(): Promise<number> {
    const count = this.#stepper.maxSteps, start = performance.now(), results = this.take(count);
    const host = performance.now() - start;
    await results;
    return host / count;
  }

  dispose(): void {
    this.#stepper.dispose();
    this.#close();
  }

  #next(): StepInputs {
    const step = this.#taken++, t = step + 1;
    const schedule = [ADAM.rate, 1 - ADAM.beta1 ** t, 1 - ADAM.beta2 ** t];
    const floats = new Map<string, readonly number[]>([["schedule", schedule]]);
    if (this.plan.inputs.has("klWeight")) floats.set("klWeight", [1]);
    return { rows: this.#batch, first: 0, key: [1, 0, step, 0], floats };
  }
}

/**
 * Compares steps on the GPU with the same on WebAssembly, from one start. An error of a step affects the next, so after
 * t steps it is t times the rounding of one.
 * @returns the largest difference of a loss, relative to its parts
 * @throws Error if a loss differs by more than rounding
 */
export async function assertParity(
  elbow: Elbow,
  model: Model,
  objective: Objective,
  steps: number,
): Promise<number> {
  const batch = model.rows.length / model.workload.inputs;
  const host = trainStep(elbow, model, batch, objective, { determinism: "portable" });
  const task = await GpuTask.open(elbow, model, batch, objective);
  const one = new Float32Array(1);
  const read = (name: string) => {
    host.program.read(name, one);
    return one[0];
  };
  let largest = 0;
  try {
    (await task.take(steps)).forEach((outputs, step) => {
      host.run();
      const [loss, reconstruction, kl] = ["loss", "reconstruction", "kl"].map(read);
      const got = outputs.get("loss")![0];
      const parts = Math.abs(loss) + Math.abs(reconstruction) + Math.abs(kl);
      const difference = Math.abs(got - loss) / parts;
      if (!(difference <= (step + 1) * relativeRounding(task.plan))) {
        throw new Error(
          `Cannot trust the GPU: loss ${step} must be ${loss}, got ${got}`,
        );
      }
      largest = Math.max(largest, difference);
    });
  } finally {
    task.dispose();
    host.dispose();
  }
  return largest;
}
