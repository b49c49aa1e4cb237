/** Ten optimiser steps against PyTorch, on every synchronous backend: see steps.ts. */
import { EXECUTORS, open } from "../util/executors.ts";
import { checkSteps } from "./steps.ts";
import { readGoldens } from "./vae_golden.ts";

for (const golden of readGoldens()) {
  for (const executor of EXECUTORS) {
    const title = `golden ${golden.name} on ${executor.label}: ten ${golden.optimizer.type} steps`;

    Deno.test(title, async () => {
      const backend = open(executor);
      await checkSteps(golden, backend, executor.unitRoundoff);
      backend.dispose();
    });
  }
}
