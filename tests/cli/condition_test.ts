/** Conditional models, and reports on a model's bounds, on the command line. */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { planeRows } from "../util/data.ts";
import { cellsOf, elbowOk, Folder, refused } from "./util.ts";

Deno.test("elbow sample --condition draws what sample() draws under the same condition", async () => {
  using folder = new Folder();
  const vae = VAE.create({ inputs: 3, condition: 2, latent: [{ size: 2 }] }, { seed: 7 });
  const path = folder.at("c.safetensors");
  Deno.writeFileSync(path, vae.save());
  const count = ["--count", "4", "--seed", "2"];
  const csv = await elbowOk("sample", path, ...count, "--condition", "1,-0.5");
  const condition = new Array<number[]>(4).fill([1, -0.5]);
  const { data } = await vae.sample(4, { seed: 2, condition });
  const [, ...rows] = cellsOf(csv);
  assert.deepEqual(rows.flat().map((cell) => Math.fround(Number(cell))), [...data]);
  assert.match(
    await refused("sample", path, ...count),
    /condition: the model needs one of 2 columns, got none/,
  );
  assert.match(
    await refused("sample", path, ...count, "--condition", "1"),
    /Cannot read row 1: expected 2 numbers/,
  );
  assert.match(
    await refused("sample", path, ...count, "--condition", "1,,2"),
    /expected numbers, separated by commas/,
  );
  assert.match(
    await refused("sample", path, "--manifold", "3", "--condition", "1,0"),
    /'--manifold <n>' cannot be used with '--condition <numbers>'/,
  );
  vae.dispose();
});

Deno.test("elbow evaluate reports gaps, ELBO surgery and the prior's estimate on request", async () => {
  using folder = new Folder();
  const rows = planeRows(20, 3, 4).map((row) => row.map(Math.fround));
  const vae = VAE.create({ inputs: 3, latent: [{ size: 2 }] }, { seed: 7 });
  await vae.fit(rows, { epochs: 3 });
  const path = folder.at("v.safetensors");
  Deno.writeFileSync(path, vae.save());
  const data = folder.write("t.csv", `a,b,c\n${rows.map((row) => row.join()).join("\n")}\n`);
  const all = ["--samples", "8", "--gaps", "--surgery", "--prior-samples", "16"];
  const evaluated = JSON.parse(await elbowOk("evaluate", path, data, ...all, "--json"));
  const mean = (values: Float64Array) => values.reduce((a, b) => a + b) / values.length;
  const gaps = await vae.gaps(rows, { samples: 8 });
  for (const [name, values] of Object.entries(gaps)) {
    assert.equal(evaluated.gaps[name], mean(values), name);
  }
  assert.deepEqual(evaluated.surgery, await vae.surgery(rows));
  const { priorLogLikelihood } = await vae.evaluate(rows, { priorSamples: 16 });
  assert.equal(evaluated.priorLogLikelihood, mean(priorLogLikelihood!));
  const text = await elbowOk("evaluate", path, data, ...all);
  for (const name of ["approximation gap", "amortisation gap", "I(x; z)", "by the prior"]) {
    assert.ok(text.includes(name), name);
  }
  const plain = JSON.parse(await elbowOk("evaluate", path, data, "--json"));
  assert.ok(!("gaps" in plain || "surgery" in plain || "priorLogLikelihood" in plain));
  vae.dispose();
});
