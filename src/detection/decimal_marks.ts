/**
 * Warnings about numbers with a decimal point beside amounts with a decimal comma: 1.234 may then be a thousand. As plain
 * numbers they have lost the zeros that would show it.
 */
import type { RawTable } from "../scoring/table/raw_table.ts";
import { type ColumnSchema, hasLevels } from "../scoring/table/schema.ts";

/** One sentence for each such undeclared column. */
export function decimalMarkWarnings(
  { columns, texts = [], data }: RawTable,
  schema: readonly ColumnSchema[],
  declared: readonly { readonly name: string }[],
): string[] {
  const isFree = (name: string) => !declared.some((each) => each.name === name);
  const withComma = schema.find(({ name, format }) => format?.startsWith("1.") && isFree(name));
  if (!withComma) return [];
  const width = columns.length;
  return schema.flatMap(({ name, kind, format }, c) => {
    if (hasLevels(kind) || kind === "timestamp" || format || texts[c] || !isFree(name)) return [];
    for (let i = c; i < data.length; i += width) {
      if (!(data[i] % 1)) continue;
      return [
        `column "${name}" has decimal points, such as ${
          data[i]
        }, and column "${withComma.name}" decimal commas: ` +
        `if its points divide thousands, declare it numeric:1.234,50`,
      ];
    }
    return [];
  });
}
