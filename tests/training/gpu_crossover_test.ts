/** Where a run goes on under "auto": by the times of its own steps. Device and clock are given: no GPU is needed. */
import { equal, match } from "node:assert/strict";
import type { Accelerator, StepInputs, Stepper } from "../../src/backends/backend.ts";
import type { Plan } from "../../src/graph/plan.ts";
import { GpuSteps } from "../../src/training/gpu_steps.ts";

const PLAN: Plan = {
  capacity: 1,
  instructions: [],
  inputs: new Map(),
  outputs: new Map(),
  constants: [],
  scratchLength: 0,
};

const step: StepInputs = { rows: 1, first: 0, key: [0, 0, 0, 0], floats: new Map() };

/** Steps that take so long each, after a submit that compiles. */
async function leaves(
  { gpu, host, isRival }: { gpu: number; host: number; isRival: boolean },
): Promise<string | undefined> {
  let now = 0, isFirst = true;
  const stepper: Stepper = {
    ...{ most: 4, dispatches: 1 },
    setOrder() {},
    push() {},
    pull: () => Promise.resolve(),
    take(steps) {
      return Promise.resolve().then(() => {
        now += isFirst ? 1000 : gpu * steps.length;
        isFirst = false;
        const ones = () => Float64Array.of(1);
        return steps.map(() => new Map([["loss", ones()], ["squaredNorm", ones()]]));
      });
    },
    undo() {},
    dispose() {},
  };
  const accelerator = { details: { adapter: "a card" }, dispose() {} } as unknown as Accelerator;
  const steps = new GpuSteps(accelerator, stepper, PLAN, {
    ...{ parameters: 1, state: 1, clock: () => now, isRival },
  });
  steps.enter(new Uint32Array(1), { parameters: [0], state: [0] });
  steps.hostTook(host);
  for (let i = 0; i < 3; i++) {
    steps.send([step, step]);
    await steps.receive();
  }
  equal(steps.isSlower, steps.report.left !== undefined);
  return steps.report.left;
}

Deno.test("a run under auto stays on a GPU that is faster, compiling aside", async () => {
  equal(await leaves({ gpu: 1, host: 2, isRival: true }), undefined);
});

Deno.test("a run under auto leaves a GPU that is slower, and says by how much", async () => {
  match(
    String(await leaves({ gpu: 3, host: 2, isRival: true })),
    /^a step took 3\.00 ms there, 2\.00 ms on the host$/,
  );
});

Deno.test("a GPU that was asked for is not left", async () => {
  equal(await leaves({ gpu: 3, host: 2, isRival: false }), undefined);
});
