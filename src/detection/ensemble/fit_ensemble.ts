/**
 * Fits an ensemble to training cells: its views, and for each view the networks, regressions, reference rows and
 * surprisal curves. The statistics of a training row always come from models that have not seen it: another fold's
 * network and regression, and the references without the row itself.
 */
import { takeCells } from "../../scoring/table/take_cells.ts";
import { permutation } from "../../core/random/permutation.ts";
import { STREAMS } from "../../core/random/streams.ts";
import { symmetricEigen } from "../../core/algebra/symmetric_eigen.ts";
import type { Machine } from "../../trained/engine.ts";
import { BATCH_ROWS, Ensemble, type EnsembleModel } from "../../scoring/ensemble/ensemble.ts";
import { memberPrefix } from "../../scoring/ensemble/members.ts";
import type { Part } from "../../scoring/ensemble/part.ts";
import { withDerived } from "../../scoring/ensemble/derived_parameters.ts";
import type { StatisticName } from "../../scoring/ensemble/statistics.ts";
import { surprisalOf } from "../../scoring/ensemble/surprisal.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { DeviceOptions } from "../../trained/trained_vae.ts";
import type { Curve } from "../../scoring/views/curve.ts";
import { project, type Projection } from "../../scoring/views/projector.ts";
import type { View, ViewName } from "../../scoring/views/view.ts";
import { runWithPauses, type Steps } from "../../trained/steps.ts";
import { takeRows } from "../../training/rows/minibatch.ts";
import { type FitReport, gpuOfAll } from "../../training/report.ts";
import type { VAE } from "../../training/vae.ts";
import { ensembleWarnings } from "../warnings/fit_warnings.ts";
import { codeLevels } from "./code_levels.ts";
import { fitMembers, type Members, type MembersRequest } from "./fit_members.ts";
import { fitViews } from "./fit_views.ts";
import { maxGaps } from "./max_gaps.ts";
import { roundHalves } from "./half_values.ts";
import { CovarianceSums, linearResiduals } from "./linear.ts";
import { imputed, levelsOutOfFold, linearOutOfFold, normsOf } from "./out_of_fold.ts";
import { spreadOf } from "./reference_distances.ts";

/**
 * The number of rows that views, regressions, curves and references come from; each network trains on `NETWORK_ROWS` of
 * them. Which rare rows are among 12,000 is chance, and decides what the detector takes for ordinary. So narrow
 * tables give more.
 */
export function maxTrainingRows(columns: number): number {
  return Math.min(48_000, Math.max(12_000, Math.floor(2 ** 22 / columns)));
}

/** Number of reference rows. More hardly improve detection, but increase the file size and the time per score. */
const REFERENCES = 1024;

/** Rows that the curves of the distances are fitted on. */
export const SURPRISAL_ROWS = 4096;

export interface EnsembleRequest {
  readonly cells: Cells;
  readonly schema: readonly ColumnSchema[];
  readonly seed: number;
  readonly members: number;
  readonly statistics: readonly StatisticName[];
  readonly device: DeviceOptions;
  /** Awaited between steps of the fit. */
  readonly pause: () => Promise<void>;
  /** The networks of a view, given its features and the latent dimensions that these justify. */
  readonly spec: (features: number, latent: number) => MembersRequest["spec"];
  /** @param member index over all views */
  readonly fitOptions: (
    rows: number,
    member: number,
  ) => ReturnType<MembersRequest["fitOptions"]>;
}

export interface FittedEnsemble {
  readonly model: EnsembleModel;
  /** The first member of the first view, with its own machine. */
  readonly vae: VAE;
  /** The report of the first member, with the GPU use of all members. */
  readonly report: FitReport;
  /** Warnings about the networks. */
  readonly warnings: readonly string[];
  /** Number of rows that it was fitted to. */
  readonly rows: number;
}

