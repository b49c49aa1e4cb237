/** What `lossAndGradients` keeps between calls. Oracle: a model without earlier calls. */
import { deepEqual, equal, notEqual, rejects } from "node:assert/strict";
import { VAE } from "../../mod.ts";

const SPEC = { inputs: 3, encoder: { hidden: [5] }, latent: [{ size: 2 }] } as const;

const waves = (length: number, by: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(by * i));

const callOf = (rows: number) => ({
  x: { data: waves(3 * rows, 1), shape: [rows, 3] as const },
  noise: { data: waves(2 * rows, 2), shape: [rows, 2] as const },
});

/** A model, and how often its device has compiled. */
function watched() {
  const vae = VAE.create(SPEC, { seed: 1 });
  const { backend } = (vae as unknown as { engine: { backend: { compile: Compile } } }).engine;
  const { compile } = backend, count = { compiled: 0 };
  backend.compile = (...given) => {
    count.compiled++;
    return compile(...given);
  };
  return { vae, count };
}

type Compile = (...given: unknown[]) => unknown;

Deno.test("similar calls compile once, and give the result of a first call", async () => {
  const { vae, count } = watched();
  const calls = [
    { rows: 4 },
    { rows: 7 },
    { rows: 4, objective: { type: "iwae", samples: 1 } },
  ] as const;
  const answers = async (of: VAE) => {
    const all = [];
    for (const { rows, ...options } of calls) {
      const { x, noise } = callOf(rows);
      all.push(await of.lossAndGradients(x, { noise, ...options }));
    }
    return all;
  };
  const first = await answers(vae);
  equal(count.compiled, calls.length);
  deepEqual(await answers(vae), first);
  const [name, { data }] = [...vae.parameters()][0];
  vae.setParameters(new Map([[name, { data: data.map((value) => value + 0.1) }]]));
  const moved = await answers(vae);
  equal(count.compiled, calls.length);
  notEqual(moved[0].loss, first[0].loss);
  const fresh = VAE.create(SPEC, { seed: 2 });
  fresh.setParameters(vae.parameters());
  deepEqual(moved, await answers(fresh));
  vae.dispose();
  fresh.dispose();
});

Deno.test("a program compiled for many rows is not kept", async () => {
  const { vae, count } = watched();
  const { x, noise } = callOf(1025);
  const first = await vae.lossAndGradients(x, { noise });
  deepEqual(await vae.lossAndGradients(x, { noise }), first);
  equal(count.compiled, 2);
  vae.dispose();
});

Deno.test("without rows there are no gradients: an empty table is refused as such", async () => {
  const { vae, count } = watched();
  await rejects(
    vae.lossAndGradients([], { noise: [] }),
    new RangeError("Cannot compute gradients: there are no rows"),
  );
  equal(count.compiled, 0);
  vae.dispose();
});

Deno.test("noise that is not rows is called noise in the error: a plain object, and numbers without a shape", async () => {
  const { vae } = watched(), { x, noise } = callOf(2);
  for (
    const wrong of [{ noise }, Float32Array.of(1, 2), new Map([["noise", Float32Array.of(1)]])]
  ) {
    await rejects(
      vae.lossAndGradients(x, { noise: wrong as never }),
      /^TypeError: Cannot compute gradients: expected noise to be rows, or the noise a Map of rows by name, got /,
    );
  }
  vae.dispose();
});
