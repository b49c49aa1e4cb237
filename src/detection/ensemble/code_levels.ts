/**
 * Codes the categories of reference rows, so that files of tables with categories are no larger than need be
 * (`scoring/ensemble/coded_levels.ts`). Columns that some reference rows lack hold what was filled in, and stay as they
 * are.
 */
import type { CodedRows } from "../../scoring/ensemble/coded_levels.ts";
import type { Part } from "../../scoring/ensemble/part.ts";
import { type Feature, transformAt } from "../../scoring/views/view.ts";

/** @returns undefined if no column can be coded */
export function codeLevels(
  rows: Float32Array,
  features: readonly Feature[],
): CodedRows | undefined {
  const width = features.length, count = rows.length / width;
  const levels = new Map<number, number[]>();
  features.forEach(({ column, transform }, f) => {
    if (transform.kind === "point") levels.set(column, [...levels.get(column) ?? [], f]);
  });
  const coded = [...levels].map(([column, own]) => {
    const points = own.map((f) => features[f].transform);
    const codeOf = codesByPoint(points);
    const codes = Array.from(
      { length: count },
      (_, r) => codeOf.get(own.map((f) => rows[r * width + f]).join()) ?? -1,
    );
    return { column, own, codes };
  }).filter(({ codes }) => !codes.includes(-1));
  if (coded.length === 0) return undefined;
  const isCoded = new Set(coded.flatMap(({ own }) => own));
  return {
    columns: coded.map(({ column }) => column),
    codes: Uint8Array.from(
      { length: count * coded.length },
      (_, i) => coded[i % coded.length].codes[Math.floor(i / coded.length)],
    ),
    rest: rows.filter((_, i) => !isCoded.has(i % width)),
  };
}

/** The parts without codes, unless all have the same: a file holds them once. */
export function withSameCodes(parts: readonly Part[]): Part[] {
  const [first] = parts.map(({ references: { coded } }) => coded?.codes.join());
  const isSame = parts.every(({ references: { coded } }) => coded?.codes.join() === first);
  return parts.map((part) => {
    const { coded, ...references } = part.references;
    return { ...part, references: isSame && coded ? { ...references, coded } : references };
  });
}

/** The first level at each point. */
function codesByPoint(points: readonly Feature["transform"][]): Map<string, number> {
  const first = points[0], count = first.kind === "point" ? first.values.length : 0;
  const codes = new Map<string, number>();
  for (let code = Math.min(count, MAX_CODES) - 1; code >= 0; code--) {
    codes.set(points.map((each) => transformAt(each, code)).join(), code);
  }
  return codes;
}

/** Codes are bytes. */
const MAX_CODES = 256;