export async function fitEnsemble(request: EnsembleRequest): Promise<FittedEnsemble> {
  const { schema, seed, members, statistics, pause } = request;
  const columns = schema.length;
  const cells = subsample(request.cells, columns, maxTrainingRows(columns), seed);
  const views = fitViews(cells, schema);
  const { order, folds, referenceRows } = splitFolds(cells.rows, members, seed);
  await pause();
  const fitted: FittedPart[] = [];
  for (const [p, view] of views.entries()) {
    const projection = await runWithPauses(imputed(project(view, cells, columns)), pause);
    fitted.push(
      await fitPart(request, { view, projection, folds, referenceRows, p, first: fitted[0] }),
    );
    await pause();
  }
  const model = assembleModel({ columns, statistics, gaps: maxGaps(cells, columns) }, fitted);
  const [first, ...others] = fitted.flatMap(({ members: { vaes } }) => vaes);
  const complete = await withNeighbours(
    model,
    fitted,
    cells,
    { order, referenceRows },
    first.onHost.machine,
    pause,
  );
  for (const vae of others) vae.dispose();
  return {
    ...{ model: complete, vae: first, rows: cells.rows },
    ...{ report: reportOf(fitted), warnings: warningsOf(fitted, columns) },
  };
}

/** The report of the first member, with the GPU use of all members. */
export function reportOf(fitted: readonly FittedPart[]): FitReport {
  const reports = fitted.flatMap(({ members }) => members.reports);
  return { ...reports[0], ...gpuOfAll(reports) };
}

function warningsOf(fitted: readonly FittedPart[], columns: number): string[] {
  const views = fitted.map(({ members: { trainingResidual, residual, reports } }) => {
    const activeUnits = reports.map(({ history }) => history.at(-1)?.activeUnits ?? NaN);
    return { trainingResidual, residual, activeUnits };
  });
  return ensembleWarnings(views, columns);
}

/** Assigns rows to the folds of the members, and chooses the references. */
export function splitFolds(rows: number, members: number, seed: number) {
  const order = permutation(rows, seed, 1, STREAMS.ensemble);
  const folds = Array.from(
    { length: Math.max(1, Math.min(members, rows)) },
    (_, m) => order.filter((_, i) => i % members === m).sort(),
  );
  return { order, folds, referenceRows: order.slice(0, Math.min(REFERENCES, rows)).sort() };
}

export interface FittedPart {
  readonly part: Part;
  readonly members: Members;
  readonly linear: Float32Array;
}

/** Fits the part of one view, except for the curve of its distances. */
export async function fitPart(
  { seed, device, spec, fitOptions, pause }: Pick<
    EnsembleRequest,
    "seed" | "device" | "spec" | "fitOptions" | "pause"
  >,
  { view, projection, folds, referenceRows, p, first, start }: {
    readonly view: View;
    readonly projection: Projection;
    readonly folds: readonly Uint32Array[];
    readonly referenceRows: Uint32Array;
    readonly p: number;
    /** The part of the first view, unless this is it. */
    readonly first?: FittedPart;
    readonly start?: MembersRequest["start"];
  },
): Promise<FittedPart> {
  const { x, observed } = projection, features = x.shape[1];
  const moments = new CovarianceSums(features);
  for (const fold of folds) await runWithPauses(moments.adding(x, fold), pause);
  const covariance = moments.covariance();
  const members = await fitMembers({
    x,
    observed,
    folds,
    spec: spec(features, latentFor(covariance, features)),
    seed: seed + 1000 * p,
    device,
    fitOptions: (rows, m) => fitOptions(rows, p * folds.length + m),
    ...(start && { start }),
  });
  const run = <T>(steps: Steps<T>) => runWithPauses(steps, pause);
  const linear = roundHalves(await run(linearResiduals(covariance, features)));
  const halves = roundHalves(takeRows(x, referenceRows).data);
  const coded = codeLevels(halves, view.features, first?.part.references.coded);
  const spread = Float64Array.from(roundHalves(spreadOf(coded.rows, features)));
  const references = { ...coded, spread, features };
  const curves = {
    residual: surprisalOf(members.residual),
    kl: surprisalOf(members.kl),
    linear: surprisalOf(await run(linearOutOfFold(projection, folds, moments))),
    norm: surprisalOf(normsOf(projection)),
    neighbours: NO_CURVE,
    level: view.features.some(({ transform }) => transform.kind === "point")
      ? surprisalOf(await run(levelsOutOfFold(projection, { ...view, folds, moments })))
      : NO_CURVE,
  };
  const sizes = { features, members: members.vaes.length, references: referenceRows.length };
  const partSpec = { view: view.name, ...sizes, spec: members.vaes[0].spec };
  return { part: { spec: partSpec, view, references, surprisals: curves }, members, linear };
}

