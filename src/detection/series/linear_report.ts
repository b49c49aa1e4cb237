/**
 * Reports on an exact fit as a run of one epoch, whose bound is the log-likelihood. E_q[ln p(x | z)] is less than
 * ln p(x | E[z]) by ½ Σ_l (1 - 1 / p_l), p_l the posterior precisions (`training/em/linear_vae.ts`), the same for every
 * row.
 */
import { portableExp } from "../../core/portable.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { FitReport } from "../../training/report.ts";
import type { VAE } from "../../training/vae.ts";

/** A dimension is active if the variance of its posterior mean is above this (Burda et al., 2016). */
const ACTIVE = 0.01;

export function linearReport(vae: VAE, rows: Matrix): FitReport {
  const { cost, kl } = vae.onHost.costs(rows), count = rows.shape[0];
  const sum = (data: Float32Array) => data.reduce((total, value) => total + value, 0);
  const logVars = vae.parameters().get("encoder.logVar.bias")!.data;
  // Var E[z] = 1 - 1 / p if the model is correct.
  const known = Array.from(logVars, (logVar) => 1 - portableExp(logVar));
  const spread = known.reduce((total, each) => total + each, 0) / 2;
  const reconstruction = sum(cost.data) / count + spread, divergence = sum(kl.data) / count;
  const elbo = -(reconstruction + divergence);
  const activeUnits = known.filter((each) => each > ACTIVE).length;
  return {
    history: [{
      epoch: 1,
      loss: -elbo,
      reconstruction,
      kl: divergence,
      elbo,
      activeUnits,
      skippedSteps: 0,
    }],
    epoch: 1,
    stoppedEarly: false,
    skippedSteps: 0,
    rollbacks: 0,
  };
}
