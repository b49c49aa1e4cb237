/**
 * Continues training an ensemble on new rows, without the original ones. Its references are a sample of the original
 * rows, in the views of the networks, and represent them:
 *
 *   rows     the new rows in the existing views, and the references
 *   fitted   on these rows as in `fit_ensemble.ts`, except that networks start from their current weights
 *   kept     the views, the sizes of the networks, the statistics
 *
 * New references are drawn uniformly from all these rows, so each update by n rows reduces the share of old rows to
 * R / (R + n), and the references remain a sample of the rows that the curves are fitted on. A reservoir over all rows
 * ever seen would hold almost none of the new rows, and the distances would ignore them.
 *
 * A reference may have trained the network that measures it here, so the tails of residual and KL are slightly too
 * thin. P-values are not affected, because the calibration rows train nothing.
 */
import type { EnsembleModel } from "../../scoring/ensemble/ensemble.ts";
import { memberPrefix } from "../../scoring/ensemble/members.ts";
import type { Part } from "../../scoring/ensemble/part.ts";
import { surprisalOf } from "../../scoring/ensemble/surprisal.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import { project, type Projection } from "../../scoring/views/projector.ts";
import { parametersOf } from "../../models/vae_graph.ts";
import {
  assembleModel,
  type EnsembleRequest,
  fitPart,
  type FittedEnsemble,
  type FittedPart,
  maxTrainingRows,
  reportOf,
  splitFolds,
  subsample,
  SURPRISAL_ROWS,
} from "./fit_ensemble.ts";
import { runWithPauses } from "../../trained/steps.ts";
import { maxGaps } from "./max_gaps.ts";
import { imputed } from "./out_of_fold.ts";
import { neighbourStatistics } from "./reference_distances.ts";

/** The new rows, and how to train on them. */
export type UpdateRequest = Pick<
  EnsembleRequest,
  "cells" | "seed" | "device" | "fitOptions" | "pause"
>;

export async function updateEnsemble(
  model: EnsembleModel,
  request: UpdateRequest,
): Promise<Omit<FittedEnsemble, "warnings">> {
  const maxRows = maxTrainingRows(model.columns);
  const cells = subsample(request.cells, model.columns, maxRows, request.seed);
  const fitted: FittedPart[] = [];
  for (const p of model.parts.keys()) {
    fitted.push(await updatePart(model, { p, first: fitted[0] }, cells, request));
  }
  const { columns, statistics } = model;
  const gaps = maxGaps(cells, columns, model.parts[0].spec.references);
  const updated = assembleModel({ columns, statistics, gaps }, fitted);
  const [first, ...others] = fitted.flatMap(({ members: { vaes } }) => vaes);
  for (const vae of others) vae.dispose();
  return { model: updated, vae: first, report: reportOf(fitted), rows: cells.rows };
}

async function updatePart(
  { columns, parts, parameters }: EnsembleModel,
  { p, first }: { readonly p: number; readonly first?: FittedPart },
  cells: Cells,
  { seed, device, fitOptions, pause }: UpdateRequest,
): Promise<FittedPart> {
  const { view, spec: { members, spec }, references } = parts[p];
  const rowsAndReferences = withReferences(project(view, cells, columns), references);
  const projection = await runWithPauses(imputed(rowsAndReferences), pause);
  const { order, folds, referenceRows } = splitFolds(projection.x.shape[0], members, seed);
  const names = parametersOf(spec).map(({ name }) => name);
  const start = (m: number) =>
    new Map(
      names.map((name) => [name, { data: parameters.get(memberPrefix(view.name, m) + name)! }]),
    );
  const partRequest = { seed, device, fitOptions, pause, spec: () => spec };
  const rows = { projection, folds, referenceRows };
  const fitted = await fitPart(partRequest, { view, ...rows, p, start, ...(first && { first }) });
  const { part } = fitted, referenceIndex = new Map([...referenceRows].map((row, i) => [row, i]));
  const surprisalRows = order.subarray(0, SURPRISAL_ROWS);
  const neighbours = surprisalOf(
    neighbourStatistics(projection, surprisalRows, part.references, referenceIndex),
  );
  return { ...fitted, part: { ...part, surprisals: { ...part.surprisals, neighbours } } };
}

/** The new rows followed by the references, all of whose features count as observed. */
function withReferences(
  { x, observed }: Projection,
  { rows, features }: Part["references"],
): Projection {
  const data = new Float32Array(x.data.length + rows.length);
  data.set(x.data);
  data.set(rows, x.data.length);
  const allObserved = new Uint8Array(data.length).fill(1);
  allObserved.set(observed);
  return { x: { data, shape: [data.length / features, features] }, observed: allObserved };
}
