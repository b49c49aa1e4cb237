/** Compares scores and flags with the labels of a table. */
import { auroc, averagePrecision, countAnomalies, precisionAt } from "../../scoring/metrics.ts";
import type { TableScorer } from "../../scoring/table_scorer.ts";
import { count, counted, type Section } from "../text/text.ts";

/** Figures against a label; null if the rows are all of one kind. */
export interface LabelFigures {
  readonly anomalies: number;
  readonly auroc: number | null;
  readonly averagePrecision: number | null;
  /** Precision among as many of the highest scores as there are anomalies. */
  readonly precisionAtAnomalies: number | null;
  /** Rows at or below the false-alarm rate; absent for a bare VAE, which has no p-values. */
  readonly flagged?: number;
  /** How many of the flagged rows are anomalies. */
  readonly flaggedAnomalies?: number;
}

export function labelFigures(
  scores: Float64Array,
  label: Float64Array,
  flags?: Uint8Array,
): LabelFigures {
  const orNull = (value: number) => Number.isNaN(value) ? null : value;
  return {
    anomalies: countAnomalies(label),
    auroc: orNull(auroc(scores, label)),
    averagePrecision: orNull(averagePrecision(scores, label)),
    precisionAtAnomalies: orNull(precisionAt(scores, label)),
    ...(flags && {
      flagged: countAnomalies(flags),
      flaggedAnomalies: countAnomalies(flags.map((flag, r) => label[r] === 0 ? 0 : flag)),
    }),
  };
}

/** The figures of a detector's scores; it flags at its false-alarm rate. */
export function detectorFigures(
  scorer: TableScorer,
  scores: Float64Array,
  label: Float64Array,
): LabelFigures {
  const flags = new Uint8Array(scores.length);
  scores.forEach((score, r) => {
    flags[r] = Number(scorer.isAnomaly(scorer.calibration.pValue(score)));
  });
  return labelFigures(scores, label, flags);
}

/** The figures for people to read, and which rows they cover. */
export function labelSection(figures: LabelFigures, rows: number, over: string): Section {
  const { anomalies, flagged, flaggedAnomalies = 0 } = figures;
  const lacking = anomalies === 0
    ? "anomalous rows"
    : "normal rows: of numbers, only 0 is normal (--normal)";
  const figure = (value: number | null) => value?.toFixed(4) ?? `needs ${lacking}`;
  const flags = `${count(flagged ?? 0)} of ${counted(rows, "row")}, ${
    count(flaggedAnomalies)
  } of them anomalies`;
  return {
    title: `Against the label (anomalies: ${count(anomalies)}), over ${over}`,
    lines: [
      ["AUROC", figure(figures.auroc)],
      ["Average precision", figure(figures.averagePrecision)],
      [`Precision at ${count(anomalies)}`, figure(figures.precisionAtAnomalies)],
      ["Flagged", flagged === undefined ? undefined : flags],
    ],
  };
}
