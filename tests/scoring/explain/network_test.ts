/**
 * Explanations by a single network, and quantiles of likelihoods. Oracles: the Gaussian that rows were drawn from,
 * densities summed or integrated in float64, and published tables.
 */
import assert from "node:assert/strict";
import { Detector } from "../../../mod.ts";
import { logGamma } from "../../../src/core/probability/incomplete_beta.ts";
import { QUANTILES } from "../../../src/scoring/explain/quantiles.ts";
import { assertRelative } from "../../util/close.ts";
import { normals } from "../../util/data.ts";

const quantile = (
  type: keyof typeof QUANTILES,
  parameters: Readonly<Record<string, number>>,
  p: number,
) => QUANTILES[type]!((name) => parameters[name], p);

/** The smallest count whose cumulative probability, summed from ln pmf, reaches p. */
function counted(logMass: (k: number) => number, p: number): number {
  for (let k = 0, sum = 0;; k++) if ((sum += Math.exp(logMass(k))) >= p) return k;
}

Deno.test("quantiles of counts are those of their summed probabilities", () => {
  for (const mean of [0.1, 3, 47.5, 900]) {
    for (const p of [0.025, 0.5, 0.9, 0.975]) {
      const poisson = (k: number) => k * Math.log(mean) - mean - logGamma(k + 1);
      assert.equal(quantile("poisson", { mean }, p), counted(poisson, p), `${mean}, ${p}`);
      for (const r of [0.5, 4, 60]) {
        const mass = (k: number) =>
          logGamma(k + r) - logGamma(r) - logGamma(k + 1) + r * Math.log(r / (r + mean)) +
          k * Math.log(mean / (r + mean));
        const got = quantile("negativeBinomial", { mean, logDispersion: Math.log(r) }, p);
        assert.equal(got, counted(mass, p), `${mean}, ${r}, ${p}`);
      }
    }
  }
  // Where the code changes from summing to the Cornish-Fisher expansion: within one count.
  const large = quantile("poisson", { mean: 1001 }, 0.975);
  const summed = (k: number) => k * Math.log(1001) - 1001 - logGamma(k + 1);
  assert.ok(Math.abs(large - counted(summed, 0.975)) <= 1);
});

Deno.test("quantiles of continuous likelihoods are those of tables and closed forms", () => {
  const standard = { mean: 1, location: 1, logVar: 2 * Math.log(3), logScale: Math.log(3) };
  const at = (type: keyof typeof QUANTILES, p: number, more = {}) =>
    quantile(type, { ...standard, ...more }, p);
  // z, and t with 1, 5 and 30 degrees of freedom, at 0.975: from any table.
  assertRelative(at("gaussian", 0.975), 1 + 3 * 1.959963985, 1e-8);
  assertRelative(at("contaminatedGaussian", 0.025), 1 - 3 * 1.959963985, 1e-8);
  for (const [degrees, t] of [[1, 12.706204736], [5, 2.570581836], [30, 2.042272456]]) {
    const logDegrees = Math.log(degrees);
    assertRelative(at("studentT", 0.975, { logDegrees }), 1 + 3 * t, 1e-7);
    assertRelative(at("studentT", 0.025, { logDegrees }), 1 - 3 * t, 1e-7);
  }
  assertRelative(at("laplace", 0.975), 1 + 3 * Math.log(20), 1e-12);
  assertRelative(at("laplace", 0.025), 1 - 3 * Math.log(20), 1e-12);
  assertRelative(at("logNormal", 0.975), Math.exp(1 + 3 * 1.959963985), 1e-7);
  assertRelative(quantile("continuousBernoulli", { logits: 0 }, 0.3), 0.3, 1e-6);
});

const D = 5, TRAINING = 2400, FRESH = 500;
const LOADINGS = [[1, 0.2], [0.9, -0.4], [0.5, 0.8], [-0.7, 0.6], [0, 0.9]];
const CAUSES = normals(2 * (TRAINING + FRESH), 5), NOISE = normals(D * (TRAINING + FRESH), 6);
const ROWS = Array.from(
  { length: TRAINING + FRESH },
  (_, r) =>
    LOADINGS.map(([a, b], c) =>
      100 * c + 10 * (a * CAUSES[2 * r] + b * CAUSES[2 * r + 1] + 0.45 * NOISE[D * r + c])
    ),
);
const DETECTOR = await Detector.fit(ROWS.slice(0, TRAINING), {
  preset: "small",
  latent: 2,
  hidden: [16],
  epochs: 25,
  seed: 1,
});

