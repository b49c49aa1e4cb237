/**
 * The parts of the KL against float64 loops over the same draws and rows: index-code mutual information, total
 * correlation and dimension-wise KL, which add up to E[ln q(z|x) - ln p(z)]. With one row, and all others as reference,
 * the aggregated posterior is exact.
 */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { logSumExp } from "../../src/core/stable.ts";
import { assertRelative } from "../util/close.ts";
import { planeRows } from "../util/data.ts";
import { deviceOf, EXECUTORS } from "../util/executors.ts";
import { drawNoise } from "../util/probe.ts";
import { logNormal } from "../util/statistics.ts";

const LATENT = 3;
const COLUMNS = 4;
const SPEC = {
  inputs: COLUMNS,
  encoder: { hidden: [6], activation: "tanh" },
  latent: [{ size: LATENT }],
  likelihood: { type: "gaussian", variance: 1 },
} as const;
const DATA = planeRows(12, COLUMNS, 3).map((row) => row.map(Math.fround));

interface Rows {
  readonly mean: readonly number[][];
  readonly logVar: readonly number[][];
}

/** The three parts in closed form, for one draw of each batch row. */
function parts(batch: Rows, reference: Rows, noise: ArrayLike<number>, of: number) {
  const count = batch.mean.length, others = reference.mean.length;
  const own = Math.log(1 / of), other = Math.log((of - 1) / (of * others));
  let information = 0, correlation = 0, dimensionwise = 0;
  batch.mean.forEach((mean, r) => {
    const z = mean.map((m, d) => m + Math.exp(batch.logVar[r][d] / 2) * noise[r * LATENT + d]);
    const under = ({ mean, logVar }: Rows, j: number) =>
      z.map((value, d) => logNormal(value, mean[j][d], logVar[j][d]));
    const sum = (values: number[]) => values.reduce((a, b) => a + b);
    const mine = under(batch, r), theirs = reference.mean.map((_, j) => under(reference, j));
    const joint = logSumExp([own + sum(mine), ...theirs.map((each) => other + sum(each))]);
    const marginals = sum(
      mine.map((value, d) => logSumExp([own + value, ...theirs.map((each) => other + each[d])])),
    );
    information += (sum(mine) - joint) / count;
    correlation += (joint - marginals) / count;
    dimensionwise += (marginals - sum(z.map((value) => logNormal(value, 0, 0)))) / count;
  });
  return { information, correlation, dimensionwise };
}

for (const executor of EXECUTORS) {
  Deno.test(`betaTc matches the loops, and weights the total correlation, on ${executor.label}`, async () => {
    const vae = VAE.create(SPEC, { ...deviceOf(executor), seed: 5 });
    const encoded = async (rows: number[][]): Promise<Rows> => {
      const { mean, logVar } = await vae.encode(rows);
      const lists = (data: Float32Array) =>
        rows.map((_, r) => [...data.subarray(r * LATENT, (r + 1) * LATENT)]);
      return { mean: lists(mean.data), logVar: lists(logVar.data) };
    };
    // Means are float32 values in both computations: some 40 terms below 10 nats each.
    const tolerance = 400 * 2 ** -24;
    for (const [batchRows, of] of [[5, 100], [1, DATA.length]]) {
      const x = DATA.slice(0, batchRows), reference = DATA.slice(batchRows);
      const noise = Float32Array.from(drawNoise(executor, { rows: batchRows, latent: LATENT }));
      const given = { noise: { data: noise, shape: [batchRows, LATENT] as const } };
      const lossAt = async (beta: number) =>
        (await vae.lossAndGradients(x, {
          ...given,
          reference,
          trainingRows: of,
          objective: { type: "betaTc", beta },
        })).loss;
      const by = parts(await encoded(x), await encoded(reference), noise, of);
      const [none, one, six] = [await lossAt(0), await lossAt(1), await lossAt(6)];
      assertRelative(one - none, by.correlation, 0, tolerance, "TC");
      assertRelative(six - none, 6 * by.correlation, 0, 6 * tolerance, "6 TC");
      const elbo = await vae.lossAndGradients(x, { ...given, objective: { kl: "monteCarlo" } });
      // With all weights one, the parts sum to the KL of the same draws, whatever the reference rows.
      assertRelative(one, elbo.loss, 0, tolerance, "parts add up");
      const rest = by.information + by.dimensionwise;
      const { loss } = await vae.lossAndGradients(x, { ...given, objective: { beta: 0 } });
      assertRelative(none - loss, rest, 0, tolerance, "I + dimension-wise KL");
    }
    vae.dispose();
  });
}

Deno.test("betaTc's gradient is that of its loss, by central differences", async () => {
  const vae = VAE.create(SPEC, { backend: "reference", seed: 5 });
  const x = DATA.slice(0, 4), reference = DATA.slice(4, 9);
  const noise = x.map((_, r) => [0.5 - r, 0.25 * r, -1 + r / 2]);
  const objective = { type: "betaTc", beta: 3 } as const;
  const at = async () =>
    await vae.lossAndGradients(x, { noise, reference, trainingRows: 50, objective });
  const { gradients } = await at();
  // Parameters are float32: a step of 2^-9 is exact; truncation is of order h² = 4e-6.
  const h = 2 ** -9;
  for (const name of ["encoder.mean.bias", "encoder.logVar.bias"]) {
    const values = vae.parameters().get(name)!.data;
    for (let i = 0; i < values.length; i++) {
      const shifted = async (by: number) => {
        const data = values.slice().fill(Math.fround(values[i] + by), i, i + 1);
        vae.setParameters(new Map([[name, { data }]]));
        return (await at()).loss;
      };
      const slope = (await shifted(h) - await shifted(-h)) / (2 * h);
      vae.setParameters(new Map([[name, { data: values }]]));
      assertRelative(gradients.get(name)!.data[i], slope, 1e-4, 1e-4, `${name}[${i}]`);
    }
  }
  vae.dispose();
});

Deno.test("reference rows are required, and refused with the reason if they do not fit", async () => {
  const vae = VAE.create(SPEC, { seed: 5 });
  const noise = [[0, 0, 0]], x = [DATA[0]], reference = DATA.slice(1);
  const objective = { type: "betaTc" } as const;
  await assert.rejects(vae.lossAndGradients(x, { noise, objective }), /reference is missing/);
  await assert.rejects(
    vae.lossAndGradients(x, { noise, objective, reference }),
    /trainingRows: expected a whole number/,
  );
  await assert.rejects(
    vae.lossAndGradients(x, { noise, reference }),
    /objective "elbo" takes no reference/,
  );
  vae.dispose();
});
