/**
 * The entry points for scoring as an edge host or a page gets them, bundled into one file and minified: small, without
 * kernels that only training runs, and with the same bits as the library's scores.
 */
import assert from "node:assert/strict";
import { TableScorer, TrainedVae, VAE } from "../../mod.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { SCORE_KERNELS } from "../../src/backends/wasm/kernels/score.ts";
import { planeRows } from "../util/data.ts";
import { gzipped } from "../util/gzip.ts";

/** What is bundled, and its largest compressed size in bytes, kernels included. */
const PROGRAMS = {
  "the entry for networks": { program: all("trained"), limit: 60_000 },
  "a program that takes networks alone from the entry for tables": {
    program: `export { TrainedVae } from ${JSON.stringify(entry("scoring"))};`,
    limit: 60_000,
  },
  "the entry for tables": { program: all("scoring"), limit: 79_660 },
};

function entry(folder: "trained" | "scoring"): string {
  return new URL(`../../src/${folder}/mod.ts`, import.meta.url).href;
}

function all(folder: "trained" | "scoring"): string {
  return `export * from ${JSON.stringify(entry(folder))};`;
}

/** Writes a program to a temporary folder and bundles it; the path of the bundle. */
async function bundle(program: string): Promise<{ readonly path: string; readonly text: string }> {
  const folder = await Deno.makeTempDir(), path = `${folder}/elbow.js`;
  await Deno.writeTextFile(`${folder}/program.ts`, program);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--no-lock", "--minify", "--platform=browser"],
      ...[`${folder}/program.ts`, "-o", path],
    ],
    stdin: "null",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return { path, text: await Deno.readTextFile(path) };
}

for (const [name, { program, limit }] of Object.entries(PROGRAMS)) {
  Deno.test(`${name}, bundled, is small, contains no training, and gives the library's scores`, async () => {
    const { path, text } = await bundle(program), bytes = (await gzipped(text)).length;
    assert.ok(bytes <= limit, `${bytes} bytes compressed`);
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
    const forTables = name === "the entry for tables";
    assert.equal(
      typeof bundled.TableScorer?.load,
      forTables ? typeof TableScorer.load : "undefined",
    );
    await Deno.remove(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  });
}
