/** A verb: its options, the rows it reads, and how it is prepared for one request. */
import type * as v from "npm:valibot@1.5.0";
import type { TableScorer } from "../../scoring/table_scorer.ts";
import { isTable, type Units, unitsOf } from "../../scoring/units.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import { requireAnswerSize, type RowText } from "../answers/answers.ts";
import type { HeaderLookup } from "../head.ts";
import type { Model } from "../models/catalogue.ts";
import type { Pacer } from "../pacer.ts";
import { invalid } from "../answers/problems.ts";
import { requireCount } from "../rows/rows.ts";
import { type BodyReader, bodyReader, type Checked, type RowSchema, tableRow } from "../schemas.ts";

/** The limits of one request. */
export interface Limits {
  readonly maxBodyBytes: number;
  readonly maxRows: number;
  /** Absent if the app takes no second look. */
  readonly secondLook?: TakeSecondLook;
  /** Absent if the app takes no CSV. */
  readonly csvRows?: ReadCsvRows;
}

/** A verb prepared for one request. */
export interface Work {
  /** Members of a JSON answer before its rows. */
  readonly head: Readonly<Record<string, unknown>>;
  /** The names of the numbers in one row of the answer. */
  readonly columns: readonly string[];
  /** Which of them may be NaN, meaning absent. */
  readonly blanks?: readonly boolean[];
  /** Whether all rows of a request must be computed together. */
  readonly isWhole?: boolean;
  /** What answers a stream of lines instead, if its rows depend on those before them; for one stream. */
  online?(): Work;
  /** Refuses more rows than one request may have. */
  requireRows(rows: number): void;
  /**
   * Computes the numbers of some rows.
   * @param firstRow the index of the first of them
   * @throws NotFiniteError naming the row among these
   */
  run(cells: Cells, firstRow: number, pacer: Pacer): Float64Array | Promise<Float64Array>;
  /** Decides over all rows of a request together, in place; a stream cannot. */
  decideAll?(data: Float64Array): void;
  /** Adds, in place, what is only computed for flagged rows. @param firstRow as in `run` */
  lookAgain?(data: Float64Array, cells: Cells, firstRow: number, pacer: Pacer): Promise<void>;
  readonly text: RowText;
}

export interface Verb {
  readonly summary: string;
  readonly options: v.StrictObjectSchema<v.ObjectEntries, string>;
  /** What its rows must look like; undefined for a verb without rows, which has a `count`. */
  rows(model: Model): Units | undefined;
  /** The schema of a row, whatever the model. */
  readonly row: RowSchema;
  /** The options of a body that sets none; undefined if some are required. */
  readonly defaults?: Checked;
  /** Checks a JSON body of rows and options. */
  readBody(body: unknown): Checked;
  /** @param options as checked by `options` */
  work(model: Model, options: Checked, limits: Limits): Work;
}

/**
 * Adds a second look at flagged rows to verdicts: `second_look.ts`.
 * @internal so that the documentation lint skips the types of a verb's work
 */
export type TakeSecondLook = (
  scores: PartialWork,
  model: TableScorer,
  maxRows: number,
) => PartialWork;

/**
 * Reads a body of CSV as rows: `csv_rows.ts`.
 * @internal so that the documentation lint skips the units of a model
 */
export type ReadCsvRows = (bytes: Uint8Array, reading: CsvReading) => Promise<Cells>;

/**
 * How a body of CSV is read.
 * @internal
 */
export interface CsvReading {
  readonly units: Units;
  readonly maxRows: number;
  /** Columns that may not be left out unread, as others are. */
  readonly apart?: readonly string[];
  /** The request's headers, which may name the encoding. */
  readonly head: HeaderLookup;
  /** Lets others have their turn between two pieces. */
  readonly pacer: Pick<Pacer, "yieldIfDue">;
}

/** What an entry of the table states itself; the rest follows from it. */
export type PartialWork = Pick<Work, "columns" | "run" | "text"> & Partial<Work>;

export function verb<S extends v.StrictObjectSchema<v.ObjectEntries, string>>(
  summary: string,
  options: S,
  work: (model: Model, options: v.InferOutput<S>, limits: Limits) => PartialWork,
  rows: Verb["rows"] = unitsOf,
  row: RowSchema = tableRow,
  takesSeries = false,
): Verb & { readonly options: S } {
  let reader: BodyReader | undefined;
  const body = () => reader ??= bodyReader(options, row);
  return {
    summary,
    options,
    rows,
    row,
    get defaults() {
      return body().defaults;
    },
    readBody: (given) => body().read(given),
    work(model, given, limits) {
      if (!takesSeries) requireSingleRows(model);
      const own = work(model, given as v.InferOutput<S>, limits);
      const pointer = rows(model) ? "/rows" : "/count";
      return {
        head: {},
        ...own,
        requireRows(count) {
          requireCount(pointer, count, limits.maxRows);
          requireAnswerSize(pointer, count, own.columns.length);
          own.requireRows?.(count);
        },
      };
    },
  };
}

/** The network of a series takes windows, and a row is none. */
function requireSingleRows(model: Model): void {
  if (!isTable(model) || model.window === undefined) return;
  throw invalid(
    "",
    "Cannot answer: the model scores a series, and has no other verb: use the library or elbow",
  );
}
