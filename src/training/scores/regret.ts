/**
 * Likelihood regret: ELBO(x; q*) - ELBO(x; q(z | x)), nats, q* the best Gaussian for the row alone (Xiao, Yan and Amit,
 * "Likelihood regret", 2020). It is large for rows unlike those that the encoder was trained on. It takes some hundreds
 * of passes per row, so it is meant for rows that another score has flagged.
 */
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { OnHost } from "../../trained/on_host.ts";
import { runSync, type Steps } from "../../trained/steps.ts";
import { gapSteps } from "../analysis/gaps.ts";
import type { NamedScore, ScoreSettings } from "./score.ts";

export const regret: NamedScore = {
  of: (model, x, settings) => runSync(regretSteps(model, x, settings)),
};

/** The same in steps of one run each, between which the caller may do other work. */
export function* regretSteps(
  model: OnHost,
  x: Matrix,
  { samples, steps, seed }: ScoreSettings,
): Steps<Float64Array> {
  const gaps = yield* gapSteps(model, x, { samples, steps, seed }, { sameDraws: true });
  return gaps.amortisation;
}
