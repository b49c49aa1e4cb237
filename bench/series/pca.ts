/**
 * Principal components on windows, the baseline to beat: the squared Mahalanobis distance of each standardised window,
 * and for a step the mean over the windows that contain it.
 */
import { mahalanobis } from "../../src/detection/baselines/pca.ts";
import { countWindows, stepMeans, windowsOf } from "../../src/scoring/series/windows.ts";
import { standardizationOf, standardize } from "../../src/scoring/table/standardize.ts";
import type { Steps } from "./data.ts";

/** Scores of the steps of `test`. */
export function pcaScores(training: Steps, test: Steps, window: number): Float64Array {
  const columns = training.columns.length;
  const all = (series: Steps) =>
    windowsOf(series, columns, window, 0, countWindows(series.rows, window));
  const known = all(training);
  const standardization = standardizationOf(known, window * columns);
  const score = mahalanobis()(standardize(known, standardization));
  return stepMeans(score(standardize(all(test), standardization)), 1, window);
}