const NO_CURVE: Curve = { x: Float64Array.of(0), y: Float64Array.of(0), slopes: [0, 1] };

/** Principal components that explain 95 % of the variance, plus one; 2 to 16, and at most the number of features. */
function latentFor(covariance: Float64Array, features: number): number {
  const maxLatent = Math.min(16, Math.max(2, features));
  if (features > 256) return maxLatent;
  const { values } = symmetricEigen(covariance, features);
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  let sum = 0, count = 0;
  while (count < features && sum < 0.95 * total) sum += Math.max(0, values[count++]);
  return Math.min(maxLatent, Math.max(2, count + 1));
}

/** Combines the parts into one model. */
export function assembleModel(
  table: Pick<EnsembleModel, "columns" | "statistics" | "gaps">,
  fitted: readonly FittedPart[],
): EnsembleModel {
  const members = new Map<string, Float32Array>(), linears = new Map<ViewName, Float32Array>();
  for (const { part: { spec: { view } }, members: { vaes, precision }, linear } of fitted) {
    members.set(`${view}.precision`, precision);
    linears.set(view, linear);
    vaes.forEach((vae, m) => {
      for (const [name, { data }] of vae.parameters()) {
        members.set(memberPrefix(view, m) + name, data);
      }
    });
  }
  const parts = fitted.map(({ part }) => part);
  return { ...table, parts, parameters: withDerived(parts, members, linears) };
}

/** Adds the curves of the distances, which the program itself computes. */
async function withNeighbours(
  model: EnsembleModel,
  fitted: readonly FittedPart[],
  cells: Cells,
  { order, referenceRows }: { readonly order: Uint32Array; readonly referenceRows: Uint32Array },
  machine: Machine,
  pause: EnsembleRequest["pause"],
): Promise<EnsembleModel> {
  const referenceIndex = new Map([...referenceRows].map((row, i) => [row, i]));
  const sample = takeCells(cells, model.columns, order.subarray(0, SURPRISAL_ROWS));
  const ensemble = new Ensemble({ ...model, statistics: ["neighbours"] }, machine);
  const count = sample.rows;
  const values = fitted.map(() => new Float64Array(count));
  const batch = ensemble.batch();
  for (let first = 0; first < count; first += BATCH_ROWS) {
    const rows = Math.min(BATCH_ROWS, count - first);
    batch.run({ cells: sample.data, at: first * model.columns, rows });
    batch.parts.forEach((part, p) => {
      for (let slot = 0; slot < rows; slot++) {
        const ownReference = referenceIndex.get(order[first + slot]) ?? -1;
        values[p][first + slot] = part.neighbours(slot, ownReference);
      }
    });
    await pause();
  }
  ensemble.dispose();
  const parts = model.parts.map((part, p) => ({
    ...part,
    surprisals: { ...part.surprisals, neighbours: surprisalOf(values[p]) },
  }));
  return { ...model, parts };
}

/** At most `maxRows` rows, drawn by the seed, in their original order. */
export function subsample(cells: Cells, columns: number, maxRows: number, seed: number): Cells {
  if (cells.rows <= maxRows) return cells;
  const kept = permutation(cells.rows, seed, 0, STREAMS.ensemble).subarray(0, maxRows).sort();
  return takeCells(cells, columns, kept);
}
