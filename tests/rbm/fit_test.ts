/**
 * Training Boltzmann machines: bars and stripes, whose best likelihood is known; persistent chains; files, seeds,
 * refusals.
 */
import assert from "node:assert/strict";
import { openReference } from "../util/reference.ts";
import { permutation } from "../../src/core/random/permutation.ts";
import { splitSeed } from "../../src/core/random/philox.ts";
import { STREAMS } from "../../src/core/random/streams.ts";
import { layOut } from "../../src/graph/layout.ts";
import { rbmParameters } from "../../src/models/rbm.ts";
import { TrainedRbm } from "../../src/trained/rbm/trained_rbm.ts";
import { Rbm } from "../../src/training/rbm/rbm.ts";
import { VAE } from "../../src/training/vae.ts";
import { assertRelative, assertSameBytes } from "../util/close.ts";
import { deviceOf, EXECUTORS } from "../util/executors.ts";
import { estimate, mean, STANDARD_ERRORS } from "../util/statistics.ts";
import { distribution, freeEnergy, install, machine, states } from "./oracle.ts";
import { rbmGradientPlan } from "./gradient_plan.ts";

/** All 3 × 3 pictures of whole rows or whole columns: 14 of 512 (MacKay, 2003, section 43). */
function barsAndStripes(): number[][] {
  const pictures = states(3).flatMap((bits) => [
    bits.flatMap((bit) => [bit, bit, bit]),
    [...bits, ...bits, ...bits],
  ]);
  return [...new Map(pictures.map((picture) => [picture.join(""), picture])).values()];
}

const PICTURES = barsAndStripes();
/** -ln 14: all probability on the pictures, equally. */
const BEST = -Math.log(PICTURES.length);
/** Every pixel is on in half of the pictures. */
const INDEPENDENT = -9 * Math.LN2;

for (const type of ["cd", "pcd"] as const) {
  Deno.test(`${type} learns bars and stripes far better than independent pixels`, async () => {
    assert.equal(PICTURES.length, 14);
    const rbm = Rbm.create({ visible: 9, hidden: 10 }, { seed: 1 });
    assertRelative(mean(await rbm.logLikelihood(PICTURES)), INDEPENDENT, 0, 1, "untrained");
    const { history } = await rbm.fit(PICTURES, {
      epochs: 4000,
      batchSize: 14,
      objective: { type, sweeps: 5 },
      optimizer: { type: "adam", learningRate: 0.02, decay: "cosine" },
    });
    assert.equal(history.length, 4000);
    const logs = mean(await rbm.logLikelihood(PICTURES));
    assert.ok(logs > -3.2, `ln p of ${logs}; best ${BEST}, independent ${INDEPENDENT}`);
    assert.ok(logs <= BEST + 1e-5, `${logs} passes the best there is`);
    const energies = await rbm.score(states(9));
    const known = new Set(PICTURES.map((picture) => picture.join("")));
    const ranked = states(9).map((state, s) => ({
      known: known.has(state.join("")),
      f: energies[s],
    }))
      .sort((a, b) => a.f - b.f);
    const found = ranked.slice(0, 14).filter((each) => each.known).length;
    assert.ok(found >= 13, `${found} of the 14 lowest energies are pictures`);
    rbm.dispose();
  });
}

for (const executor of EXECUTORS) {
  Deno.test(`${executor.label}: fitting raises the exact likelihood, and depends only on its seed`, async () => {
    const fit = async (seed: number) => {
      const rbm = Rbm.create({ visible: 9, hidden: 6 }, { seed, ...deviceOf(executor) });
      const before = mean(await rbm.logLikelihood(PICTURES));
      const { history } = await rbm.fit(PICTURES, {
        epochs: 200,
        batchSize: 5,
        optimizer: { type: "sgd", learningRate: 0.1, momentum: 0.5 },
      });
      const after = mean(await rbm.logLikelihood(PICTURES));
      const bytes = rbm.save();
      rbm.dispose();
      return { before, after, history, bytes };
    };
    const [one, again, other] = [await fit(1), await fit(1), await fit(2)];
    assert.ok(one.after > INDEPENDENT + 0.5 && one.after > one.before, `${one.after}`);
    assertSameBytes(again.bytes, one.bytes);
    assert.deepEqual(again.history, one.history);
    assert.notDeepEqual(other.bytes, one.bytes);
  });
}

