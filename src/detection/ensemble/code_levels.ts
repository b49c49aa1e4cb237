/**
 * Codes the categories of reference rows, so that files of tables with categories are no larger than need be
 * (`scoring/ensemble/coded_levels.ts`). A cell that was missing was filled in with a point between levels: it takes the
 * nearest level. All views have the same codes, which files hold once.
 */
import { type CodedRows, decodeLevels } from "../../scoring/ensemble/coded_levels.ts";
import type { Feature } from "../../scoring/views/view.ts";

/** Codes are bytes. */
const MAX_CODES = 256;

/** A category: its column, and for each of its features the index and the points. */
interface Category {
  readonly column: number;
  readonly points: readonly { readonly f: number; readonly values: Float32Array }[];
}

/**
 * @param given the codes of another view of the same rows
 * @returns the rows, with levels instead of points between them, and their parts if there are categories
 */
export function codeLevels(
  rows: Float32Array,
  features: readonly Feature[],
  given?: CodedRows,
): { readonly rows: Float32Array; readonly coded?: CodedRows } {
  const categories = categoriesOf(features), width = features.length, count = rows.length / width;
  if (categories.length === 0) return { rows };
  const codes = given?.codes ?? Uint8Array.from(
    { length: count * categories.length },
    (_, i) => {
      const first = Math.floor(i / categories.length) * width;
      return nearestLevel(categories[i % categories.length], rows.subarray(first, first + width));
    },
  );
  const columns = categories.map(({ column }) => column);
  const rest = rows.filter((_, i) => !columns.includes(features[i % width].column));
  const coded = { columns, codes, rest };
  return { rows: decodeLevels(coded, features, count), coded };
}

function categoriesOf(features: readonly Feature[]): Category[] {
  const categories = new Map<number, Category["points"][number][]>();
  features.forEach(({ column, transform }, f) => {
    if (transform.kind !== "point" || transform.values.length > MAX_CODES) return;
    categories.set(column, [...categories.get(column) ?? [], { f, values: transform.values }]);
  });
  return [...categories].map(([column, points]) => ({ column, points }));
}

function nearestLevel({ points }: Category, row: Float32Array): number {
  const squares = Array.from(
    points[0].values,
    (_, level) => points.reduce((sum, { f, values }) => sum + (row[f] - values[level]) ** 2, 0),
  );
  return squares.indexOf(Math.min(...squares));
}
