/**
 * The columns of a VAE for each column of a user's table. Each belongs to one column of the table, so their costs add
 * up by column.
 *
 *   numbers, binary, ordinal   1   the number, or the code
 *   positive                   1   its logarithm, or 0 for a number that is not positive; in older files the number
 *   categorical                C + 1   one-hot; the last for all values without a code
 *   timestamp                  4   sine and cosine of the time of day and of the week, UTC: the time
 *                                  itself is always new
 *
 * A missing cell is missing in all of its columns. A categorical column without levels has none.
 *
 * Categories come last, those with as many levels side by side: the network then has one head for all numbers, and one
 * for the categories of each width (docs/adr/0082-what-a-category-costs.md).
 */
import { portableCosTurns, portableExp, portableLog } from "../../core/portable.ts";
import type { ColumnKind, ColumnSchema } from "./schema.ts";
import type { Cells } from "./cells.ts";

/** In seconds. */
const DAY = 86_400, WEEK = 7 * DAY;

/** 1970-01-01 was a Thursday; weeks begin on Mondays. */
const MONDAY = 4 * DAY;

/** The columns of a time: cos 2π((t - origin) / period - lag); a lag of ¼ gives the sine. */
export const CYCLES = [
  { origin: 0, period: DAY, lag: 0.25 },
  { origin: 0, period: DAY, lag: 0 },
  { origin: MONDAY, period: WEEK, lag: 0.25 },
  { origin: MONDAY, period: WEEK, lag: 0 },
] as const;

/** Consecutive VAE columns of one kind. */
export interface ExpandedGroup {
  /** Number of classes of each category; absent for numbers. */
  readonly classes?: number;
  /** Number of columns. */
  readonly columns: number;
}

/** Converts between a table's columns and the VAE's. */
export class Expansion {
  /** For each VAE column, the index of the table column that it belongs to. */
  readonly owner: Int32Array;
  /** Groups of consecutive columns of one kind. */
  readonly groups: readonly ExpandedGroup[];
  /** Whether the VAE has the same columns as the table. */
  readonly isIdentity: boolean;
  /** Whether positive columns are stored as logarithms. */
  readonly logs: boolean;
  readonly #schema: readonly ColumnSchema[];
  /** Index of the first VAE column of each table column. */
  readonly #first: Int32Array;

  /** @param schema schema of the table */
  constructor(schema: readonly ColumnSchema[], logs = false) {
    this.#schema = schema;
    this.logs = logs && schema.some(({ kind }) => kind === "positive");
    const classesOf = (c: number) => schema[c].kind === "categorical" ? widthOf(schema[c]) : 0;
    const order = [...schema.keys()].sort((a, b) => classesOf(a) - classesOf(b));
    this.owner = Int32Array.from(
      order.flatMap((c) => new Array<number>(widthOf(schema[c])).fill(c)),
    );
    this.#first = Int32Array.from(schema, (_, c) => this.owner.indexOf(c));
    this.groups = groupsOf(order.map((c) => schema[c]));
    this.isIdentity = !this.logs && schema.every(isNumber);
  }

  get hasCategories(): boolean {
    return this.groups.some(({ classes }) => classes);
  }

  /** Number of VAE columns. */
  get width(): number {
    return this.owner.length;
  }

  /** Converts rows to VAE columns, before standardisation. */
  expand(cells: Cells): Cells {
    if (this.isIdentity) return cells;
    const { data, rows } = cells, columns = this.#schema.length, { width } = this;
    const expanded = new Float64Array(rows * width);
    for (let r = 0; r < rows; r++) {
      this.expandRow(
        data.subarray(r * columns, (r + 1) * columns),
        expanded.subarray(r * width, (r + 1) * width),
      );
    }
    return { data: expanded, rows };
  }

  /** Converts one row. */
  expandRow(row: ArrayLike<number>, out: Float64Array): void {
    this.#schema.forEach(({ kind, levels }, c) => {
      const at = this.#first[c], value = row[c];
      if (kind === "categorical") oneHot(value, levels!.length, out, at);
      else if (kind === "timestamp") cycles(value, out, at);
      else out[at] = this.isLog(kind) ? value <= 0 ? 0 : portableLog(value) : value;
    });
  }

  /** Whether columns of a kind are logarithms. */
  isLog(kind: ColumnKind): boolean {
    return this.logs && kind === "positive";
  }

  /** Converts rows back to table columns: the likeliest level of a category, NaN for a time. */
  collapse(cells: Cells): Cells {
    if (this.isIdentity) return cells;
    const { data, rows } = cells, columns = this.#schema.length, { width } = this;
    const collapsed = new Float64Array(rows * columns);
    for (let r = 0; r < rows; r++) {
      this.#schema.forEach(({ kind, levels }, c) => {
        const at = r * width + this.#first[c];
        const value = kind === "categorical"
          ? largest(data, at, levels!.length)
          : kind === "timestamp"
          ? NaN
          : this.isLog(kind)
          ? portableExp(data[at])
          : data[at];
        collapsed[r * columns + c] = value;
      });
    }
    return { data: collapsed, rows };
  }

  /**
   * Sums values of VAE columns by table column.
   * @param values `[width]`
   * @param out `[columns]`
   */
  fold(values: ArrayLike<number>, out: Float64Array): void {
    const { owner } = this;
    out.fill(0);
    for (let d = 0; d < owner.length; d++) out[owner[d]] += values[d];
  }
}

function widthOf({ kind, levels }: ColumnSchema): number {
  if (kind === "timestamp") return 4;
  if (kind !== "categorical") return 1;
  return levels!.length === 0 ? 0 : levels!.length + 1;
}

function isNumber({ kind }: ColumnSchema): boolean {
  return kind !== "categorical" && kind !== "timestamp";
}

function groupsOf(schema: readonly ColumnSchema[]): ExpandedGroup[] {
  const groups: ExpandedGroup[] = [];
  for (const column of schema) {
    const columns = widthOf(column), last = groups.at(-1);
    const classes = column.kind === "categorical" ? columns : undefined;
    if (columns === 0) continue;
    if (last && last.classes === classes) {
      groups[groups.length - 1] = { ...last, columns: last.columns + columns };
    } else groups.push({ ...(classes && { classes }), columns });
  }
  return groups;
}

function oneHot(code: number, levels: number, out: Float64Array, at: number): void {
  if (levels === 0) return;
  out.fill(Number.isNaN(code) ? NaN : 0, at, at + levels + 1);
  if (!Number.isNaN(code)) out[at + code] = 1;
}

function cycles(seconds: number, out: Float64Array, at: number): void {
  CYCLES.forEach(({ origin, period, lag }, i) => {
    out[at + i] = portableCosTurns(((seconds - origin) % period) / period - lag);
  });
}

/** The index of the largest of levels + 1 numbers. */
function largest(data: Float64Array, at: number, levels: number): number {
  let best = 0;
  for (let c = 1; levels > 0 && c <= levels; c++) if (data[at + c] > data[at + best]) best = c;
  return best;
}
