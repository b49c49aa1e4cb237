/**
 * ELBO surgery. Oracles: the parts for a few Gaussians by integration on a grid in float64; rows that are all alike, or
 * so far apart that z tells which row it is; and that the parts add up.
 */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { logSumExp } from "../../src/core/stable.ts";
import { assertRelative } from "../util/close.ts";
import { deviceOf, EXECUTORS, REFERENCE } from "../util/executors.ts";
import { doubleExponential } from "../util/quadrature.ts";
import { logNormal, mean } from "../util/statistics.ts";

const LATENT = 2;
const ROWS = [[0, 0], [1.5, 1.75], [-1.5, -1], [1, 1.25]];
/** q(z | x) = N(x, e^LOG_VAR) in each dimension: rows of data are the means of their z. */
const LOG_VAR = [-0.5, -1.25];

function model(scale: number, executor = REFERENCE): VAE {
  const vae = VAE.create({ inputs: 2, latent: [{ size: LATENT }] }, deviceOf(executor));
  vae.setParameters(
    new Map([
      ["encoder.mean.weight", { data: [scale, 0, 0, scale] }],
      ["encoder.mean.bias", { data: [0, 0] }],
      ["encoder.logVar.weight", { data: [0, 0, 0, 0] }],
      ["encoder.logVar.bias", { data: LOG_VAR }],
    ]),
  );
  return vae;
}

/** ∫∫ q(z) f, over the mixture of the rows, by a product rule; negligible beyond |z| = 12. */
function parts() {
  const { x, weights } = doubleExponential("real", { reach: 2, step: 1 / 24 });
  const dimension = (z: number, d: number) => ROWS.map((row) => logNormal(z, row[d], LOG_VAR[d]));
  const at = [0, 1].map((d) => x.map((z) => dimension(z, d)));
  const marginal = at.map((of) => of.map((each) => logSumExp(each) - Math.log(ROWS.length)));
  let information = 0, correlation = 0, dimensionwise = 0;
  x.forEach((z0, i) =>
    x.forEach((z1, j) => {
      const own = ROWS.map((_, n) => at[0][i][n] + at[1][j][n]);
      const joint = logSumExp(own) - Math.log(ROWS.length);
      const both = marginal[0][i] + marginal[1][j];
      const prior = logNormal(z0, 0, 0) + logNormal(z1, 0, 0);
      const weight = weights[i] * weights[j];
      information += weight * mean(own.map((q) => Math.exp(q) * (q - joint)));
      correlation += weight * Math.exp(joint) * (joint - both);
      dimensionwise += weight * Math.exp(joint) * (both - prior);
    })
  );
  return { information, correlation, dimensionwise };
}

for (const executor of EXECUTORS) {
  Deno.test(`surgery() gives the parts by integration, on ${executor.label}`, async () => {
    const vae = model(1, executor);
    const want = parts();
    // The rows repeated: the same mixture, over several chunks of draws and of other rows.
    const rows = Array.from({ length: 300 }, (_, r) => ROWS[r % ROWS.length]);
    const { kl, mutualInformation, totalCorrelation, dimensionwiseKl } = await vae.surgery(rows, {
      samples: 16,
      seed: 1,
    });
    // Each is a mean over 4,800 draws with a standard deviation of about a nat: four standard errors of 0.015.
    assertRelative(mutualInformation, want.information, 0, 0.06, "I(x; z)");
    assertRelative(totalCorrelation, want.correlation, 0, 0.06, "TC");
    assertRelative(dimensionwiseKl, want.dimensionwise, 0, 0.06, "dimension-wise KL");
    const sum = mutualInformation + totalCorrelation + dimensionwiseKl;
    assertRelative(sum, kl, 1e-12, 0, "the parts add up");
    // Both parts and their sum, the mean KL in closed form, are far from zero and from each other.
    const closed = mean([...(await vae.evaluate(ROWS)).kl]);
    assertRelative(want.information + want.correlation + want.dimensionwise, closed, 1e-6, 0, "KL");
    assertRelative(kl, closed, 0, 0.1, "sampled KL");
    assert.ok(want.correlation > 0.05 && want.information > 0.4);
    vae.dispose();
  });
}

Deno.test("rows that are alike carry no information, and rows far apart carry all of it", async () => {
  const alike = model(0);
  const none = await alike.surgery(ROWS, { samples: 3 });
  assertRelative(none.mutualInformation, 0, 0, 1e-12, "I(x; z)");
  assertRelative(none.totalCorrelation, 0, 0, 1e-12, "TC");
  assertRelative(none.dimensionwiseKl, none.kl, 1e-12, 0, "dimension-wise KL");
  const apart = model(1000);
  const rows = Array.from({ length: 9 }, (_, r) => [r, -r]);
  const { mutualInformation, totalCorrelation } = await apart.surgery(rows);
  assertRelative(mutualInformation, Math.log(9), 1e-9, 0, "I(x; z)");
  // Either dimension tells the row: ln q(z) - Σ ln q(z_d) = -ln 9 + 2 ln 9.
  assertRelative(totalCorrelation, Math.log(9), 1e-9, 0, "TC");
  await assert.rejects(apart.surgery([]), /rows: must be at least 1/);
  for (const each of [alike, apart]) each.dispose();
});
