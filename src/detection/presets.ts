/** The two ways to fit a detector to training cells: one network, or an ensemble. */
import { fixedColumns, requireData } from "../scoring/data_rule.ts";
import { numericSchema } from "../scoring/schema.ts";
import { type Cells, limits, standardizationOf, standardize } from "../scoring/standardize.ts";
import type { TableModel } from "../scoring/table_model.ts";
import type { View } from "../scoring/views/view.ts";
import { hasVariance, optimalVariances } from "../training/optimal_variance.ts";
import type { FitOptions } from "../training/options.ts";
import type { FitReport } from "../training/report.ts";
import { VAE } from "../training/vae.ts";
import {
  defaultTraining,
  detectorSpec,
  MEMBERS,
  memberSpec,
  memberTraining,
  STATISTICS,
} from "./defaults.ts";
import { fitEnsemble } from "./ensemble/fit_ensemble.ts";
import type { DetectorOptions } from "./options.ts";

/** A detector before it is calibrated. */
export interface Fitted {
  readonly vae: VAE;
  readonly report: FitReport;
  readonly parts: Pick<TableModel, "standardization" | "ensemble">;
}

/** How a preset is fitted. */
export type FitPreset = (
  rows: { readonly all: Cells; readonly training: Cells },
  columns: readonly string[],
  options: DetectorOptions,
) => Promise<Fitted>;

/** Preset "small": one VAE over standardised columns. */
export const fitOne: FitPreset = async ({ all, training: cells }, columns, options) => {
  const width = columns.length, { seed = 0 } = options;
  const { device, network, fitOptions } = takenApart(options);
  const vae = VAE.create(detectorSpec(width, network), { ...device, seed });
  requireData(vae.spec, all.data, { nameOf: (c) => `"${columns[c]}"` });
  const standardization = standardizationOf(cells, width, fixedColumns(vae.spec));
  const training = standardize(cells, standardization);
  const defaults = defaultTraining(cells.rows, fitOptions.batchSize);
  const report = await vae.fit(training, { ...defaults, ...fitOptions, seed });
  if (hasVariance(vae.spec, "perFeature")) {
    const squares = vae.squaredResiduals(training, seed);
    vae.setParameters(optimalVariances(vae.spec, "perFeature", squares));
  }
  return { vae, report, parts: { standardization } };
};

/** Preset "ensemble". */
export const fitMany: FitPreset = async ({ training: cells }, columns, options) => {
  const { seed = 0, statistics = STATISTICS, members = MEMBERS, onProgress } = options;
  const { device, network, fitOptions } = takenApart(options);
  const count = 2 * members;
  const { model: ensemble, vae, report } = await fitEnsemble({
    cells,
    schema: numericSchema(columns),
    seed,
    members,
    statistics,
    device,
    spec: (features, latent) => memberSpec(features, latent, network),
    fitOptions: (rows, member) => {
      const training = { ...memberTraining(rows, fitOptions.batchSize), ...fitOptions };
      return { ...training, onProgress: onProgress && overMembers(onProgress, member, count) };
    },
  });
  const standardization = usualValues(ensemble.parts[0].view, columns.length);
  return { vae, report, parts: { standardization, ensemble } };
};

/** Reports of one network as those of a run over all. */
function overMembers(
  tell: NonNullable<FitOptions["onProgress"]>,
  member: number,
  members: number,
): NonNullable<FitOptions["onProgress"]> {
  return (report) => {
    const { epoch, epochs, secondsLeft } = report;
    const each = (epochs - epoch) > 0 ? secondsLeft / (epochs - epoch) : 0;
    tell({
      ...report,
      epoch: member * epochs + epoch,
      epochs: members * epochs,
      secondsLeft: secondsLeft + (members - 1 - member) * epochs * each,
    });
  };
}

/** Centre and spread of each column as its view has them: for people and for rounding. */
function usualValues({ features }: View, columns: number): TableModel["standardization"] {
  const centre = new Float64Array(columns), scale = new Float64Array(columns).fill(1);
  for (const { column, transform } of features) {
    if (transform.kind !== "arcsinh") continue;
    centre[column] = transform.centre;
    scale[column] = transform.scale;
  }
  return { centre, scale, limit: limits(columns, []) };
}

/** The options by whom they are for. */
function takenApart(options: DetectorOptions) {
  const {
    backend,
    determinism,
    threads,
    weights,
    hidden,
    latent,
    likelihood,
    columns: _columns,
    window: _window,
    falseAlarmRate: _rate,
    calibration: _calibration,
    seed: _seed,
    preset: _preset,
    members: _members,
    statistics: _statistics,
    ...fitOptions
  } = options;
  const given = { backend, determinism, threads, weights };
  const device = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as typeof given;
  return { device, network: { hidden, latent, likelihood }, fitOptions };
}
