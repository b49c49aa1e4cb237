/**
 * Treats a block of a file as steps of one or more series that arrive one by one: each is scored at once, with the
 * window of its series that ends at it. The first steps of each, before a full window, have no verdict and stay empty.
 */
import type { ByteBlock } from "../../../formats/csv/byte_blocks.ts";
import type { RowReader } from "../../../formats/row_reader.ts";
import { requireCells } from "../../../scoring/require_cells.ts";
import { explainNewest } from "../../../scoring/explain/newest_step.ts";
import type { ScoredBlock } from "./block.ts";
import type { OnlineSeries } from "./online_series.ts";
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
  series: OnlineSeries,
  block: ByteBlock,
  { source, reader, settings: { explain }, into }: {
    readonly source: string;
    readonly reader: RowReader;
    readonly settings: Pick<ScoreSettings, "explain">;
    readonly into?: ArrayBuffer;
  },
): ScoredBlock {
  const read = reader.read(block), { rows, blankLine, keys } = read;
  const { columns } = scorer, width = read.data.length / rows;
  requireCells(units, { ...series.cellsOf(read), source }, block.firstRow);
  let text = "", anomalies = 0;
  for (let r = 0; r < rows; r++) {
    const row = block.firstRow + r + 1;
    const step = read.data.subarray(r * width, (r + 1) * width);
    const verdict = series.push(step, { source, row });
    if (verdict === undefined) {
      text += csvLine([row, "", "", "", "", ...(explain ? [""] : [])]);
      continue;
    }
    const { score, pValue, anomaly } = verdict;
    const isExplained = explain && (anomaly || explain.conditional);
    const why = isExplained ? explainNewest(scorer, verdict.stream, verdict, explain) : undefined;
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

function encoded(text: string, into = new ArrayBuffer()): Uint8Array<ArrayBuffer> {
  const maxBytes = MAX_UTF8_BYTES * text.length;
  const bytes = new Uint8Array(into.byteLength < maxBytes ? new ArrayBuffer(2 * maxBytes) : into);
  return bytes.subarray(0, UTF8.encodeInto(text, bytes).written);
}
