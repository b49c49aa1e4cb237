/** The drift test that fits a detector: of rows that do not depend on each other, or of the steps of a series. */
import type { Cells } from "../../scoring/table/cells.ts";
import type { TableScorer } from "../../scoring/table_scorer.ts";
import { renumberingRows } from "../../trained/renumber.ts";
import { DriftTest } from "./drift.ts";
import type { DriftOptions, RowsTest } from "./drift_report.ts";
import { SeriesDriftTest } from "./series_drift.ts";

/** Starts without rows. @throws TypeError or RangeError for options that cannot be used */
export function rowsTestOf(scorer: TableScorer, options: DriftOptions): RowsTest {
  const { schema, table: { calibration, streamCalibration, sketch, window } } = scorer;
  if (window !== undefined) {
    const series = { schema, calibration: streamCalibration ?? calibration, sketch, window };
    return new SeriesDriftTest(series, () => scorer.stream(), options);
  }
  const test = new DriftTest({ schema, calibration, sketch }, options);
  const scored = (cells: Cells) => renumberingRows(test.rows, () => scorer.scoreCells(cells));
  return {
    add: (cells) => test.add(cells, scored(cells).scores),
    report: () => test.report(),
  };
}
