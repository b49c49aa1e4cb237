/**
 * Rejects new rows that a trained model can no longer tell apart. The transform of a column was fitted to the old rows
 * and is clipped at 10⁶ of their standard deviations (`scoring/table/standardize.ts`, `scoring/views/view.ts`). If more
 * than a tenth of a column's cells are clipped, its units or its origin have changed, and further training would learn
 * nothing from it.
 */
import type { Cells } from "../../scoring/table/cells.ts";
import { LIMIT, standardize } from "../../scoring/table/standardize.ts";
import type { TableModel } from "../../scoring/table_model.ts";
import { project } from "../../scoring/views/projector.ts";

const MAX_SATURATED_SHARE = 0.1;

/** @throws RangeError naming the column */
export function refuseSaturated(
  cells: Cells,
  { schema, ensemble, expansion, standardization }: TableModel,
  unit: "rows" | "windows" = "rows",
): void {
  const projections = ensemble
    ? ensemble.parts.map(({ view }) => ({
      x: project(view, cells, schema.length).x.data,
      owner: view.features.map(({ column }) => column),
      limits: undefined,
    }))
    : [{
      x: standardize(expansion.expand(cells), standardization).data,
      owner: [...expansion.owner],
      limits: standardization.limit,
    }];
  for (const { x, owner, limits } of projections) {
    const width = owner.length, counts = new Float64Array(width);
    x.forEach((value, i) => {
      if (Math.abs(value) >= (limits?.[i % width] ?? LIMIT)) counts[i % width]++;
    });
    const d = counts.findIndex((count) => count > MAX_SATURATED_SHARE * cells.rows);
    if (d < 0) continue;
    throw new RangeError(
      `Cannot update detector: column "${
        schema[owner[d]].name
      }" lies more than a million standard deviations from the training rows in ${
        counts[d]
      } of ${cells.rows} ${unit}: check its unit, or fit a new detector`,
    );
  }
}