Deno.test("a fit is Adam along the gradients of contrastive divergence", async () => {
  const [spec, rows, seed, epochs] = [{ visible: 9, hidden: 4 }, PICTURES.length, 5, 10];
  const objective = { type: "cd", sweeps: 2 } as const;
  const rbm = Rbm.create(spec, { backend: "reference", seed });
  const values = new Map([...rbm.parameters()].map(([name, { data }]) => [name, [...data]]));
  await rbm.fit(PICTURES, {
    epochs,
    batchSize: rows,
    objective,
    optimizer: { type: "adam", learningRate: 0.05, decay: "cosine" },
  });
  const backend = openReference(), parameters = layOut("parameters", rbmParameters(spec));
  const segment = backend.allocate(parameters.length);
  const plan = rbmGradientPlan({ spec, objective, capacity: rows, parameters });
  const program = backend.compile(plan, { parameters: segment });
  const moments = new Map([...values].map(([name, { length }]) => {
    return [name, { m: new Array<number>(length).fill(0), v: new Array<number>(length).fill(0) }];
  }));
  for (let step = 0; step < epochs; step++) {
    for (const [name, { offset }] of parameters.places) segment.write(offset, values.get(name)!);
    program.write(
      "x",
      [...permutation(rows, seed, step, STREAMS.shuffle)].flatMap((r) => PICTURES[r]),
    );
    program.write("key", [...splitSeed(seed), step, 0]);
    program.run(rows);
    const rate = 0.05 * (1 + Math.cos(Math.PI * step / epochs)) / 2;
    for (const [name, list] of values) {
      const slope = new Float64Array(list.length), { m, v } = moments.get(name)!;
      program.read(name, slope);
      slope.forEach((each, i) => {
        m[i] = 0.9 * m[i] + 0.1 * each;
        v[i] = 0.999 * v[i] + 0.001 * each * each;
        const corrected = v[i] / (1 - 0.999 ** (step + 1));
        list[i] -= rate * m[i] / (1 - 0.9 ** (step + 1)) / (Math.sqrt(corrected) + 1e-8);
      });
    }
  }
  // Both are float64; the fitted machine is rounded to float32 at the end.
  for (const [name, { data }] of rbm.parameters()) {
    assertRelative(data, values.get(name)!, 2 ** -24, 1e-9, name);
  }
  rbm.dispose();
});

Deno.test("a new machine starts from the rows' means, one with parameters from those", async () => {
  const rows = [[1, 0, 1], [1, 0, 0], [1, 0, 0], [1, 1, 0]];
  const still = { epochs: 1, optimizer: { type: "sgd", learningRate: 1e-12 } } as const;
  const rbm = Rbm.create({ visible: 3, hidden: 2 });
  const biases = () => rbm.parameters().get("visible.bias")!.data;
  await rbm.fit(rows, still);
  // Log-odds of 4, 1 and 1 of 4 rows, with half a row added to both sides.
  assertRelative(biases(), [4.5 / 0.5, 1.5 / 3.5, 1.5 / 3.5].map(Math.log), 1e-6);
  await rbm.fit(rows.map((row) => row.map((bit) => 1 - bit)), still);
  assertRelative(biases(), [4.5 / 0.5, 1.5 / 3.5, 1.5 / 3.5].map(Math.log), 1e-6);
  rbm.dispose();
});