Deno.test("explain() with one network expects what the other cells say, not what the wrong cell says", async () => {
  const fresh = ROWS.slice(TRAINING);
  for (let c = 0; c < D; c++) {
    const rows = fresh.map((row) => row.with(c, row[c] + 90));
    const farther = fresh.map((row) => row.with(c, row[c] + 9000));
    const [explained, same] = [await DETECTOR.explain(rows), await DETECTOR.explain(farther)];
    let first = 0, squares = 0, spread = 0, within = 0;
    explained.forEach(({ blamed: [{ column, expected, interval }] }, r) => {
      if (column !== `x${c}`) return;
      first++;
      squares += ((expected as number) - fresh[r][c]) ** 2;
      spread += (fresh[r][c] - 100 * c) ** 2;
      const [low, high] = interval as [number, number];
      if (low <= fresh[r][c] && fresh[r][c] <= high) within++;
      // The expectation does not depend on the cell itself.
      const [other] = same[r].blamed;
      if (other.column === column) assert.equal(other.expected, expected);
    });
    assert.ok(first >= 0.97 * FRESH, `column ${c}: first in ${first}`);
    // Closer to the original value than the column's mean is, as far as two causes explain it.
    assert.ok(squares < 0.6 * spread, `column ${c}: ${squares / spread}`);
    // At least the stated level, less four binomial standard deviations. σ² includes the noise of z, so it covers more.
    assert.ok(within >= first * 0.95 - 4 * Math.sqrt(first * 0.95 * 0.05), `${within} of ${first}`);
  }
});

Deno.test("explain() with one network: text, counts by their likelihood, and missing cells", async () => {
  const table = ROWS.slice(0, 300).map((row, r) => [
    row[0],
    row[0] > 0 ? "warm" : "cold",
    r % 7 ? row[1] : null,
  ]);
  const mixed = await Detector.fit(table, { preset: "small", epochs: 30, hidden: [8], latent: 2 });
  const [{ blamed }] = await mixed.explain([[18, "cold", 110]], { columns: 3 });
  const level = blamed.find(({ column }) => column === "x1");
  assert.equal(level?.value, "cold");
  assert.ok(level.probability! > 0.5 && level.interval === undefined);
  const counts = ROWS.slice(0, 200).map((row) =>
    row.slice(0, 2).map((x) => Math.round(Math.abs(x)))
  );
  const poisson = await Detector.fit(counts, {
    preset: "small",
    likelihood: "poisson",
    epochs: 5,
    hidden: [8],
  });
  const [{ blamed: [worst] }] = await poisson.explain([[500, 100]], { columns: 1 });
  assert.equal(worst.column, "x0");
  assert.ok([worst.expected, ...worst.interval!].every(Number.isInteger));
});

Deno.test("conditional contributions of one network sum to the score and blame the wrong one of columns that go together", async () => {
  const [head, ...lines] = (await Deno.readTextFile("examples/data/thyroid.csv")).trim().split(
    "\n",
  );
  const label = head.split(",").indexOf("label");
  const rows = lines.map((line) => line.split(",").map(Number))
    .filter((row) => row[label] === 0).map((row) => row.toSpliced(label, 1));
  const detector = await Detector.fit(rows.slice(0, 1500), { preset: "small", seed: 1 });
  for (let c = 0; c < 6; c++) {
    const column = rows.map((row) => row[c]), mean = column.reduce((a, b) => a + b) / rows.length;
    const deviation = Math.sqrt(column.reduce((a, b) => a + (b - mean) ** 2, 0) / rows.length);
    const wrong = rows.slice(1500, 1700).map((row) => row.with(c, row[c] + 5 * deviation));
    const explained = await detector.explain(wrong, { conditional: true, columns: 1 });
    let first = 0;
    for (const { score, contributions, blamed: [worst] } of explained) {
      const sum = Object.values(contributions).reduce((total, nats) => total + nats);
      assert.ok(Math.abs(sum - score) <= 1e-5 * Math.max(1, Math.abs(score)));
      first += Number(worst?.column === `x${c}`);
    }
    // Without `conditional`, the last column comes first in a fifth of the rows.
    assert.ok(first >= 0.9 * wrong.length, `column ${c}: first in ${first}`);
  }
  detector.dispose();
});
