/**
 * The scoring entry as an edge host would get it: bundled and minified, it is small, holds no kernel
 * that only training runs, and scores a model to the bit as the library does.
 */
import assert from "node:assert/strict";
import { TableScorer, TrainedVae, VAE } from "../../mod.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { SCORE_KERNELS } from "../../src/backends/wasm/kernels/score.ts";
import { planeRows } from "../util/data.ts";

/** Compressed, with both builds of the kernels. */
const LIMIT_BYTES = 75_950;

const ENTRY = new URL("../../src/scoring/mod.ts", import.meta.url).pathname;

async function bundle(entry: string): Promise<string> {
  const path = await Deno.makeTempFile({ suffix: ".js" });
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--no-lock", "--minify", "--platform=browser", entry, "-o", path],
    stdin: "null",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return path;
}

async function gzipBytes(text: string): Promise<number> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).arrayBuffer()).byteLength;
}

Deno.test("the bundled scoring entry is small, without training, and scores as the library", async () => {
  const path = await bundle(ENTRY), text = await Deno.readTextFile(path);
  const bytes = await gzipBytes(text);
  assert.ok(bytes <= LIMIT_BYTES, `${bytes} bytes compressed`);
  assert.ok(text.includes(SCORE_KERNELS.hex), "the score build");
  assert.ok(!text.includes(FULL_KERNELS.hex), "no training build");

  const network = { hidden: [12], activation: "tanh" } as const;
  const spec = { inputs: 5, encoder: network, decoder: network, latent: [{ size: 2 }] };
  const vae = VAE.create(spec, { seed: 1 }), rows = planeRows(20, 5, 8);
  const bundled = await import(`file://${path}`);
  assert.notEqual(bundled.TrainedVae, TrainedVae);
  const loaded: TrainedVae = await bundled.TrainedVae.load(vae.save());
  assert.equal(loaded.device.backend, "wasm");
  const want = await vae.score(rows), out = new Float64Array(1);
  assert.deepEqual(await loaded.score(rows), want);
  rows.forEach((row, r) => {
    loaded.scoreInto(Float32Array.from(row), out);
    assert.equal(out[0], want[r]);
  });
  assert.equal(typeof bundled.TableScorer.load, typeof TableScorer.load);
  await Deno.remove(path);
});
