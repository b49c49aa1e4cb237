/**
 * From the scores of a batch to verdicts: which p-values, which limit, which rows, how surely.
 *
 *   falseAlarmRate  flagged: p ≤ α, each row by itself
 *   fdr             flagged: p ≤ p*, which the batch decides together: `false_discovery.ts`
 *   tail            p-values beyond the calibration's resolution are extrapolated: `tail.ts`
 *   minConfidence   verdicts that other calibration rows might have turned are withheld: `confidence.ts`
 *
 * P-values are split-conformal where `tail` does not reach. With `tail` the rates are as good as the
 * extrapolation, and no longer a theorem. Nor is `fdr` with `minConfidence`: the flags that are withheld are the
 * less sure of a set that keeps its rate as a whole.
 */
import { requireNumber } from "../../core/validate.ts";
import type { Calibration } from "./calibration.ts";
import { confidenceByTail, confidenceOf, surestFlag } from "./confidence.ts";
import { discover, fewestDiscoveries } from "./false_discovery.ts";
import { CONFIDENCE, isWithin, RATE } from "./rates.ts";
import { Tail } from "./tail.ts";

/** How to decide; everything is optional. */
export interface DecisionOptions {
  /** The share of normal rows that may be flagged; the model's own. */
  readonly falseAlarmRate?: number;
  /** The share of the flagged rows that may be normal, on average, in place of the rate. */
  readonly fdr?: number;
  /** Whether to extrapolate beyond the calibration rows; false. */
  readonly tail?: boolean;
  /** The confidence below which a verdict is withheld, ½ … 1; none. */
  readonly minConfidence?: number;
}

/** What was decided on a row. */
export type RowDecision = "normal" | "anomaly" | "uncertain";

/** The verdicts on a batch. */
export interface Decision {
  /** Of each row, extrapolated where a tail was asked for. */
  readonly pValues: Float64Array;
  /** Rows with p-values up to this are anomalies; 0 if no row is. */
  readonly limit: number;
  /** Of each row, where a least confidence was asked for. */
  readonly confidences?: Float64Array;
  /** Rows that are anomalies. */
  readonly anomalies: number;
  /** Rows whose verdict is withheld. */
  readonly uncertain: number;
  /** With `fdr`: fewer rows than this cannot be flagged, as p-values are no finer. */
  readonly fewest?: number;
  /** With `minConfidence`: no row can be flagged with more. */
  readonly surest?: number;
  /** Whether the limit lies where the tail alone says what p-values are, without a guarantee. */
  readonly extrapolated: boolean;
  /** Of one row. */
  verdict(row: number): RowDecision;
}

/**
 * Decides on a batch of scores.
 * @param falseAlarmRate the model's own
 * @throws RangeError for a rate that cannot be kept, or options that are out of range
 */
export function decide(
  calibration: Calibration,
  scores: Float64Array,
  options: DecisionOptions & { readonly falseAlarmRate: number },
): Decision {
  const { fdr, minConfidence } = options;
  const tail = options.tail ? new Tail(calibration) : undefined;
  const pValues = scores.map((score) =>
    tail && score > tail.threshold ? tail.survival(score) : calibration.pValue(score)
  );
  const limit = fdr === undefined
    ? requireReach(calibration, options, tail)
    : discover(pValues, fdr).limit;
  const sure = minConfidence === undefined
    ? undefined
    : confidencesOf({ calibration, tail }, scores, limit, minConfidence);
  const confidences = sure?.confidences;
  const verdict = (row: number): RowDecision =>
    confidences && confidences[row] < minConfidence!
      ? "uncertain"
      : isWithin(pValues[row], limit)
      ? "anomaly"
      : "normal";
  let anomalies = 0, uncertain = 0;
  for (let r = 0; r < scores.length; r++) {
    const its = verdict(r);
    if (its === "anomaly") anomalies++;
    else if (its === "uncertain") uncertain++;
  }
  const fewest = fdr !== undefined && !tail
    ? { fewest: fewestDiscoveries(scores.length, fdr, calibration.resolution) }
    : {};
  const extrapolated = tail !== undefined && limit > 0 && limit < tail.share;
  return { pValues, limit, ...sure, anomalies, uncertain, extrapolated, ...fewest, verdict };
}

/**
 * The score above which a rate flags, nats.
 * @throws RangeError for a rate, or a least confidence, that cannot be kept
 */
export function thresholdFor(
  calibration: Calibration,
  options: Pick<DecisionOptions, "tail" | "minConfidence"> & { readonly falseAlarmRate: number },
): number {
  const { falseAlarmRate, tail } = options, fitted = tail ? new Tail(calibration) : undefined;
  requireReach(calibration, options, fitted);
  return fitted && falseAlarmRate < fitted.share
    ? fitted.quantile(falseAlarmRate)
    : calibration.threshold(falseAlarmRate);
}

/** The rate, where calibration rows or the tail can keep it and some row could be flagged as surely as is asked. */
function requireReach(
  calibration: Calibration,
  { falseAlarmRate: rate, minConfidence }: Parameters<typeof thresholdFor>[1],
  tail?: Tail,
): number {
  if (tail) requireNumber("falseAlarmRate", rate, RATE);
  else calibration.requireRate(rate);
  if (minConfidence === undefined) return rate;
  requireNumber("minConfidence", minConfidence, CONFIDENCE);
  const surest = surestOf({ calibration, tail }, rate);
  if (minConfidence <= surest) return rate;
  throw new RangeError(
    `Cannot keep a confidence of ${minConfidence}: ${calibration.scores.length} calibration rows flag no row at a rate of ${rate} with more than ${
      surest.toPrecision(3)
    }`,
  );
}

/** What verdicts come from. */
interface Judges {
  readonly calibration: Calibration;
  readonly tail?: Tail;
}

function surestOf({ calibration, tail }: Judges, rate: number): number {
  return tail && rate < tail.share ? 1 : surestFlag(calibration, rate);
}

function confidencesOf(
  { calibration, tail }: Judges,
  scores: Float64Array,
  limit: number,
  least: number,
): Required<Pick<Decision, "confidences" | "surest">> {
  requireNumber("minConfidence", least, CONFIDENCE);
  const rate = Math.min(RATE.max, Math.max(limit, calibration.resolution));
  const confidences = scores.map((score) =>
    tail && score > tail.threshold && limit < tail.share
      ? confidenceByTail(tail, score, Math.max(limit, Number.MIN_VALUE))
      : confidenceOf(calibration, score, rate)
  );
  return { confidences, surest: surestOf({ calibration, tail }, limit > 0 ? limit : rate) };
}
