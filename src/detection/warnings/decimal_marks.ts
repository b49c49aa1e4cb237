/**
 * Warnings about numbers with a decimal point beside amounts with a decimal comma: 1.234 may then be a thousand. As
 * plain numbers they have lost the zeros that would show it.
 */
import { hasLevels } from "../../scoring/table/schema.ts";
import type { ReadColumn } from "../columns/read_column.ts";

/** One sentence for each such undeclared column. */
export function decimalMarkWarnings(columns: readonly ReadColumn[]): string[] {
  const withComma = columns.find(({ format, declared }) => format?.startsWith("1.") && !declared);
  if (!withComma) return [];
  return columns.flatMap(({ name, kind, format, texts, hasComma, declared, values }) => {
    if (texts || format || hasComma || declared || hasLevels(kind) || kind === "timestamp") {
      return [];
    }
    const example = values().find((value) => Math.abs(value % 1) > 0);
    return example === undefined ? [] : [
      `column "${name}" has decimal points, such as ${example}, and column "${withComma.name}" decimal commas: ` +
      "if its points divide thousands, declare it numeric:1.234,50",
    ];
  });
}
