/**
 * `elbow evaluate MODEL DATA`: how well the model fits a table and, given labels, how well its scores find the
 * anomalies. A detector's nats are those of the standardised table, so the units of the columns do not matter.
 */
import { Command } from "npm:commander@15.1.0";
import type { Table } from "../../formats/mod.ts";
import { hasPrior, latentWidth } from "../../models/latents.ts";
import { latentSize } from "../../models/spec.ts";
import type { Evaluation } from "../../trained/calls/evaluation.ts";
import { renumbered } from "../../trained/renumber.ts";
import type { ElboSurgery } from "../../training/analysis/elbo_surgery.ts";
import { type Gaps, notRefinableReason } from "../../training/analysis/gaps.ts";
import { type LabelFigures, labelSection } from "../evaluate/label_figures.ts";
import { readToEvaluate } from "../evaluate/read.ts";
import { type Baselines, baselineSections, runBaselines } from "../evaluate/baselines.ts";
import { withTrainableVae } from "../score/trainable_vae.ts";
import { evaluateRbm } from "../evaluate/rbm.ts";
import { type Io, print } from "../io.ts";
import { loadAny, type LoadedModel } from "../models/model.ts";
import * as options from "../options.ts";
import { count, counted, jsonLine, nats, report, type Section } from "../text/text.ts";

const SAMPLES = 32;

/** Options as commander passes them. */
export interface EvaluateOptions extends options.JsonOption, options.BackendOption {
  readonly label?: string;
  readonly samples?: number;
  readonly priorSamples?: number;
  readonly gaps?: boolean;
  readonly surgery?: boolean;
  /** The table to fit the baselines to; true means DATA itself. */
  readonly baselines?: string | true;
  readonly maxRows?: number;
  readonly seed?: number;
}

/** Means over the rows, in nats: for a detector, of the standardised table. */
export interface Evaluated {
  readonly model: string;
  readonly data: string;
  readonly rows: number;
  /** How many of them the means are over, if the table is too long to take all. */
  readonly drawnRows?: number;
  readonly isStandardized: boolean;
  /** Steps per window of a series: the means are over its windows. */
  readonly window?: number;
  /** Whether there is a p(z): an autoencoder has none, so its bounds are its reconstruction. */
  readonly hasPrior: boolean;
  /** Draws of z per row. */
  readonly samples: number;
  readonly elbo: number;
  readonly reconstruction: number;
  readonly kl: number;
  /** Whether the KL is in closed form or sampled. */
  readonly klForm: Evaluation["klForm"];
  /** Importance-sampled: a lower bound on ln p(x) that rises with the number of draws. */
  readonly logLikelihood: number;
  /** ln p(x) - ELBO, from the same draws. */
  readonly gap: number;
  /** How many draws carry the estimate: the mean over the rows, and the lowest of a row. */
  readonly effectiveSamples: { readonly mean: number; readonly lowest: number };
  /** Latent dimensions. */
  readonly latent: number;
  readonly activeUnits: number;
  readonly klPerDimension: readonly number[];
  /** Layer by layer, from the data up. */
  readonly latentPerLayer: readonly number[];
  readonly activeUnitsPerLayer: readonly number[];
  readonly klPerLayer: readonly number[];
  /** KL(q(y | x) ‖ p(y)), for a model with a classifier. */
  readonly klOfClass?: number;
  /** From as many draws of the prior as were asked for. */
  readonly priorLogLikelihood?: number;
  /** The parts of the gap between the ELBO and ln p(x), if asked for. */
  readonly gaps?: { readonly [Part in keyof Gaps]: number };
  /** Why the gap cannot be split, if that was asked for. */
  readonly gapsRefused?: string;
  /** The decomposition of the KL, if asked for. */
  readonly surgery?: ElboSurgery;
  /** ln |d standardised / d data|, mean over the rows: added to a log-density, it gives that in the table's units. */
  readonly logJacobian: number;
  readonly falseAlarmRate?: number;
  readonly label?: LabelFigures;
  readonly baselines?: Baselines;
}