Deno.test("persistent chains leave the data; those of cd start from the data every time", async () => {
  const parameters = machine(5, 3, 6, 2);
  const p = distribution(parameters);
  const ofModel = states(5).reduce((sum, v, s) => sum + p[s] * freeEnergy(parameters, v), 0);
  // The least likely state: a sweep from it does not get near the model's mean energy.
  const rare = states(5)[p.indexOf(Math.min(...p))];
  const ofData = freeEnergy(parameters, rare);
  const gapOf = async (type: "cd" | "pcd") => {
    const rbm = Rbm.create({ visible: 5, hidden: 3 }, { backend: "wasm" });
    install(rbm, parameters);
    const { history } = await rbm.fit(new Array(50).fill(rare), {
      epochs: 400,
      batchSize: 50,
      objective: { type, sweeps: 1 },
      optimizer: { type: "sgd", learningRate: 1e-12 },
    });
    rbm.dispose();
    // Chains of neighbouring epochs are similar; every twentieth is independent.
    return estimate(history.slice(100).filter((_, i) => i % 20 === 0).map(({ gap }) => gap));
  };
  const [persistent, restarted] = [await gapOf("pcd"), await gapOf("cd")];
  const off = Math.abs(persistent.mean - (ofData - ofModel)) / persistent.standardError;
  assert.ok(off < STANDARD_ERRORS, `pcd: ${persistent.mean}, want ${ofData - ofModel}`);
  assert.ok(Math.abs(restarted.mean - (ofData - ofModel)) > 10 * restarted.standardError);
});

Deno.test("a machine is saved, loaded, and scores the same; other files are refused", async () => {
  const rbm = Rbm.create({ visible: 9, hidden: 4 }, { seed: 3 });
  await rbm.fit(PICTURES, { epochs: 5 });
  const bytes = rbm.save();
  for (const loaded of [await Rbm.load(bytes), await TrainedRbm.load(bytes)]) {
    assertSameBytes(loaded.save(), bytes);
    assert.deepEqual(await loaded.score(PICTURES), await rbm.score(PICTURES));
    assert.deepEqual(loaded.spec, { visible: 9, hidden: 4 });
    loaded.dispose();
  }
  await assert.rejects(VAE.load(bytes), /expected a vae or detector file, got "rbm"/);
  const vae = VAE.create({ inputs: 3, latent: [{ size: 1 }] });
  await assert.rejects(Rbm.load(vae.save()), /expected a rbm file, got "vae"/);
  await assert.rejects(Rbm.load(bytes.with(bytes.length - 1, 1)), /damaged/);
  for (const each of [rbm, vae]) each.dispose();
});

Deno.test("fit() refuses invalid options, stops on request, and gives up if parameters become infinite", async () => {
  const rbm = Rbm.create({ visible: 9, hidden: 4 });
  const refused = (rows: number[][], options: object, fault: RegExp) =>
    assert.rejects(rbm.fit(rows, options), fault);
  await refused([], {}, /there are no rows/);
  await refused([PICTURES[0].with(2, 1.5)], {}, /row 1, column 3: expected a value from 0/);
  await refused(PICTURES, { epoch: 3 }, /unknown key "epoch"/);
  await refused(PICTURES, { objective: { type: "kl" } }, /Cannot read objective.type/);
  await refused(PICTURES, { objective: { sweeps: 0 } }, /Cannot read objective.sweeps/);
  assert.throws(() => Rbm.create({ visible: 0, hidden: 2 }), /Cannot read spec.visible/);
  const stop = new AbortController();
  const options = { onProgress: () => stop.abort(new Error("enough")), signal: stop.signal };
  await refused(PICTURES, options, /enough/);
  const fitting = rbm.fit(PICTURES, { epochs: 1 });
  assert.throws(() => rbm.setParameters(new Map()), /it is being trained/);
  await fitting;
  install(rbm, { ...machine(9, 4, 1), weight: new Float64Array(36).fill(3e38) });
  const before = rbm.save();
  await refused(PICTURES, {}, /DivergenceError: Cannot train: 3 steps in a row/);
  assertSameBytes(rbm.save(), before);
  await assert.rejects(rbm.score([new Array(9).fill(1)]), /Cannot score row 1/);
  rbm.dispose();
});

Deno.test("a machine refuses a GPU, created or loaded", async () => {
  const refused = { name: "NotSupportedError", message: /a Boltzmann machine runs on the host/ };
  const spec = { visible: 4, hidden: 2 }, bytes = Rbm.create(spec, { seed: 1 }).save();
  assert.throws(() => Rbm.create(spec, { backend: "webgpu" }), refused);
  await assert.rejects(Rbm.load(bytes, { backend: "webgpu" }), refused);
});
