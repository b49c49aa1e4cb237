/**
 * The protocol of the "DTE" tables (Livernoche et al., "On diffusion modeling for anomaly detection", ICLR 2024), as in
 * its `data_generator.py`:
 *
 *   n < 1,000    1,000 rows drawn with replacement;  n > 50,000   50,000 drawn without
 *   semi         training: the first half of the normal rows in file order; test: all others
 *   unsup        training: as many rows as there are, drawn with replacement, anomalies among them;
 *                test: every row
 *
 * The draws are our own. Sets that are not resampled have exactly the published rows.
 */
import { permutation } from "../../src/core/random/permutation.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { readNpz } from "../../src/formats/numpy/npz.ts";
import type { Cells } from "../../src/scoring/table/cells.ts";

/** Where the tables are. */
const TABLES_FOLDER = new URL("../../../shared/data/tabular-adbench/", import.meta.url);

/** The 17 development tables: name in the published results, and file. */
export const TABLES: Readonly<Record<string, string>> = {
  annthyroid: "2_annthyroid",
  breastw: "4_breastw",
  cardio: "6_cardio",
  Cardiotocography: "7_Cardiotocography",
  fault: "12_fault",
  http: "16_http",
  Ionosphere: "18_Ionosphere",
  letter: "20_letter",
  mammography: "23_mammography",
  mnist: "24_mnist",
  musk: "25_musk",
  optdigits: "26_optdigits",
  shuttle: "32_shuttle",
  SpamBase: "35_SpamBase",
  thyroid: "38_thyroid",
  vowels: "40_vowels",
  Wilt: "44_Wilt",
};

/** Semi-supervised: trained on normal rows only. Unsupervised: trained on rows as they come. */
export type Setting = "semi" | "unsup";

/** One run of the protocol. */
export interface Split {
  readonly columns: number;
  readonly training: Cells;
  readonly test: Cells;
  /** Labels of the test rows: 0 normal, 1 anomaly. */
  readonly label: Uint8Array;
}

/** A table with its label. */
export interface LabelledTable {
  readonly columns: number;
  readonly cells: Cells;
  readonly label: ArrayLike<number>;
}

/** Philox stream of the protocol's draws, which nothing else uses. */
const STREAM = 900;

const SMALLEST = 1000, LARGEST = 50_000;

/** Reads a table by its published name, or from the path of an NPZ file. */
export async function readTable(name: string): Promise<LabelledTable> {
  const file = TABLES[name];
  const path = file === undefined ? name : new URL(`${file}.npz`, TABLES_FOLDER);
  const { data, rows, columns, label } = readNpz(await Deno.readFile(path));
  if (!label) throw new TypeError(`Cannot read ${name}: it has no label`);
  return { columns: columns.length, cells: { data, rows }, label };
}

/** The training and test rows for one seed. */
export function split(table: LabelledTable, setting: Setting, seed: number): Split {
  const { columns, label: labels } = table;
  const kept = resample(table.cells.rows, seed);
  const take = (rows: ArrayLike<number>) => gather(table, rows);
  if (setting === "unsup") {
    const random = new HostRandom(seed, 1, STREAM);
    const training = take(Uint32Array.from(kept, () => kept[random.below(kept.length)]));
    return { columns, training, test: take(kept), label: Uint8Array.from(kept, (r) => labels[r]) };
  }
  const normal = kept.filter((r) => labels[r] === 0);
  const half = roundHalfEven(normal.length / 2);
  const test = [...normal.subarray(half), ...kept.filter((r) => labels[r] !== 0)];
  return {
    columns,
    training: take(normal.subarray(0, half)),
    test: take(test),
    label: Uint8Array.from(test, (r) => labels[r]),
  };
}

function resample(rows: number, seed: number): Uint32Array {
  if (rows > LARGEST) return permutation(rows, seed, 0, STREAM).subarray(0, LARGEST);
  if (rows >= SMALLEST) return Uint32Array.from({ length: rows }, (_, r) => r);
  const random = new HostRandom(seed, 0, STREAM);
  return Uint32Array.from({ length: SMALLEST }, () => random.below(rows));
}

/** Rounds like Python's `round`. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + floor % 2 : Math.round(value);
}

function gather({ columns, cells }: LabelledTable, rows: ArrayLike<number>): Cells {
  const data = new Float64Array(rows.length * columns);
  for (let r = 0; r < rows.length; r++) {
    data.set(cells.data.subarray(rows[r] * columns, (rows[r] + 1) * columns), r * columns);
  }
  return { data, rows: rows.length };
}
