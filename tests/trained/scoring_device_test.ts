/**
 * The cost of `backend: "auto"` for calls that no GPU takes. Oracle: a program is planned once, when it is first
 * needed.
 */
import { equal, ok } from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { Engine } from "../../src/trained/engine.ts";

Deno.test("a call under auto plans nothing if a similar call was made before", async () => {
  const { plan } = Engine.prototype;
  let plans = 0;
  Engine.prototype.plan = function (...sought) {
    plans++;
    return plan.apply(this, sought);
  };
  const network = { hidden: [6] };
  const vae = VAE.create({ inputs: 3, encoder: network, decoder: network, latent: [{ size: 2 }] });
  try {
    const rows = [[1, 2, 3], [4, 5, 6]];
    const calls = async () => {
      await vae.score(rows);
      await vae.encode(rows);
      await vae.elbo(rows, { samples: 2, seed: 1 });
    };
    await calls();
    const first = plans;
    ok(first > 0);
    await calls();
    equal(plans, first);
  } finally {
    Engine.prototype.plan = plan;
    vae.dispose();
  }
});
