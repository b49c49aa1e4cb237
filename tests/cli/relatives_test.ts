/**
 * Relatives of the VAE on the command line: trained with `--spec`, then used like any model. Oracle: the library's own
 * fit of the same data, byte for byte, and its results.
 */
import assert from "node:assert/strict";
import { factorAnalysis, Rbm } from "../../mod.ts";
import { planeRows } from "../util/data.ts";
import { cellsOf, csvOf, elbow, elbowOk, Folder, refused, tableCsv } from "./util.ts";

const ROWS = 40, INPUTS = 4;
const REAL = planeRows(ROWS, INPUTS, 3).map((row) => row.map(Math.fround));
const BINARY = REAL.map((row) => row.map((value) => Number(value > 0)));

/** The names that `csvOf` writes. */
const columns = Array.from({ length: INPUTS }, (_, c) => `k${c}`);
const numbers = (csv: string) => cellsOf(csv).slice(1).map((row) => row.map(Number));

Deno.test("elbow train --spec of a Boltzmann machine: its file scores, samples, encodes and is evaluated", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", csvOf(BINARY)), out = folder.at("machine.safetensors");
  const told = await elbowOk(
    ...["train", data, "--spec", '{"type":"rbm","hidden":3}', "--out", out, "--json"],
    ...["--objective", '{"type":"cd","sweeps":2}', "--learning-rate", "0.02"],
    ...["--epochs", "3", "--batch-size", "16", "--seed", "5"],
  );
  const rbm = Rbm.create({ visible: INPUTS, columns, hidden: 3 }, { seed: 5 });
  const { history } = await rbm.fit(BINARY, {
    epochs: 3,
    batchSize: 16,
    objective: { type: "cd", sweeps: 2 },
    optimizer: { type: "adam", learningRate: 0.02 },
  });
  assert.deepEqual(Deno.readFileSync(out), rbm.save());
  const report = JSON.parse(told);
  assert.deepEqual(report.history, history);
  assert.deepEqual(report.spec, { type: "rbm", visible: INPUTS, hidden: 3 });

  const energies = await rbm.freeEnergy(BINARY);
  assert.deepEqual(numbers(await elbowOk("score", out, data)).map(([, s]) => s), [...energies]);
  const { data: drawn } = await rbm.sample(3, { seed: 7 });
  const samples = await elbowOk("sample", out, "--count", "3", "--seed", "7");
  assert.deepEqual(numbers(samples).flat(), [...drawn]);
  const { data: means } = await rbm.encode(BINARY);
  const encoded = await elbowOk("encode", out, data);
  assert.deepEqual(cellsOf(encoded)[0], ["mean_0", "mean_1", "mean_2"]);
  assert.deepEqual(Float32Array.from(numbers(encoded).flat()), means);
  assert.equal(numbers(await elbowOk("reconstruct", out, data)).length, ROWS);

  const evaluated = JSON.parse(await elbowOk("evaluate", out, data, "--json"));
  assert.equal(evaluated.method, "exact");
  // Every state is enumerated: the probabilities of all 16 rows sum to 1.
  const states = Array.from({ length: 16 }, (_, s) => [0, 1, 2, 3].map((bit) => s >> bit & 1));
  const total = (await rbm.freeEnergy(states)).reduce((sum, f) => sum + Math.exp(-f), 0);
  const expected = -energies.reduce((sum, f) => sum + f, 0) / ROWS - Math.log(total);
  // Energies are float32 sums of 3 softplus and 4 products: relative errors of some 1e-6.
  assert.ok(Math.abs(evaluated.logLikelihood - expected) < 1e-5);
  assert.match(await elbowOk("evaluate", out, data), /ln Z +\S+ \(exact/);
  rbm.dispose();
});

