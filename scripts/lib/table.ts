/** Markdown tables as `deno fmt` formats them. */

/** The cells of a row. */
export type Row = readonly string[];

/**
 * A table with aligned columns.
 * @param right indices of the columns that are aligned to the right
 */
export function markdownTable(
  head: Row,
  rows: readonly Row[],
  right: readonly number[] = [],
): string {
  const widths = head.map((_, i) =>
    Math.max(3, ...[head, ...rows].map((cells) => cells[i].length))
  );
  const pad = (cell: string, i: number) =>
    right.includes(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]);
  const line = (cells: Row) => `| ${cells.map(pad).join(" | ")} |`;
  const rule = widths.map((width, i) =>
    right.includes(i) ? `${"-".repeat(width - 1)}:` : "-".repeat(width)
  );
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}
