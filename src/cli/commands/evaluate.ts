/**
 * `elbow evaluate MODEL DATA`: how well the model fits a table and, given labels, how well its scores find the
 * anomalies. A detector's nats are those of the standardised table, so the units of the columns do not matter.
 */
import { Command } from "npm:commander@15.1.0";
import type { Table } from "../../formats/mod.ts";
import { hasPrior, latentWidth } from "../../models/latents.ts";
import { latentSize } from "../../models/spec.ts";
import { renumberedIn } from "../../trained/renumber.ts";
import { type Gaps, notRefinableReason } from "../../training/analysis/gaps.ts";
import { readToEvaluate } from "../evaluate/read.ts";
import { type Evaluated, evaluateSections } from "../evaluate/report.ts";
import { runBaselines } from "../evaluate/baselines.ts";
import { withTrainableVae } from "../score/trainable_vae.ts";
import { vaeRows } from "../files/steps.ts";
import { anomalousOption, type LabelOptions, normalOption } from "../files/labels.ts";
import { evaluateRbm } from "../evaluate/rbm.ts";
import { type Io, print } from "../io.ts";
import { loadAny, type LoadedModel } from "../models/model.ts";
import * as options from "../options.ts";
import { jsonLine, report } from "../text/text.ts";

const SAMPLES = 32;

/** Options as commander passes them. */
export interface EvaluateOptions
  extends options.JsonOption, options.BackendOption, options.HeaderOption, LabelOptions {
  readonly samples?: number;
  readonly priorSamples?: number;
  readonly gaps?: boolean;
  readonly surgery?: boolean;
  /** The table to fit the baselines to; true means DATA itself. */
  readonly baselines?: string | true;
  readonly maxRows?: number;
  readonly seed?: number;
}

export function evaluateCommand(io: Io): Command {
  const limits = { min: 1, max: 1e6 };
  return new Command("evaluate").summary("report fit, and detection against a label")
    .description(
      "Reports the ELBO and its parts, importance-sampled ln p(x), and, given labels, AUROC.",
    )
    .argument("<model>", options.MODEL_FILE)
    .argument("<data>", options.tableFile())
    .option(
      "--label <column>",
      "column of labels: 0 or normal, 1 or anomaly (default: y of an NPZ)",
    )
    .addOption(normalOption())
    .addOption(anomalousOption())
    .addOption(options.noHeaderOption())
    .addOption(
      options.integerOption("--samples <k>", `draws of z per row (default: ${SAMPLES})`, limits),
    )
    .addOption(
      options.integerOption(
        "--prior-samples <k>",
        "also estimate ln p(x) from this many z ~ p(z)",
        limits,
      ),
    )
    .option(
      "--gaps",
      "also split the gap ln p(x) - ELBO, by refining q for each row; q must be one diagonal Gaussian; takes some 1000 passes",
    )
    .option("--surgery", "also split the KL, by evaluating every row's draw under every row's q")
    .option(
      "--baselines [table]",
      "compare with PCA, kNN and others, fitted to this table (default: DATA); needs labels",
    )
    .addOption(options.maxRowsOption("take means over", "; of series, the last of each"))
    .addOption(options.integerOption("--seed <n>", "seed of the draws (default: 0)"))
    .addOption(options.backendOption())
    .addOption(options.jsonOption())
    .action(async (path: string, data: string, given: EvaluateOptions) => {
      using model = await loadAny(path, { backend: given.backend });
      if (model.rbm) return await evaluateRbm(model, data, given, io);
      const evaluated = await evaluate(model, data, given, io);
      if (given.json) print(io, jsonLine({ ...evaluated }));
      else io.stdout(report(evaluateSections(evaluated)));
    });
}

/** Reads and evaluates DATA. */
export async function evaluate(
  model: LoadedModel,
  data: string,
  given: Omit<EvaluateOptions, "json" | "backend">,
  io: Io,
): Promise<Evaluated> {
  const { samples = SAMPLES, seed = 0, priorSamples, gaps, surgery } = given;
  const { vae, units, scorer, path } = model;
  const { label, ...steps } = await readToEvaluate(model, data, given, io), { table } = steps;
  const { drawn } = table;
  const { x } = vaeRows(model, steps);
  const evaluation = await inNumbersOf(table, vae.evaluate(x, { samples, seed, priorSamples }));
  const { effectiveSamples, klPerDimension, klForm, klOfClass, priorLogLikelihood } = evaluation;
  const gapsRefused = gaps ? notRefinableReason(vae.spec) : undefined,
    isSplit = gaps && !gapsRefused;
  return {
    model: path,
    data: table.source,
    rows: drawn?.rows ?? table.rows,
    drawnRows: drawn && table.rows,
    window: scorer?.window,
    isStandardized: scorer !== undefined,
    hasPrior: hasPrior(vae.spec.latent[0]),
    samples,
    elbo: mean(evaluation.elbo),
    reconstruction: mean(evaluation.reconstruction),
    kl: mean(evaluation.kl),
    logLikelihood: mean(evaluation.logLikelihood),
    gap: mean(evaluation.logLikelihood) - mean(evaluation.elbo),
    effectiveSamples: meanAndLowest(effectiveSamples),
    latent: latentSize(vae.spec),
    activeUnits: evaluation.activeUnits,
    klForm,
    klPerDimension: [...klPerDimension],
    latentPerLayer: vae.spec.latent.map((layer) => latentWidth(layer)),
    activeUnitsPerLayer: evaluation.activeUnitsPerLayer,
    klPerLayer: [...evaluation.klPerLayer],
    klOfClass,
    gapsRefused,
    ...(priorLogLikelihood && { priorLogLikelihood: mean(priorLogLikelihood) }),
    ...((isSplit || surgery) && await withTrainableVae(vae, async (full) => ({
      ...(isSplit && { gaps: means(await full.gaps(x, { samples, seed })) }),
      ...(surgery && { surgery: await full.surgery(x, { seed }) }),
    }))),
    logJacobian: mean(units.logJacobians(table)),
    falseAlarmRate: scorer?.falseAlarmRate,
    label,
    baselines: given.baselines ? await runBaselines(model, table, given, io) : undefined,
  };
}

/** Rewrites an error to use a row's number in the file. */
async function inNumbersOf<Value>({ drawn }: Table, evaluated: Promise<Value>): Promise<Value> {
  try {
    return await evaluated;
  } catch (error) {
    throw renumberedIn(drawn, error);
  }
}

function meanAndLowest(values: Float64Array): Evaluated["effectiveSamples"] {
  return { mean: mean(values), lowest: values.reduce((lowest, value) => Math.min(lowest, value)) };
}

function means(gaps: Gaps): { readonly [Part in keyof Gaps]: number } {
  const { logLikelihood, elbo, refinedElbo, approximation, amortisation } = gaps;
  return {
    logLikelihood: mean(logLikelihood),
    elbo: mean(elbo),
    refinedElbo: mean(refinedElbo),
    approximation: mean(approximation),
    amortisation: mean(amortisation),
  };
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
