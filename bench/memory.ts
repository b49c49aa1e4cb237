/**
 * Memory over long use: a million scores of single rows and ten thousand calls of `score`; and a thousand models that
 * are created, trained, scored and disposed of. Each part first runs two fifths, until the garbage collector has found
 * its pace, and then must not grow: the rest may add at most LIMIT_MB to the process. Exits with 1 if it does.
 *
 *     deno task check:memory
 */
import { VAE } from "../mod.ts";

const INPUTS = 16;
/** What the garbage collector may not have returned. */
const LIMIT_MB = 24;

const network = { hidden: [24], activation: "tanh" } as const;
const spec = { inputs: INPUTS, encoder: network, decoder: network, latent: [{ size: 4 }] };

function rows(count: number) {
  const data = Float32Array.from({ length: count * INPUTS }, (_, i) => Math.sin(i));
  return { data, shape: [count, INPUTS] as const };
}

/** Megabytes of the process after a full collection: of the engine's heap, and in total. */
async function megabytes(): Promise<{ heap: number; resident: number }> {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new TypeError("Cannot collect garbage: run with --v8-flags=--expose-gc");
  for (let i = 0; i < 3; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, rss } = Deno.memoryUsage();
  return { heap: heapUsed / 2 ** 20, resident: rss / 2 ** 20 };
}

async function isFlat(name: string, times: number, body: () => unknown): Promise<boolean> {
  const first = 0.4 * times;
  for (let i = 0; i < first; i++) await body();
  const before = await megabytes();
  for (let i = first; i < times; i++) await body();
  const after = await megabytes();
  const [heap, resident] = [after.heap - before.heap, after.resident - before.resident];
  const flat = heap <= LIMIT_MB && resident <= LIMIT_MB;
  console.log(
    `${name.padEnd(48)} heap ${heap.toFixed(1).padStart(6)} MB  resident ${
      resident.toFixed(1).padStart(6)
    } MB of ${after.resident.toFixed(0)}  ${flat ? "flat" : "GROWS"}`,
  );
  return flat;
}

const vae = VAE.create(spec, { seed: 1 });
const one = rows(1).data, out = new Float64Array(1), many = rows(200), training = rows(128);
const thousand = () => {
  for (let i = 0; i < 1000; i++) vae.scoreInto(one, out);
};
const life = async () => {
  const model = VAE.create(spec, { seed: 1 });
  await model.fit(training, { epochs: 2, batchSize: 32 });
  await model.score(many);
  model.scoreInto(one, out);
  model.dispose();
};
const results = [
  await isFlat("1,000,000 scores of a row", 1000, thousand),
  await isFlat("10,000 calls of score, 200 rows", 10_000, () => vae.score(many)),
  await isFlat("1,000 models created, trained and disposed of", 1000, life),
];
if (results.includes(false)) Deno.exit(1);
