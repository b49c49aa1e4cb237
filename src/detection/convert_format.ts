/**
 * Writes a detector's file with weights in fewer bits: rounds, recalibrates, and rejects the result if it no longer
 * ranks rows the same way.
 *
 *   Spearman's ρ of the scores before and after ≥ 0.99, on the calibration rows
 *
 * The p-values in the file are those of the rounded model, so its false-alarm rate holds however much the scores
 * change; the bound protects what it detects.
 */
import { rankCorrelation } from "../core/ranks.ts";
import { Calibration } from "../scoring/decisions/calibration.ts";
import type { ModelFile } from "../trained/file/model_file.ts";
import { writePackedFile } from "../trained/file/packed_file.ts";
import { type FileFormat, packTensors, unpackTensors } from "../trained/file/quantize.ts";
import type { Cells } from "../scoring/table/cells.ts";
import type { TableRows } from "../scoring/table/table_rows.ts";
import { tableModelOf, tableTensors } from "../scoring/table_file.ts";
import { TableScorer } from "../scoring/table_scorer.ts";
import { fromModelFile, TrainedVae } from "../trained/trained_vae.ts";
import { evenlySpaced } from "./calibrate.ts";
import type { HeldOutRows } from "./fit_table.ts";

/** Options of `save`. */
export interface SaveOptions {
  /** "f32", "f16" (half the size) or "int8" (a quarter). Default: the model's own format. */
  readonly format?: FileFormat;
  /** Normal rows to calibrate the rounded model on; needed if the detector was loaded. */
  readonly rows?: TableRows | Cells;
}

/** The smallest rank correlation that is accepted. */
const MIN_CORRELATION = 0.99;

/**
 * @param heldOut normal rows held out from training
 * @throws RangeError if rounding changes the order of the scores
 */
export function convertFormat(
  scorer: TableScorer,
  file: ModelFile,
  format: FileFormat,
  heldOut: HeldOutRows,
): Uint8Array {
  const rounded = { ...file, tensors: unpackTensors(packTensors(file.tensors, format)), format };
  const roundedScorer = new TableScorer(
    new TrainedVae(...fromModelFile(rounded), scorer.vae.onHost.device),
    tableModelOf(rounded),
  );
  try {
    const { scores } = roundedScorer.scoreCells(heldOut);
    const correlation = rankCorrelation(scorer.scoreCells(heldOut).scores, scores);
    // NaN, for scores that are all equal, is accepted: there is no order to change.
    if (correlation < MIN_CORRELATION) {
      throw new RangeError(
        `Cannot save as ${format}: scores must keep their order, with a rank correlation of at least ${MIN_CORRELATION}, got ${
          correlation.toFixed(4)
        }`,
      );
    }
    heldOut.costs?.forEach((nats, r) => scores[r] += nats);
    const model = { ...roundedScorer.table, calibration: new Calibration(evenlySpaced(scores)) };
    const tensors = new Map([...rounded.tensors, ...tableTensors(model)]);
    return writePackedFile({ ...rounded, tensors });
  } finally {
    roundedScorer.dispose();
  }
}
