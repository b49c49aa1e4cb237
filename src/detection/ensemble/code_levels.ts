/**
 * Codes the categories of reference rows, so that files of tables with categories are no larger than need be
 * (`scoring/ensemble/coded_levels.ts`). Columns that some reference rows lack hold what was filled in, and stay as they
 * are.
 */
import { type CodedRows, placesOf } from "../../scoring/ensemble/coded_levels.ts";
import type { Feature } from "../../scoring/views/view.ts";

/** @returns undefined if no column can be coded */
export function codeLevels(
  rows: Float32Array,
  features: readonly Feature[],
): CodedRows | undefined {
  const width = features.length, count = rows.length / width;
  const at = (r: number, f: number) => rows[r * width + f];
  const every = Array.from({ length: count }, (_, r) => r);
  const marksOf = (f: number) => {
    const values = every.map((r) => at(r, f));
    return values.reduce(([off, on], value) => [Math.min(off, value), Math.max(on, value)], [
      Infinity,
      -Infinity,
    ]);
  };
  const columns: number[] = [], codes: number[][] = [], marks: number[][] = [];
  const levels = new Set(
    features.flatMap(({ column, transform }) => transform.kind === "level" ? [column] : []),
  );
  for (const column of levels) {
    const [own] = placesOf(features, [column]).coded, values = own.map(marksOf);
    const found = every.map((r) =>
      own.findIndex((f, i) => at(r, f) === values[i][1] && values[i][0] < values[i][1])
    );
    const isExact = every.every((r) =>
      own.every((f, i) => at(r, f) === values[i][Number(i === found[r])])
    );
    if (!isExact || found.includes(-1)) continue;
    columns.push(column);
    codes.push(found);
    marks.push(...values);
  }
  if (columns.length === 0) return undefined;
  const { rest } = placesOf(features, columns);
  return {
    columns,
    codes: Uint8Array.from(every.flatMap((r) => codes.map((each) => each[r]))),
    marks: Float32Array.from([0, 1].flatMap((i) => marks.map((pair) => pair[i]))),
    rest: Float32Array.from(every.flatMap((r) => rest.map((f) => at(r, f)))),
  };
}
