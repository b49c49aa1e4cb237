/**
 * Measures the heap while an app answers scores; hostile_test.ts runs it with a garbage collector to call. Prints the
 * bytes in use after warming up and after each 20,000 scores, or as many as requested.
 *
 *     deno run --v8-flags=--expose-gc tests/http/memory_probe.ts [SCORES] [TIMES]
 */
import { VAE } from "../../mod.ts";
import { createApp } from "../../src/http/mod.ts";

const m = VAE.create({ inputs: 3, latent: [{ size: 2 }] }, { seed: 1 });
const app = createApp({ models: { m } });
const body = JSON.stringify({ rows: [[0.5, 1, -3]] });
const headers = { "content-type": "application/json" };
const { gc } = globalThis as unknown as { gc: () => void };

async function held(scores: number): Promise<number> {
  for (let i = 0; i < scores; i++) {
    const response = await app.fetch(
      new Request("http://x/v1/models/m/score", { method: "POST", headers, body }),
    );
    await response.text();
  }
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    gc();
  }
  return Deno.memoryUsage().heapUsed;
}

const [scores = "20000", times = "3"] = Deno.args;
const bytes = [await held(Number(scores))];
for (let i = 0; i < Number(times); i++) bytes.push(await held(Number(scores)));
console.log(JSON.stringify(bytes));
