/**
 * The labels of a table: which values are normal, by `--normal` or `--anomalous`, or by the usual meaning: 0, no, false
 * and normal. Whatever the user did not say, and what does not occur, is reported once all rows are read.
 */
import type { Option } from "npm:commander@15.1.0";
import { listNames, quoteValue } from "../../formats/errors.ts";
import type { Table } from "../../formats/mod.ts";
import { isMissing, parseLabel, parseNumber } from "../../formats/text/cells.ts";
import { type Io, note } from "../io.ts";
import { namesOption } from "../options.ts";

/** Options as commander passes them. */
export interface LabelOptions {
  /** The column of labels. */
  readonly label?: string;
  readonly normal?: readonly string[];
  readonly anomalous?: readonly string[];
}

/** The labels that are normal. */
export function normalOption(): Option {
  const usual = "0, no, false and normal";
  return namesOption("--normal <a,b,c>", `labels of normal rows (default: ${usual})`);
}

/** The labels that are not. */
export function anomalousOption(): Option {
  return namesOption("--anomalous <a,b,c>", "labels of anomalies, if all others are normal")
    .conflicts("normal");
}

/** Different values that are remembered for a message. */
const MAX_VALUES = 1000;

/** Reads the labels of one table. */
export class LabelValues {
  readonly #label: string;
  readonly #named: readonly string[] | undefined;
  readonly #namedAre: 0 | 1;
  readonly #names: ReadonlySet<string>;
  readonly #known = new Map<string, 0 | 1 | undefined>();
  /** The values of normal rows, and of anomalies. */
  readonly #seen = [new Set<string>(), new Set<string>()] as const;

  constructor({ label = "y", normal, anomalous }: LabelOptions) {
    this.#label = label;
    this.#named = normal ?? anomalous;
    this.#namedAre = normal ? 0 : 1;
    this.#names = new Set(this.#named?.map(valueOf));
  }

  /** See `LabelParser`. */
  readonly parse = (text: string): 0 | 1 | undefined => {
    if (this.#known.has(text)) return this.#known.get(text);
    const value = valueOf(text), label = this.#labelOf(value);
    if (label !== undefined && this.#seen[label].size < MAX_VALUES) this.#seen[label].add(value);
    if (this.#known.size < MAX_VALUES) this.#known.set(text, label);
    return label;
  };

  /**
   * Call after the last row.
   * @throws TypeError for a label that was named and does not occur
   */
  finish({ label, source }: Pick<Table, "label" | "source">, io: Io): void {
    const [normal, anomalous] = this.#seen, count = normal.size + anomalous.size;
    if (this.#named) return this.#requireNamed(label !== undefined, source);
    if (!label || count === 0) return;
    if (normal.size === 0) {
      note(
        io,
        "all rows are labelled anomalous: of numbers, only 0 is normal (--normal names other values)",
      );
    } else if (anomalous.size > 1) {
      note(
        io,
        `label ${quoteValue(this.#label)} has ${count < MAX_VALUES ? count : "many"} values: ${
          [...normal].join(", ")
        } counts as normal, all others as anomalies (--normal names other values)`,
      );
    }
  }

  #labelOf(value: string): 0 | 1 | undefined {
    if (!this.#named) return parseLabel(value);
    if (this.#names.has(value)) return this.#namedAre;
    return isMissing(value) ? undefined : this.#namedAre === 0 ? 1 : 0;
  }

  #requireNamed(hasLabel: boolean, source: string): void {
    const flag = this.#namedAre === 0 ? "--normal" : "--anomalous";
    if (!hasLabel) {
      throw new TypeError(`Cannot use ${flag}: ${source} has no label: give --label COLUMN`);
    }
    const values = [...this.#seen[0], ...this.#seen[1]].sort();
    const lacking = [...this.#names].find((name) => !values.includes(name));
    if (lacking === undefined) return;
    throw new TypeError(
      `Cannot use ${flag} ${lacking}: no row of ${source} has this label, but ${listNames(values)}`,
    );
  }
}

/** 1, 1.0 and " 1" are one value. */
function valueOf(text: string): string {
  const number = parseNumber(text);
  return Number.isNaN(number) ? text.trim() : `${number}`;
}
