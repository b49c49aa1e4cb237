/**
 * The commands with models other than a single diagonal Gaussian layer. Oracle: the library's results for the same
 * file.
 */
import assert from "node:assert/strict";
import { type ModelSpecInput, oneHot, VAE } from "../../mod.ts";
import { planeRows } from "../util/data.ts";
import { cellsOf, csvOf, elbowOk, Folder, refused } from "./util.ts";
import { mean } from "../util/statistics.ts";

const X = planeRows(30, 4, 3).map((row) => row.map(Math.fround));
const above = { encoder: { hidden: [5] }, decoder: { hidden: [5] } };
const FLOWS = { latent: [{ size: 2, flows: [{ type: "iaf", hidden: [6] }] }] } as const;
const LAYERS = { latent: [{ size: 3 }, { size: 2, ...above }], inference: "ladder" } as const;
const LABELLED = { condition: 3, classifier: { hidden: [5] }, latent: [{ size: 2 }] };

function modelIn(folder: Folder, spec: Omit<ModelSpecInput, "inputs">) {
  const vae = VAE.create({ inputs: 4, encoder: { hidden: [6] }, ...spec }, { seed: 2 });
  const path = folder.at("m.safetensors");
  Deno.writeFileSync(path, vae.save());
  return { vae, path };
}

Deno.test("elbow evaluate reports the gap of any model, and why it is not split", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", csvOf(X));
  for (const spec of [FLOWS, LAYERS]) {
    const { vae, path } = modelIn(folder, spec);
    const asked = ["evaluate", path, data, "--samples", "6", "--gaps"];
    const said = JSON.parse(await elbowOk(...asked, "--json"));
    const want = await vae.evaluate(X, { samples: 6 });
    assert.equal(said.gap, mean(want.logLikelihood) - mean(want.elbo));
    assert.deepEqual(said.klPerLayer, [...want.klPerLayer]);
    assert.deepEqual(said.activeUnitsPerLayer, want.activeUnitsPerLayer);
    assert.equal(said.gaps, undefined);
    assert.match(said.gapsRefused, spec === FLOWS ? /it has flows/ : /it has several layers/);
    const text = await elbowOk(...asked);
    assert.match(text, /ln p\(x\) - ELBO +\d/);
    assert.match(text, /KL per layer.*Monte Carlo/);
    assert.match(text, spec === FLOWS ? /Active units +\d of 2\n/ : /\d \+ \d of 3 \+ 2\n/);
    vae.dispose();
  }
});

Deno.test("elbow evaluate writes the KL of many dimensions in lines of a terminal's width", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", csvOf(X));
  const { vae, path } = modelIn(folder, { latent: [{ size: 20 }] });
  const text = await elbowOk("evaluate", path, data);
  const { klPerDimension } = JSON.parse(await elbowOk("evaluate", path, data, "--json"));
  const [, lines] = /^KL per dimension ([^]*)$/m.exec(text)!;
  assert.ok(text.split("\n").every((line) => line.length <= 80), text);
  assert.deepEqual(
    lines.trim().split(/\s+/).slice(0, 20),
    klPerDimension.map((each: number) => each.toFixed(3)),
  );
  vae.dispose();
});

Deno.test("an autoencoder has no ln p(x): evaluate says so, and sample refuses", async () => {
  using folder = new Folder();
  const { vae, path } = modelIn(folder, { latent: [{ type: "deterministic", size: 2 }] });
  const data = folder.write("t.csv", csvOf(X));
  const text = await elbowOk("evaluate", path, data);
  assert.match(text, /Nats per row of the table, /, "a bare model standardises nothing");
  const { reconstruction } = await vae.evaluate(X);
  assert.ok(text.includes(`ln p(x | z)  ${mean(reconstruction).toFixed(3)}\n`), text);
  assert.match(text, /ln p\(x\) +none: an autoencoder has no prior/);
  assert.doesNotMatch(text, /ELBO|importance/);
  assert.match(await refused("sample", path, "--count", "2"), /deterministic .* has no prior/);
  assert.match(
    await refused("sample", path, "--count", "1", "--manifold", "3"),
    /latent size must be 2, got deterministic/,
  );
  vae.dispose();
});

