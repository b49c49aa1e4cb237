/**
 * Rows of a Gaussian likelihood are checked only if a score is not finite (ADR 74). The error must still name the first
 * wrong cell, whatever the parameters. Oracle: the position at which the value was planted.
 */
import assert from "node:assert/strict";
import { TrainedVae } from "../../src/trained/mod.ts";
import { VAE } from "../../src/training/vae.ts";
import { HostRandom } from "../../src/core/random/philox.ts";

const COLUMNS = 5, ROWS = 7;
const VARIANCES = [1, "shared", "perFeature", "perRow", "optimal"] as const;
/** Scales of the parameters: unchanged, all zero, and so large that means and products overflow. */
const SCALES = [1, 0, 1e30];

for (const activation of ["relu", "tanh"] as const) {
  for (const variance of VARIANCES) {
    Deno.test(`score() names a cell that is not finite: variance ${variance}, ${activation}`, async () => {
      const network = { hidden: [6], activation };
      const vae = VAE.create({
        inputs: COLUMNS,
        encoder: network,
        decoder: network,
        latent: [{ size: 2 }],
        likelihood: { type: "gaussian", variance },
      }, { seed: 1 });
      const random = new HostRandom(2, 0, 1), untouched = vae.parameters();
      for (const scale of SCALES) {
        vae.setParameters(
          new Map([...untouched].map(([name, { data }]) => {
            return [name, { data: data.map((value) => scale * (value || 0.1)) }] as const;
          })),
        );
        for (const value of [NaN, Infinity, -Infinity]) {
          for (let at = 0; at < ROWS * COLUMNS; at += 3) {
            const data = Float32Array.from(
              { length: ROWS * COLUMNS },
              () => random.uniformF64() - 0.5,
            );
            data[at] = value;
            const row = Math.floor(at / COLUMNS) + 1, column = at % COLUMNS + 1;
            const fault = new RegExp(
              `^TypeError: Cannot read row ${row}, column ${column}: expected a finite number, got ${value}$`,
            );
            await assert.rejects(vae.score({ data, shape: [ROWS, COLUMNS] }), fault);
            const lists = Array.from(
              { length: ROWS },
              (_, r) => [...data.slice(r * COLUMNS, (r + 1) * COLUMNS)],
            );
            await assert.rejects(vae.score(lists, { method: "kl" }), fault);
          }
        }
      }
      vae.dispose();
    });
  }
}

Deno.test("score() of a finite row that is too extreme says that its result is not finite", async () => {
  const network = { hidden: [3], activation: "relu" } as const;
  const spec = { inputs: 2, encoder: network, decoder: network, latent: [{ size: 1 }] };
  const vae = VAE.create(spec, { seed: 1 });
  await assert.rejects(vae.score([[1, 2], [1e30, 0]]), /^NotFiniteError: Cannot score row 2: /);
  vae.dispose();
});

Deno.test("a trained model refuses an unknown method of score()", async () => {
  const network = { hidden: [3], activation: "relu" } as const;
  const spec = { inputs: 2, encoder: network, decoder: network, latent: [{ size: 1 }] };
  const vae = VAE.create(spec, { seed: 1 });
  const trained = await TrainedVae.load(vae.save());
  await assert.rejects(
    trained.score([[1, 2]], { method: "elbow" as "elbo" }),
    /^TypeError: Cannot read method: expected "elbo", "reconstruction" or "kl", got "elbow"$/,
  );
  vae.dispose();
  trained.dispose();
});
