/** Writes lines of CSV. */

/** A line of CSV, RFC 4180: cells with separators, quotes or line breaks are quoted. */
export function csvLine(cells: readonly (string | number | boolean)[]): string {
  const quoted = cells.map((cell) => {
    const text = String(cell);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${quoted.join(",")}\n`;
}