export function evaluateCommand(io: Io): Command {
  const limits = { min: 1, max: 1e6 };
  return new Command("evaluate").summary("report fit, and detection against a label")
    .description(
      "Reports the ELBO and its parts, importance-sampled ln p(x), and, given labels, AUROC.",
    )
    .argument("<model>", "file written by elbow train")
    .argument("<data>", "table: .csv .tsv .parquet .npy .npz .jsonl .json, or - for standard input")
    .option(
      "--label <column>",
      "column of labels: 0 or normal, 1 or anomaly (default: y of an NPZ)",
    )
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
    .addOption(options.maxRowsOption("take means over", "; of a series, the last ones"))
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
  const { table, label } = await readToEvaluate(model, data, given, io);
  const x = units.toVae(table), { drawn } = table;
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
    throw renumbered(error, (row) => drawn?.numbers[row - 1] ?? row);
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

/** The result for people to read. */
export function evaluateSections(evaluated: Evaluated): Section[] {
  const { label, rows, drawnRows, window } = evaluated;
  const which = drawnRows === undefined ? "the" : `${count(drawnRows)} of the`;
  const labelled = window === undefined || drawnRows === undefined ? rows : drawnRows;
  return [
    {
      lines: [["Model", evaluated.model], ["Data", `${evaluated.data} (${counted(rows, "row")})`]],
    },
    {
      title: window === undefined
        ? `Nats per row of the ${
          evaluated.isStandardized ? "standardised " : ""
        }table, mean over ${which} rows`
        : `Nats per window of ${window} standardised rows, mean over the windows${
          drawnRows === undefined ? "" : ` of the last ${counted(drawnRows, "row")}`
        }`,
      lines: [
        ...(evaluated.hasPrior ? boundLines(evaluated) : [
          ["ln p(x | z)", nats(evaluated.reconstruction)],
          ["ln p(x)", "none: an autoencoder has no prior"],
        ] as const),
        [
          "Gap",
          evaluated.gapsRefused &&
          `not split: q(z | x) must be one diagonal Gaussian layer, but ${evaluated.gapsRefused}`,
        ],
      ],
    },
    ...gapSections(evaluated),
    ...(label ? [labelSection(label, labelled, counted(labelled, "row"))] : []),
    ...baselineSections(evaluated),
  ];
}

/** The ELBO, its parts, and the estimates above it. */
function boundLines(evaluated: Evaluated): Section["lines"] {
  const { samples, effectiveSamples, klPerDimension } = evaluated;
  return [
    ["ELBO", nats(evaluated.elbo)],
    ["  ln p(x | z)", nats(evaluated.reconstruction)],
    ["  KL", `${nats(evaluated.kl)}${evaluated.klForm === "sampled" ? " (sampled)" : ""}`],
    ["ln p(x)", `${nats(evaluated.logLikelihood)} (importance-sampled, K = ${count(samples)})`],
    [
      "  effective draws",
      `${effectiveSamples.mean.toFixed(1)}, worst row ${effectiveSamples.lowest.toFixed(1)}`,
    ],
    ["  ln p(x) - ELBO", nats(evaluated.gap)],
    ["ln p(x), by the prior", maybeNats(evaluated.priorLogLikelihood)],
    [
      "In the table's units",
      evaluated.isStandardized ? `add ${nats(evaluated.logJacobian)}` : undefined,
    ],
    [
      "Active units",
      `${evaluated.activeUnitsPerLayer.join(" + ")} of ${evaluated.latentPerLayer.join(" + ")}`,
    ],
    ["KL per dimension", klPerDimension.map(nats).join("  ") || undefined],
    [
      "KL per layer",
      klPerDimension.length === 0
        ? `${evaluated.klPerLayer.map(nats).join("  ")} (Monte Carlo)`
        : undefined,
    ],
    ["KL of the class", maybeNats(evaluated.klOfClass)],
  ];
}

function gapSections({ gaps, surgery }: Evaluated): Section[] {
  const sections: Section[] = [];
  if (gaps) {
    sections.push({
      title: "From ln p(x) to the ELBO, q refined for each row",
      lines: [
        ["ln p(x)", nats(gaps.logLikelihood)],
        ["  approximation gap", nats(gaps.approximation)],
        ["  amortisation gap", nats(gaps.amortisation)],
        ["ELBO", nats(gaps.elbo)],
      ],
    });
  }
  if (surgery) {
    sections.push({
      title: "The KL, over the rows together",
      lines: [
        ["I(x; z)", nats(surgery.mutualInformation)],
        ["Total correlation", nats(surgery.totalCorrelation)],
        ["Dimension-wise KL", nats(surgery.dimensionwiseKl)],
        ["KL (sampled)", nats(surgery.kl)],
      ],
    });
  }
  return sections;
}

function maybeNats(value: number | undefined): string | undefined {
  return value === undefined ? undefined : nats(value);
}
