/** What a user should know of the columns of a table (`columns/column_facts.ts`): sentences without a full stop. */
import type { ColumnStrengths } from "../columns/order_facts.ts";
import type { ColumnFacts } from "../columns/column_facts.ts";
import { unseenTimesWarning } from "../columns/unseen_times.ts";
import { listColumns, MAX_LISTED } from "../columns/list_columns.ts";

/** @param isDrawn whether the facts are based on a sample of the rows */
export function columnWarnings(facts: ColumnFacts, isDrawn = false): string[] {
  const inSample = isDrawn ? " in the rows used" : "";
  const unlearnt = `a different text in every row${inSample}: nothing can be learnt from that`;
  const clock = "from row to row, like a clock or a row number: later rows will score high unless";
  const keys =
    `whole numbers above ${Number.MAX_SAFE_INTEGER}, several of which round to the same number: identifiers count as sizes unless`;
  return [
    ...about(
      facts.constant,
      `never changes${inSample}: any other value will score high`,
      `never change${inSample}: any other value will score high`,
    ),
    ...about(facts.empty, `has no values${inSample}`, `have no values${inSample}`),
    ...about(facts.identifiers, `has ${unlearnt}`, `have ${unlearnt}`),
    ...about(
      facts.trending,
      `rises or falls ${clock} it is left out, or declared a timestamp`,
      `rise or fall ${clock} they are left out, or declared a timestamp`,
    ),
    ...about(facts.imprecise, `holds ${keys} it is left out`, `hold ${keys} they are left out`),
    ...facts.mostlyRare.slice(0, MAX_LISTED).map(([name, share]) =>
      `column "${name}": ${
        Math.round(100 * share)
      } % of the cells hold rare values, which count as one`
    ),
    ...facts.unseenTimes.slice(0, MAX_LISTED).map(([name, times]) =>
      `column "${name}" ${unseenTimesWarning(times)}`
    ),
    ...duplicateWarnings(facts.duplicates, inSample),
  ];
}

/** One sentence about some columns, if there are any. */
function about(names: readonly string[], one: string, many: string): string[] {
  return names.length === 0 ? [] : [`${listColumns(names)} ${names.length === 1 ? one : many}`];
}

function duplicateWarnings(duplicates: ColumnFacts["duplicates"], inSample: string): string[] {
  const listed = duplicates.slice(0, MAX_LISTED).map(([name, earlier]) =>
    `column "${name}" equals "${earlier}" in every row${inSample && " used"}`
  );
  const more = duplicates.length - MAX_LISTED;
  return more > 0
    ? [...listed, `${more} more columns equal others in every row${inSample && " used"}`]
    : listed;
}

/** The warning that neighbouring rows depend on each other. @param rows of the table */
export function autocorrelationWarnings(autocorrelated: ColumnStrengths, rows: number): string[] {
  if (autocorrelated.length === 0) return [];
  const [, strongest] = autocorrelated.toSorted(([, a], [, b]) => b - a)[0];
  return [
    `neighbouring rows are similar in ${
      listColumns(autocorrelated.map(([name]) => name))
    } (rank correlation up to ${
      strongest.toFixed(2)
    }), as in readings over time or a sorted table: new rows may be flagged far more often than the ` +
    `false-alarm rate says: train on a series (window: ${
      windowFor(rows)
    }), or recalibrate on later rows`,
  ];
}

/** A first guess: a rate of 1 % needs a hundred windows, and a fit four. */
function windowFor(rows: number): number {
  return Math.floor(Math.min(100, rows / 4, Math.max(10, rows / 100)));
}

/** Of fewer steps the order may not show by chance. */
const MIN_STEPS = 200;

/** That the steps of a series could be in any order. */
export function orderWarnings({ ordered }: ColumnFacts, rows: number): string[] {
  if (rows < MIN_STEPS || ordered) return [];
  return [
    "the rows could be in any order, as far as neighbours tell: windows are for rows in the order of time",
  ];
}

/** The warning that a series drifts away from its first values. */
export function shiftWarnings(found: ColumnStrengths): string[] {
  const what =
    "other values in the last third of the series than in the first: later steps may be flagged far more often than the false-alarm rate says";
  return about(found.map(([name]) => name), `has ${what}`, `have ${what}`);
}
