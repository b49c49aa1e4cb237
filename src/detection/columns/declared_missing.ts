/** What a user says stands for missing values: in a column by its declaration, or else in all columns. */
import type { MissingTexts } from "../../formats/text/missing_texts.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";

/** The two options of `Detector.fit` that say so. */
export interface MissingOptions {
  readonly missing?: readonly string[];
  readonly schema?: readonly Pick<ColumnSchema, "name" | "missing">[];
}

/** These texts and numbers, by column; undefined if there are none. */
export function missingTextsOf(
  { missing = [], schema = [] }: MissingOptions,
): MissingTexts | undefined {
  if (missing.length === 0 && schema.every((column) => !column.missing)) return undefined;
  return (column) => schema.find(({ name }) => name === column)?.missing ?? missing;
}

/** The columns with what stands for a missing value in them, to be read so later. */
export function withMissingTexts(
  schema: readonly ColumnSchema[],
  options: MissingOptions,
): ColumnSchema[] {
  const textsOf = missingTextsOf(options);
  return schema.map((column) => {
    // A file lists each once.
    const missing = [...new Set(textsOf?.(column.name))];
    return missing.length > 0 ? { ...column, missing } : column;
  });
}
