/**
 * The option `secondLook` of the verb `score`: behind the numbers of each row the likelihood regret of a flagged row,
 * in nats; NaN, which means absent, for any other. Passed to `createApp` by whoever wants it, because it loads training
 * code, which a bundle for the edge does not carry:
 *
 * ```ts
 * import { createApp } from "./mod.ts";
 * import { secondLook } from "./second_look.ts";
 * Deno.serve(createApp({ models, secondLook }).fetch);
 * ```
 *
 * @module
 */
import type { SecondLook } from "../detection/second_look.ts";
import type { Cells } from "../scoring/table/cells.ts";
import { notFinite } from "./answers/answers.ts";
import type { Pacer } from "./pacer.ts";
import { invalid } from "./answers/problems.ts";
import type { TableScorer } from "../scoring/table_scorer.ts";
import type { PartialWork, TakeSecondLook } from "./verbs/verb.ts";
import { ANOMALY } from "./verbs/verdict.ts";

export type { TakeSecondLook };

/** Rows that a request may have for each that may be looked at twice: a look takes some milliseconds. */
const ROWS_PER_LOOK = 25;

/** The option of `createApp`. */
export const secondLook: TakeSecondLook = withRegrets;

/** Adds the regret of flagged rows to verdicts. */
function withRegrets(scores: PartialWork, model: TableScorer, maxRows: number): PartialWork {
  const at = scores.columns.length, width = at + 1;
  return {
    ...scores,
    columns: [...scores.columns, "regret"],
    blanks: [...scores.blanks ?? scores.columns.map(() => false), true],
    async run(cells, firstRow, pacer) {
      const scored = await scores.run(cells, firstRow, pacer);
      const data = new Float64Array(cells.rows * width).fill(NaN);
      for (let r = 0; r < cells.rows; r++) {
        data.set(scored.subarray(r * at, (r + 1) * at), r * width);
      }
      return data;
    },
    async lookAgain(data, cells, firstRow, pacer) {
      const isFlagged = (r: number) => data[r * width + ANOMALY] === 1;
      if (flaggedOf(cells.rows, isFlagged, maxRows) === 0) return;
      const { SecondLook } = await import("../detection/second_look.ts");
      const regrets = await regretsOf(new SecondLook(model), cells, isFlagged, pacer);
      regrets.forEach((nats, r) => {
        if (isFlagged(r) && !Number.isFinite(nats)) throw notFinite(firstRow + r);
        data[r * width + at] = nats;
      });
    },
    text(data, offset) {
      const row = scores.text(data, offset), regret = data[offset + at];
      return Number.isNaN(regret) ? row : `${row.slice(0, -1)},"regret":${regret}}`;
    },
  };
}

/** The number of flagged rows. @throws Problem for more than one request may have */
function flaggedOf(rows: number, isFlagged: (row: number) => boolean, maxRows: number): number {
  const most = Math.ceil(maxRows / ROWS_PER_LOOK);
  let flagged = 0;
  for (let r = 0; r < rows; r++) flagged += Number(isFlagged(r));
  if (flagged <= most) return flagged;
  throw invalid(
    "/secondLook",
    `Cannot take a second look at more than ${most} flagged rows in one request, got ${flagged}`,
  );
}

async function regretsOf(
  look: SecondLook,
  cells: Cells,
  isFlagged: (row: number) => boolean,
  pacer: Pacer,
): Promise<Float64Array> {
  try {
    return await pacer.run(look.steps(cells, isFlagged));
  } catch (error) {
    // The network is not one that can be looked at, or beyond its numbers.
    if (error instanceof RangeError) throw invalid("/secondLook", error.message);
    throw error;
  } finally {
    look.dispose();
  }
}
