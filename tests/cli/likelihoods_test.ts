/** `elbow train --likelihood NAME` for every name that it offers, and the file that it writes. */
import assert from "node:assert/strict";
import { Detector, VAE } from "../../mod.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { PLAIN_LIKELIHOODS } from "../../src/distributions/likelihood.ts";
import { cellsOf, elbowOk, Folder, QUICK, refused } from "./util.ts";

/** Data of three columns for each likelihood, and a row that it cannot take, if there is one. */
const DATA: Readonly<
  Record<string, { cell: (random: HostRandom, r: number, c: number) => number; bad?: string }>
> = {
  gaussian: { cell: (random) => 900 + 50 * random.uniformF64() },
  studentT: { cell: (random) => 900 + 50 * random.uniformF64() },
  contaminatedGaussian: { cell: (random) => 900 + 50 * random.uniformF64() },
  laplace: { cell: (random) => 900 + 50 * random.uniformF64() },
  bernoulli: { cell: (random) => random.below(2), bad: "0,1,-1" },
  continuousBernoulli: { cell: (random) => random.uniformF64(), bad: "0,1,1.1" },
  logNormal: { cell: (random) => 0.1 + random.uniformF64(), bad: "1,1,0" },
  poisson: { cell: (random) => random.below(6), bad: "1,2,0.5" },
  negativeBinomial: { cell: (random) => random.below(6), bad: "1,2,-3" },
  categorical: { cell: (_, r, c) => Number(c === r % 3), bad: "0,1,1" },
};

for (const likelihood of PLAIN_LIKELIHOODS) {
  Deno.test(`elbow train --likelihood ${likelihood} makes a model that scores and samples`, async () => {
    using folder = new Folder();
    const { cell, bad } = DATA[likelihood];
    const random = new HostRandom(4, 0, 0);
    const lines = Array.from({ length: 80 }, (_, r) => [0, 1, 2].map((c) => cell(random, r, c)));
    const csv = `a,b,c\n${lines.join("\n")}\n`;
    const data = folder.write("t.csv", csv), out = folder.at("m");
    await elbowOk("train", data, "--out", out, ...QUICK, "--likelihood", likelihood);

    const scores = cellsOf(await elbowOk("score", out, data)).slice(1);
    assert.equal(scores.length, 80);
    assert.ok(scores.every(([, score]) => Number.isFinite(Number(score))));
    const inspected = await elbowOk("inspect", out);
    assert.match(inspected, new RegExp(`Likelihood +${likelihood}`));
    const detector = await Detector.load(Deno.readFileSync(out));
    const { centre, scale } = detector.standardization;
    const standardized = ["gaussian", "studentT", "contaminatedGaussian", "laplace"].includes(
      likelihood,
    );
    assert.equal(centre[0] !== 0 && scale[0] !== 1, standardized);
    detector.dispose();

    // It takes what it draws as data.
    const drawn = folder.write("drawn.csv", await elbowOk("sample", out, "--count", "15"));
    await elbowOk("score", out, drawn);
    if (bad === undefined) return;
    const more = folder.write("bad.csv", `${csv}${bad}\n`);
    assert.match(await refused("score", out, more), /bad\.csv, row 81, column "c": expected /);
  });
}

Deno.test("elbow inspect describes the groups of a mixed likelihood", async () => {
  using folder = new Folder();
  const vae = VAE.create({
    inputs: 5,
    latent: [{ size: 1 }],
    likelihood: {
      type: "mixed",
      columns: [{ type: "poisson", count: 2 }, { type: "categorical", classes: 3 }],
    },
  });
  const shown = await elbowOk("inspect", folder.write("m", vae.save()));
  assert.match(shown, /Likelihood +poisson, count 2; categorical, classes 3, count 1/);
});