Deno.test("elbow evaluate, score and encode take x alone, or x followed by its class, -1 if it is missing", async () => {
  using folder = new Folder();
  const { vae, path } = modelIn(folder, LABELLED);
  const labels = X.map((_, r) => r % 4 === 0 ? r % 3 : -1);
  const tables = [
    { name: "x.csv", rows: X, condition: undefined },
    { name: "xy.csv", rows: X.map((row, r) => [...row, labels[r]]), condition: oneHot(labels, 3) },
  ];
  for (const { name, rows, condition } of tables) {
    const data = folder.write(name, csvOf(rows));
    const said = JSON.parse(await elbowOk("evaluate", path, data, "--samples", "5", "--json"));
    const want = await vae.evaluate(X, { samples: 5, condition });
    assert.equal(said.elbo, mean(want.elbo));
    assert.equal(said.klOfClass, want.klOfClass);
    const scores = cellsOf(await elbowOk("score", path, data)).slice(1).map(([, s]) => Number(s));
    assert.deepEqual(scores, [...await vae.score(X, { condition })]);
    assert.equal(cellsOf(await elbowOk("encode", path, data)).length, X.length + 1);
  }
  vae.dispose();
});

Deno.test("elbow sample --mean writes E[x | z] of the same z", async () => {
  using folder = new Folder();
  const { vae, path } = modelIn(folder, { ...FLOWS, likelihood: { type: "bernoulli" } });
  const sample = async (...given: string[]) => {
    const [, ...rows] = cellsOf(
      await elbowOk("sample", path, "--count", "9", "--seed", "4", ...given),
    );
    return rows.map((row) => row.map(Number));
  };
  const { data } = await vae.sample(9, { seed: 4, mean: true });
  const means = await sample("--mean");
  assert.deepEqual(means.flat().map(Math.fround), [...data]);
  const pairs = await sample("--mean", "--latents"), draws = await sample("--latents");
  assert.deepEqual(pairs.map((row) => row.slice(0, 4)), means);
  assert.deepEqual(pairs.map((row) => row.slice(4)), draws.map((row) => row.slice(4)));
  assert.ok(draws.every((row) => row.slice(0, 4).every((x) => x === 0 || x === 1)));
  assert.match(
    await refused("sample", path, "--manifold", "3", "--mean"),
    /'--mean' is not needed with '--manifold <n>'/,
  );
  vae.dispose();
});

Deno.test("elbow sample --latents and encode --draws give (x, z) in both directions", async () => {
  using folder = new Folder();
  const { vae, path } = modelIn(folder, FLOWS);
  const joint = JSON.parse(
    await elbowOk("sample", path, "--count", "5", "--seed", "3", "--latents", "--json"),
  );
  const { z } = await vae.sampleJoint(5, { seed: 3 });
  assert.deepEqual(joint.columns.slice(-2), ["z_0", "z_1"]);
  assert.deepEqual(joint.z.flat().map(Math.fround), [...z.data]);
  const data = folder.write("t.csv", csvOf(X));
  const drawn = JSON.parse(await elbowOk("encode", path, data, "--draws", "--seed", "4", "--json"));
  const { data: want } = await vae.samplePosterior(X, { seed: 4 });
  assert.deepEqual(drawn.z.flat().map(Math.fround), [...want]);
  vae.dispose();
});

Deno.test("elbow inspect names layers, flows, prior, condition and classifier, and the widths of the networks", async () => {
  using folder = new Folder();
  const cases: [spec: Omit<ModelSpecInput, "inputs">, lines: RegExp[]][] = [
    [FLOWS, [/Latent +2 dimensions, diagonal Gaussian, flows iaf\n/, /Prior +standard\n/]],
    [
      { ...LAYERS, prior: { type: "mixture", components: 3 } },
      [/Latent layer 2 +2 dimensions/, /Inference +ladder\n/, /Prior +mixture, components 3/],
    ],
    [
      LABELLED,
      [
        /Encoder +7 - 6 - 2, /,
        /Decoder +5 - 4, /,
        /Condition +a class of 3\n/,
        /Classifier +4 - 5 - 3, /,
      ],
    ],
  ];
  for (const [spec, lines] of cases) {
    const { vae, path } = modelIn(folder, spec);
    const text = await elbowOk("inspect", path);
    for (const line of lines) assert.match(text, line);
    vae.dispose();
  }
});
