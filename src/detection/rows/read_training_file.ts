/** Reads the rows to train on from a file, and keeps no more of them than are trained on (ADR 67). */
import type { ReadTableOptions, Table } from "../../formats/mod.ts";
import { type ReadSampleOptions, sampleOf } from "../../formats/sample/read_sample.ts";
import type { OpenTable } from "../../formats/sample/table_parts.ts";
import { withMissing } from "../../formats/text/missing_texts.ts";
import { missingTextsOf } from "../columns/declared_missing.ts";
import { type ColumnOverride, keptTexts } from "../columns/infer_schema.ts";
import type { DetectorOptions } from "../options.ts";
import { sampleOptions } from "./row_limit.ts";

/** What decides which rows are kept, and which of their cells are missing. */
export interface TrainingFileOptions
  extends
    Pick<DetectorOptions, "maxRows" | "seed" | "window" | "missing">,
    Pick<ReadSampleOptions, "onRows"> {
  readonly schema?: readonly ColumnOverride[];
  /** The column that tells series apart. */
  readonly by?: string;
}

/** Closes the table. @throws DataError naming the file, and the row and column if one is at fault */
export async function readTrainingFile(
  open: OpenTable,
  reading: ReadTableOptions,
  { schema, missing, onRows, by, ...limits }: TrainingFileOptions,
): Promise<Table> {
  const textsOf = missingTextsOf({ missing, schema });
  const prepare = textsOf && ((part: Table) => withMissing(part, textsOf, keptTexts(schema)));
  return await sampleOf(open, reading, { ...sampleOptions(limits, by), prepare, onRows });
}
