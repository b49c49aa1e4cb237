/**
 * Treats a block of a file as steps of a series that arrive one by one: each is scored at once, with the window that
 * ends at it. The first steps, before the first full window, have no verdict and stay empty.
 */
import type { ByteBlock } from "../../../formats/csv/byte_blocks.ts";
import type { RowReader } from "../../../formats/row_reader.ts";
import { requireCells } from "../../../scoring/require_cells.ts";
import type { Cells } from "../../../scoring/table/cells.ts";
import { explainNewest } from "../../../scoring/explain/newest_step.ts";
import type { ScoredBlock } from "./block.ts";
import type { OnlineSteps } from "./online_steps.ts";
import type { ScoreSettings } from "../cell_scorer.ts";
import { explanation } from "../explained.ts";
import { TOP_COLUMNS } from "../../../scoring/verdict_lines.ts";
import type { TableScorer } from "../../../scoring/table_scorer.ts";
import type { LoadedModel } from "../../models/model.ts";
import { csvLine, topColumns } from "../../text/text.ts";

const UTF8 = new TextEncoder();

/** Bytes of a UTF-16 code unit in UTF-8, at most. */
const MAX_UTF8_BYTES = 3;

/**
 * @param into memory for the lines, if it is large enough
 * @throws DataError naming the row, line and column of a cell that cannot be read
 */
export function onlineBlock(
  { scorer, units }: LoadedModel & { readonly scorer: TableScorer },
  steps: OnlineSteps,
  block: ByteBlock,
  { source, reader, settings: { explain }, into }: {
    readonly source: string;
    readonly reader: RowReader;
    readonly settings: Pick<ScoreSettings, "explain">;
    readonly into?: ArrayBuffer;
  },
): ScoredBlock {
  const read = reader.read(block), { rows, blankLine, keys } = read;
  const { columns } = scorer, width = columns.length;
  const { data, seconds } = withoutClock(read, width);
  requireCells(units, { data, rows, source }, block.firstRow);
  let text = "", anomalies = 0;
  for (let r = 0; r < rows; r++) {
    const row = block.firstRow + r + 1;
    const verdict = steps.push(data.subarray(r * width, (r + 1) * width), seconds[r], row);
    if (verdict === undefined) {
      text += csvLine([row, "", "", "", "", ...(explain ? [""] : [])]);
      continue;
    }
    const { score, pValue, anomaly } = verdict;
    const isExplained = explain && (anomaly || explain.conditional);
    const why = isExplained ? explainNewest(scorer, steps.stream, verdict, explain) : undefined;
    const { contributions } = why ?? verdict;
    const top = topColumns(contributions, 0, columns, TOP_COLUMNS).join(";");
    anomalies += Number(anomaly);
    text += csvLine([
      ...[row, score, pValue, anomaly, top],
      ...(explain ? [explanation(anomaly ? why?.blamed : [])] : []),
    ]);
  }
  return { lines: encoded(text, into), rows, anomalies, uncertain: 0, blankLine, keys };
}

/** The cells of the model's columns, and the times after them; NaN if the file has none. */
function withoutClock({ data, rows }: Cells, width: number) {
  const seconds = new Float64Array(rows).fill(NaN);
  if (data.length === rows * width) return { data, seconds };
  const cells = new Float64Array(rows * width);
  for (let r = 0; r < rows; r++) {
    const first = r * (width + 1);
    cells.set(data.subarray(first, first + width), r * width);
    seconds[r] = data[first + width];
  }
  return { data: cells, seconds };
}

function encoded(text: string, into = new ArrayBuffer()): Uint8Array<ArrayBuffer> {
  const maxBytes = MAX_UTF8_BYTES * text.length;
  const bytes = new Uint8Array(into.byteLength < maxBytes ? new ArrayBuffer(2 * maxBytes) : into);
  return bytes.subarray(0, UTF8.encodeInto(text, bytes).written);
}
