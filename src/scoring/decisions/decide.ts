/**
 * Turns the scores of a batch into verdicts.
 *
 *   falseAlarmRate  flags rows with p ≤ α, each row on its own
 *   fdr             flags rows with p ≤ p*, where p* depends on the whole batch: `false_discovery.ts`
 *   tail            extrapolates p-values below the resolution of the calibration rows: `tail.ts`
 *   minConfidence   withholds verdicts that other calibration rows might well have reversed: `confidence.ts`
 *
 * P-values are split-conformal, and the false-alarm rate is guaranteed, with two exceptions. Where `tail`
 * extrapolates, the rate is only as good as the fitted tail. With `fdr` and `minConfidence` together, the false
 * discovery rate holds for all flagged rows, but not for those that remain after the uncertain ones are withheld.
 */
import { requireNumber } from "../../core/validate.ts";
import type { Calibration } from "./calibration.ts";
import { confidenceByTail, confidenceOf, maxFlagConfidence } from "./confidence.ts";
import { discover, minDiscoveries } from "./false_discovery.ts";
import { CONFIDENCE, isWithin, RATE } from "./rates.ts";
import { Tail } from "./tail.ts";

/** Options for `decide`. Every field is optional. */
export interface DecisionOptions {
  /** The share of normal rows that may be flagged, in (0, 1). Default: the model's own rate. */
  readonly falseAlarmRate?: number;
  /** The expected share of normal rows among the flagged ones, in (0, 1). Replaces `falseAlarmRate`. */
  readonly fdr?: number;
  /** Whether to extrapolate p-values beyond the calibration rows. Default: false. */
  readonly tail?: boolean;
  /** Withholds verdicts with a confidence below this, ½ to 1. Default: none. */
  readonly minConfidence?: number;
}

/** The verdict on a row. "uncertain" means that the verdict was withheld. */
export type RowDecision = "normal" | "anomaly" | "uncertain";

/** The verdicts on a batch. */
export interface Decision {
  /** [rows], in (0, 1]; extrapolated if `tail` was set. */
  readonly pValues: Float64Array;
  /** Rows with p-values up to this are anomalies; 0 if there are none. */
  readonly limit: number;
  /** [rows], ½ to 1; present with `minConfidence`. */
  readonly confidences?: Float64Array;
  /** The number of anomalies. */
  readonly anomalies: number;
  /** The number of rows whose verdict is withheld. */
  readonly uncertain: number;
  /** With `fdr`, without `tail`: the smallest number of rows that can be flagged at all, given the smallest p-value. */
  readonly fewest?: number;
  /** With `minConfidence`: the highest confidence that a flag can have. */
  readonly surest?: number;
  /** Whether the limit lies in the extrapolated tail, where the rate is not guaranteed. */
  readonly extrapolated: boolean;
  /** The verdict on one row, by index from 0. */
  verdict(row: number): RowDecision;
}

/**
 * Decides on each score of a batch.
 * @param scores [rows], nats
 * @throws RangeError for a rate that cannot be guaranteed, or options out of range
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
    ? requireAttainable(calibration, options, tail)
    : discover(pValues, fdr).limit;
  const confidence = minConfidence === undefined
    ? undefined
    : decisionConfidences({ calibration, tail }, scores, limit, minConfidence);
  const confidences = confidence?.confidences;
  const verdict = (row: number): RowDecision =>
    confidences && confidences[row] < minConfidence!
      ? "uncertain"
      : isWithin(pValues[row], limit)
      ? "anomaly"
      : "normal";
  let anomalies = 0, uncertain = 0;
  for (let r = 0; r < scores.length; r++) {
    const decision = verdict(r);
    if (decision === "anomaly") anomalies++;
    else if (decision === "uncertain") uncertain++;
  }
  const fewest = fdr !== undefined && !tail
    ? { fewest: minDiscoveries(scores.length, fdr, calibration.resolution) }
    : {};
  const extrapolated = tail !== undefined && limit > 0 && limit < tail.share;
  return { pValues, limit, ...confidence, anomalies, uncertain, extrapolated, ...fewest, verdict };
}

/**
 * The score, in nats, above which rows are flagged at a false-alarm rate.
 * @throws RangeError for a rate, or a minimum confidence, that cannot be guaranteed
 */
export function thresholdFor(
  calibration: Calibration,
  options: Pick<DecisionOptions, "tail" | "minConfidence"> & { readonly falseAlarmRate: number },
): number {
  const { falseAlarmRate, tail } = options, fitted = tail ? new Tail(calibration) : undefined;
  requireAttainable(calibration, options, fitted);
  return fitted && falseAlarmRate < fitted.share
    ? fitted.quantile(falseAlarmRate)
    : calibration.threshold(falseAlarmRate);
}

/**
 * Returns the rate after checking that it can be kept.
 * @throws RangeError if the rate is below the resolution of the calibration rows and there is no tail, or if no flag
 *   can reach `minConfidence`
 */
function requireAttainable(
  calibration: Calibration,
  { falseAlarmRate: rate, minConfidence }: Parameters<typeof thresholdFor>[1],
  tail?: Tail,
): number {
  if (tail) requireNumber("falseAlarmRate", rate, RATE);
  else calibration.requireRate(rate);
  if (minConfidence === undefined) return rate;
  requireNumber("minConfidence", minConfidence, CONFIDENCE);
  const surest = maxConfidence({ calibration, tail }, rate);
  if (minConfidence <= surest) return rate;
  throw new RangeError(
    `Cannot keep a confidence of ${minConfidence}: ${calibration.scores.length} calibration rows flag no row at a rate of ${rate} with more than ${
      Math.floor(1000 * surest) / 1000
    }`,
  );
}

/** The sources of p-values and confidences. */
interface PValueSource {
  readonly calibration: Calibration;
  readonly tail?: Tail;
}

function maxConfidence({ calibration, tail }: PValueSource, rate: number): number {
  return tail && rate < tail.share ? 1 : maxFlagConfidence(calibration, rate);
}

function decisionConfidences(
  { calibration, tail }: PValueSource,
  scores: Float64Array,
  limit: number,
  minConfidence: number,
): Required<Pick<Decision, "confidences" | "surest">> {
  requireNumber("minConfidence", minConfidence, CONFIDENCE);
  const rate = Math.min(RATE.max, Math.max(limit, calibration.resolution));
  const confidences = scores.map((score) =>
    tail && score > tail.threshold && limit < tail.share
      ? confidenceByTail(tail, score, Math.max(limit, Number.MIN_VALUE))
      : confidenceOf(calibration, score, rate)
  );
  return { confidences, surest: maxConfidence({ calibration, tail }, limit > 0 ? limit : rate) };
}
