/**
 * The table of verbs: for each, its options, the rows it reads, and the numbers it answers with. The routes, the binary
 * format, the streams and the OpenAPI document are derived from it.
 *
 * A verb makes one row of finite numbers for each row that it is given, in order and regardless of the other rows, so
 * rows can be taken in parts (but for the scores of a series: `series_scores.ts`). JSON is one way of writing these
 * numbers. Tables answer in the units of their columns. Densities are per such unit too: ln p(x) = ln p(s) + ln |ds/dx|
 * for the standardised row s.
 */
import { hasClosedMoments, hasPrior } from "../../models/latents.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { latentSize } from "../../models/spec.ts";
import { withObserved } from "../../trained/rows/observed.ts";
import { MOMENT_DRAWS } from "../../trained/calls/moments.ts";
import {
  dataUnits,
  densityUnits,
  drawRows,
  latentUnits,
  unitsOf,
  vaeOf,
  vaeUnits,
} from "../../scoring/units.ts";
import { invalid } from "../answers/problems.ts";
import { numberRow, OPTIONS, tableRow } from "../schemas.ts";
import { jsonList, numberedNames, rowsOf, sideBySide } from "./rows_made.ts";
import { scores } from "./scores.ts";
import { type Verb, verb } from "./verb.ts";

export type { Limits, Verb, Work } from "./verb.ts";

/** The most draws of z in one request, for each row that a request may have. */
const DRAWS_PER_ROW = 100;

export const VERBS = {
  encode: verb("the posterior of each row: mean and log-variance", OPTIONS.none, (
    model,
    _,
    { maxRows },
  ) => {
    const vae = vaeOf(model), size = latentSize(vae.spec), { toVae } = unitsOf(model);
    const draws = hasClosedMoments(vae.spec) ? 1 : MOMENT_DRAWS;
    return {
      requireRows: (rows) => requireDraws("/rows", rows, draws, maxRows * DRAWS_PER_ROW),
      columns: [...numberedNames("mean", size), ...numberedNames("logVar", size)],
      async run(cells) {
        const { mean, logVar } = await vae.encode(toVae(cells));
        return sideBySide(mean, logVar);
      },
      text: (data, at) =>
        `{"mean":${jsonList(data, at, size)},"logVar":${jsonList(data, at + size, size)}}`,
    };
  }, vaeUnits),

  decode: verb(
    "the expected row for latent variables",
    OPTIONS.none,
    (model) => {
      const { generated, schema, fromVae } = unitsOf(model), { toVae } = latentUnits(model);
      return {
        ...rowsOf(generated, schema),
        run: async (cells) => fromVae(await vaeOf(model).decode(toVae(cells))).data,
      };
    },
    latentUnits,
    numberRow,
  ),

  reconstruct: verb("the expected row given what the row encodes to", OPTIONS.none, (model) => {
    const { generated, schema, fromVae, toVae } = unitsOf(model);
    return {
      ...rowsOf(generated, schema),
      run: async (cells) => fromVae(await vaeOf(model).reconstruct(toVae(cells))).data,
    };
  }, vaeUnits),

  sample: verb("new rows", OPTIONS.sample, (model, { seed, mean, condition }) => {
    const { generated, schema } = unitsOf(model), vae = vaeOf(model);
    requireCondition(vae.spec, condition);
    if (!hasPrior(vae.spec.latent[0])) {
      throw invalid("", "Cannot sample: the model is an autoencoder, without a prior");
    }
    return {
      ...rowsOf(generated, schema),
      async run({ rows }, firstRow) {
        const given = condition && { condition: new Array<number[]>(rows).fill(condition) };
        return drawRows(model, firstRow, rows, { seed, mean, ...given }).data;
      },
    };
  }, () => undefined),

  classify: verb(
    "the probability of each class",
    OPTIONS.none,
    (model) => {
      const vae = vaeOf(model), { toVae } = dataUnits(model), { classifier, condition } = vae.spec;
      if (!classifier) throw invalid("", "Cannot classify: the model has no classifier");
      return {
        ...rowsOf(numberedNames("class", condition)),
        run: async (cells) => Float64Array.from((await vae.classify(toVae(cells))).data),
      };
    },
    dataUnits,
    numberRow,
  ),

  score: verb(
    "how surprising each row, or step of a series, is",
    OPTIONS.score,
    scores,
    unitsOf,
    tableRow,
    true,
  ),

  "log-likelihood": verb(
    "ln p(x) of each row, importance-sampled",
    OPTIONS.logLikelihood,
    (model, { samples, seed }, { maxRows }) => {
      const vae = vaeOf(model), { toVae, logJacobians } = unitsOf(model);
      return {
        head: { samples },
        columns: ["logLikelihood"],
        requireRows: (rows) => requireDraws("/samples", rows, samples, maxRows * DRAWS_PER_ROW),
        async run(cells, firstRow, pacer) {
          const steps = vae.onHost.evaluateSteps(withObserved(vae.spec, toVae(cells)), {
            samples,
            seed,
            firstRow,
          });
          const { logLikelihood } = await pacer.run(steps), slopes = logJacobians(cells);
          return logLikelihood.map((nats, r) => nats + slopes[r]);
        },
        text: (data, at) => `{"logLikelihood":${data[at]}}`,
      };
    },
    densityUnits,
  ),
} as const satisfies Record<string, Verb>;

export type VerbName = keyof typeof VERBS;

/** Checks the condition, which is the same for all draws of a request. */
function requireCondition({ condition: columns }: ModelSpec, given?: readonly number[]): void {
  if ((given?.length ?? 0) === columns) return;
  throw invalid(
    "/condition",
    `Cannot draw rows: condition must be ${columns === 0 ? "absent" : `${columns} numbers`}` +
      `, got ${given === undefined ? "absent" : `${given.length} numbers`}`,
  );
}

function requireDraws(pointer: string, rows: number, samples: number, maxDraws: number): void {
  if (rows * samples <= maxDraws) return;
  throw invalid(
    pointer,
    `Cannot take more than ${maxDraws} draws in one request, got ${rows} rows of ${samples}`,
  );
}
