/**
 * From the scores of a batch to verdicts.
 *
 *   falseAlarmRate  flags rows with p ≤ α, each row on its own
 *   fdr             flags rows with p ≤ p*, where p* depends on the whole batch: `false_discovery.ts`
 *   tail            extrapolates p-values that are smaller than the calibration rows resolve: `tail.ts`
 *   minConfidence   withholds verdicts that other calibration rows might well have reversed: `confidence.ts`
 *
 * P-values are split-conformal, and the false-alarm rate is guaranteed. There are two exceptions. Where `tail`
 * extrapolates, the rate is as good as the fitted tail. With `fdr` and `minConfidence` together the rate is guaranteed
 * for all flagged rows, but not for those that are left once the less sure ones are withheld.
 */
import { requireNumber } from "../../core/validate.ts";
import type { Calibration } from "./calibration.ts";
import { confidenceByTail, confidenceOf, surestFlag } from "./confidence.ts";
import { discover, fewestDiscoveries } from "./false_discovery.ts";
import { CONFIDENCE, isWithin, RATE } from "./rates.ts";
import { Tail } from "./tail.ts";

/** How to decide. Every field is optional. */
export interface DecisionOptions {
  /** The share of normal rows that may be flagged, in (0, 1). Default: the model's own rate. */
  readonly falseAlarmRate?: number;
  /** The expected share of normal rows among the flagged ones, in (0, 1). Replaces `falseAlarmRate`. */
  readonly fdr?: number;
  /** Whether to extrapolate p-values beyond the calibration rows. Default: false. */
  readonly tail?: boolean;
  /** Verdicts with less confidence than this, ½ to 1, are withheld. Default: none are. */
  readonly minConfidence?: number;
}

/** The verdict on a row. "uncertain" is a verdict that was withheld. */
export type RowDecision = "normal" | "anomaly" | "uncertain";

/** The verdicts on a batch. */
export interface Decision {
  /** [rows], in (0, 1]; extrapolated where `tail` was asked for. */
  readonly pValues: Float64Array;
  /** Rows with p-values up to this are anomalies; 0 if no row is. */
  readonly limit: number;
  /** [rows], ½ to 1; present with `minConfidence`. */
  readonly confidences?: Float64Array;
  /** The number of anomalies. */
  readonly anomalies: number;
  /** The number of rows whose verdict is withheld. */
  readonly uncertain: number;
  /** With `fdr`: the smallest number of rows that can be flagged at all, given how fine p-values are. */
  readonly fewest?: number;
  /** With `minConfidence`: the highest confidence with which a row can be flagged. */
  readonly surest?: number;
  /** Whether the limit lies in the extrapolated tail, where its rate is not guaranteed. */
  readonly extrapolated: boolean;
  /** The verdict on one row, counted from 0. */
  verdict(row: number): RowDecision;
}

/**
 * Decides on a batch of scores.
 * @param scores [rows], nats
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

/**
 * The rate, once it is known that it can be kept.
 * @throws RangeError if neither calibration rows nor tail are fine enough for it, or no row could be flagged with
 *   `minConfidence`
 */
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

/** What p-values and confidences are computed from. */
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
