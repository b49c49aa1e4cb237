/** Columns in a sentence. */

/** The most columns that one sentence names, and the most sentences of one kind. */
export const MAX_LISTED = 5;

/** Columns by their names, of which a table may have thousands. */
export function listColumns(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED).map((name) => `"${name}"`).join(", ");
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : "";
  return `column${names.length > 1 ? "s" : ""} ${shown}${more}`;
}
