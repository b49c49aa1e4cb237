/**
 * `elbow score` for formats other than text, part by part in one thread: memory does not grow with the file, and the
 * first lines are written before the last rows are read.
 */
import { rowBlocks } from "../../../scoring/table/cells.ts";
import { partsFor } from "../../files/data.ts";
import type { Io } from "../../io.ts";
import { csvLine } from "../../text/text.ts";
import { CellScorer, headerOf, openSecondLook, type ScoreSettings } from "../cell_scorer.ts";
import type { ScoringModel } from "./stream.ts";
import { addTo, type ScoreTotals } from "../summary.ts";

/**
 * The pieces of the CSV output, in order.
 * @param totals the counts to add to
 */
export async function* scoreParts(
  { model, source, settings, header, onBytes, io }: {
    readonly model: ScoringModel;
    readonly source: string;
    readonly settings: ScoreSettings;
    readonly header?: boolean;
    /** Called with the size of each piece of the file. */
    readonly onBytes?: (count: number) => void;
    readonly io: Io;
  },
  totals: ScoreTotals,
): AsyncGenerator<Uint8Array> {
  const columns = model.units.columns.length;
  const second = await openSecondLook(model.scorer, settings);
  const scorer = new CellScorer(model.scorer, { settings, second });
  try {
    for await (const part of partsFor(model, source, io, { header, onBytes })) {
      for (const { block } of rowBlocks(part, columns)) {
        const judged = scorer.judge(block, totals.rows);
        const scored = scorer.write(judged, undefined, await scorer.regrets(judged, io.signal));
        // Written with the first rows, so that nothing is written if an error comes before them.
        if (totals.rows === 0) yield new TextEncoder().encode(csvLine(headerOf(settings)));
        yield scored.lines;
        addTo(totals, scored);
      }
    }
  } finally {
    second?.dispose();
  }
}