for (const [type, noise] of [["ppca", "shared"], ["factorAnalysis", "perFeature"]] as const) {
  Deno.test(`elbow train --spec of ${type} writes the VAE that EM finds`, async () => {
    using folder = new Folder();
    const data = folder.write("t.csv", csvOf(REAL)), out = folder.at("m.safetensors");
    const spec = folder.write("spec.json", JSON.stringify({ type, latent: 2, tolerance: 1e-4 }));
    const run = ["--epochs", "300", "--seed", "4"];
    const told = await elbowOk("train", data, "--spec", spec, "--out", out, "--json", ...run);
    const options = {
      latent: 2,
      columns,
      noise,
      tolerance: 1e-4,
      iterations: 300,
      seed: 4,
    } as const;
    const { model, logLikelihood, converged } = await factorAnalysis(REAL, options);
    assert.deepEqual(Deno.readFileSync(out), model.save());
    const report = JSON.parse(told);
    assert.equal(report.logLikelihood, logLikelihood.at(-1));
    assert.equal(report.converged, converged);
    const evaluated = JSON.parse(await elbowOk("evaluate", out, data, "--json"));
    // q is the exact posterior, so every importance weight is p(x): EM's likelihood, up to the float32 of the weights.
    assert.ok(Math.abs(evaluated.logLikelihood - report.logLikelihood) < 1e-3);
    assert.match(await elbowOk("train", data, "--spec", spec, "--out", out, ...run), /ln p\(x\)/);
    model.dispose();
  });
}

Deno.test("relatives of the VAE refuse what they do not support, with the reason", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", csvOf(REAL)), out = folder.at("m");
  const train = (spec: string, ...more: string[]) =>
    refused("train", data, "--out", out, "--spec", spec, ...more);
  assert.match(await train('{"type":"gan"}'), /--spec: .*"rbm", "ppca" or "factorAnalysis".*"gan"/);
  assert.match(
    await train('{"type":"rbm","hidden":0}'),
    /--spec: spec\.hidden.*got 0/,
  );
  assert.match(await train('{"type":"rbm","hidden":2,"visible":9}'), /visible.*4 columns.*got 9/);
  assert.match(await train('{"type":"ppca"}'), /latent/);
  assert.match(await train('{"type":"ppca","latent":9}'), /latent must be less than the 4 columns/);
  assert.match(await train('{"type":'), /--spec: expected JSON/);
  const rbm = '{"type":"rbm","hidden":2}';
  assert.match(
    await train(rbm, "--validation", "0.1"),
    /type "rbm" cannot be used with '--validation/,
  );
  assert.match(await train(rbm, "--preset", "small"), /cannot be used with '--preset/);
  const ppca = '{"type":"ppca","latent":2}';
  assert.match(
    await train(ppca, "--batch-size", "9"),
    /type "ppca" cannot be used with '--batch-size/,
  );
  assert.match(
    await train(rbm),
    /t\.csv, row 1 \(line 2\), column "k1": expected a value from 0 to 1/,
  );
  assert.match(
    await train(rbm, "--objective", '{"type":"elbo"}'),
    /objective\.type.*"cd" or "pcd"/,
  );
});

Deno.test("a Boltzmann machine's file can be inspected, and is refused where a VAE is needed", async () => {
  using folder = new Folder();
  const rbm = Rbm.create({ visible: 6, hidden: 4 });
  const path = folder.write("machine.safetensors", rbm.save());
  rbm.dispose();
  const text = await elbowOk("inspect", path);
  assert.match(text, /Kind +rbm/);
  assert.match(text, /Units +6 visible, 4 hidden/);
  const { kind, spec, values } = JSON.parse(await elbowOk("inspect", path, "--json"));
  assert.deepEqual({ kind, spec, values }, {
    kind: "rbm",
    spec: { visible: 6, hidden: 4 },
    values: 6 * 4 + 6 + 4,
  });
  const data = folder.write("table.csv", tableCsv());
  assert.match(await refused("classify", path, data), /expected a vae or detector file.*"rbm"/);
  const binary = folder.write("b.csv", csvOf(BINARY.map((row) => [...row, 1, 0])));
  assert.match(await refused("score", path, binary, "--tail"), /is a Boltzmann machine without/);
  assert.match(await refused("evaluate", path, binary, "--gaps"), /machine, which has no gaps/);
  const manifold = await refused("sample", path, "--manifold", "3");
  assert.match(manifold, /machine, which has no manifold/);
  const means = await refused("sample", path, "--count", "3", "--mean");
  assert.match(means, /machine, which has no mean given z/);
  const grey = folder.write("g.csv", csvOf(BINARY.map((row) => [...row, 1, 1.5])));
  assert.match(await refused("score", path, grey), /row 1.*"x5".*from 0 to 1.*1\.5/);
  const { status, stderr } = await elbow(["serve", "--models", folder.path]);
  assert.equal(status, 2);
  assert.match(stderr, /machine\.safetensors is a rbm and is not served\n.*holds no \.safetensors/);
});
