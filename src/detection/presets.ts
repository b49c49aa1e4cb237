/** The presets that train networks: "small" (one network) and "ensemble". */
import { fixedColumns, requireData } from "../trained/rows/data_rule.ts";
import { splitDevice } from "../trained/device_options.ts";
import { Expansion } from "../scoring/table/expansion.ts";
import type { Matrix } from "../trained/rows/matrix.ts";
import { withObserved } from "../trained/rows/observed.ts";
import type { ColumnSchema } from "../scoring/table/schema.ts";
import type { Cells } from "../scoring/table/cells.ts";
import { standardizationOf, standardize } from "../scoring/table/standardize.ts";
import type { TableModel } from "../scoring/table_model.ts";
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
  minVariances,
  statisticsFor,
} from "./defaults.ts";
import { fitEnsemble } from "./ensemble/fit_ensemble.ts";
import { MemberCheckpoints } from "./ensemble/member_checkpoints.ts";
import { roundParameters } from "./ensemble/half_values.ts";
import { type DetectorOptions, optionsFor, trimmedShare } from "./options.ts";

/** A fitted detector before calibration. */
export interface Fitted {
  readonly vae: VAE;
  readonly report: FitReport;
  /** Set for an ensemble; warnings about a single network depend on its scores. */
  readonly warnings?: readonly string[];
  readonly parts: Pick<TableModel, "expansion" | "standardization" | "ensemble" | "format">;
  /** Number of rows that it was fitted to. */
  readonly rows: number;
}

/** Fits the model of a preset, and awaits `pause` between its steps. */
export type FitPreset = (
  rows: { readonly all: Cells; readonly training: Cells },
  schema: readonly ColumnSchema[],
  options: DetectorOptions,
  pause: () => Promise<void>,
) => Promise<Fitted>;

/** Preset "small": one VAE over expanded, standardised columns, with weights rounded to halves. */
export const fitNetwork: FitPreset = async ({ all, training }, schema, options) => {
  const { seed = 0 } = options, [device] = splitDevice(options);
  const network = optionsFor("network", options), fitOptions = optionsFor("training", options);
  const expansion = expansionOf(schema, options.window === undefined), { width } = expansion;
  const spec = detectorSpec(expansion.groups, network, all.data.some(Number.isNaN));
  const vae = VAE.create(spec, { ...device, seed });
  const nameOf = (d: number) => schema[expansion.owner[d]].name;
  requireData(vae.spec, expansion.expand(all).data, { nameOf });
  const expanded = expansion.expand(training);
  const standardization = standardizationOf(expanded, width, fixedColumns(vae.spec));
  const rows = standardize(expanded, standardization);
  const defaults = defaultTraining(training.rows, fitOptions.batchSize);
  const least = minVariances(schema, expansion, standardization);
  const report = await trainNetwork(vae, rows, { ...defaults, ...fitOptions, seed }, least);
  const parts = { expansion, standardization, format: "f16" as const };
  return { vae, report, parts, rows: training.rows };
};

/**
 * Trains on standardised rows, and then sets the variances to their optimum and rounds the weights to halves.
 * @param least the least variance of each column
 */
export async function trainNetwork(
  vae: VAE,
  rows: Matrix,
  options: FitOptions & { readonly seed: number },
  least: Float64Array,
): Promise<FitReport> {
  const report = await vae.fit(rows, options);
  if (hasVariance(vae.spec, "perFeature")) {
    const squares = vae.onHost.squaredResiduals(withObserved(vae.spec, rows), options.seed);
    vae.setParameters(optimalVariances(vae.spec, "perFeature", squares, least));
  }
  roundParameters(vae);
  return report;
}

/** Preset "ensemble". */
export const fitEnsemblePreset: FitPreset = async ({ training: cells }, schema, options, pause) => {
  const { seed = 0, members = MEMBERS, onProgress } = options;
  const statistics = statisticsFor(schema, options.statistics);
  const [device] = splitDevice(options), network = optionsFor("network", options);
  const { checkpoint, ...fitOptions } = optionsFor("training", options);
  const expansion = expansionOf(schema);
  const count = 2 * members;
  const identity = { preset: "ensemble", members, seed, robust: trimmedShare(options) };
  const states = checkpoint && await MemberCheckpoints.open(checkpoint, identity);
  const { model: ensemble, ...fitted } = await fitEnsemble({
    cells,
    schema,
    seed,
    members,
    statistics,
    device,
    pause,
    spec: (features, latent) => memberSpec(features, latent, network),
    fitOptions: (rows, member) => {
      return {
        ...memberTraining(rows, fitOptions.batchSize),
        ...fitOptions,
        ...(states && { checkpoint: states.of(member) }),
        onProgress: onProgress && progressOverMembers(onProgress, member, count),
      };
    },
  });
  const standardization = standardizationOf(expansion.expand(cells), expansion.width);
  return { ...fitted, parts: { expansion, standardization, ensemble } };
};

function expansionOf(schema: readonly ColumnSchema[], logs = false): Expansion {
  const expansion = new Expansion(schema, logs);
  if (expansion.width > 0) return expansion;
  throw new RangeError("Cannot fit detector: there is nothing to learn from any column");
}

/** Turns progress reports of one network into those of a run over all networks. */
export function progressOverMembers(
  onProgress: NonNullable<FitOptions["onProgress"]>,
  member: number,
  members: number,
): NonNullable<FitOptions["onProgress"]> {
  return (report) => {
    const { epoch, epochs, secondsLeft } = report;
    const secondsPerEpoch = (epochs - epoch) > 0 ? secondsLeft / (epochs - epoch) : 0;
    onProgress({
      ...report,
      epoch: member * epochs + epoch,
      epochs: members * epochs,
      networks: members,
      secondsLeft: secondsLeft + (members - 1 - member) * epochs * secondsPerEpoch,
    });
  };
}
