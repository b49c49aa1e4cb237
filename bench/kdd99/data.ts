/** The 10 % file of KDD Cup 99 as in alibi-detect's example: 18 continuous columns, and whether a row is an attack. */
import { NumpyRandom } from "./numpy_random.ts";
import type { Cells } from "../../src/scoring/table/cells.ts";

/** The example's columns, by their position in the file. */
const PLACES: Readonly<Record<string, number>> = {
  srv_count: 23,
  serror_rate: 24,
  srv_serror_rate: 25,
  rerror_rate: 26,
  srv_rerror_rate: 27,
  same_srv_rate: 28,
  diff_srv_rate: 29,
  srv_diff_host_rate: 30,
  dst_host_count: 31,
  dst_host_srv_count: 32,
  dst_host_same_srv_rate: 33,
  dst_host_diff_srv_rate: 34,
  dst_host_same_src_port_rate: 35,
  dst_host_srv_diff_host_rate: 36,
  dst_host_serror_rate: 37,
  dst_host_srv_serror_rate: 38,
  dst_host_rerror_rate: 39,
  dst_host_srv_rerror_rate: 40,
};

export const COLUMNS = Object.keys(PLACES);

/** Normal rows and attacks, each as cells. */
export interface Connections {
  readonly normal: Cells;
  readonly attacks: Cells;
}

export async function readConnections(path: string): Promise<Connections> {
  const file = await Deno.open(path);
  const lines = file.readable.pipeThrough(new DecompressionStream("gzip"))
    .pipeThrough(new TextDecoderStream());
  const places = Object.values(PLACES), normal: number[] = [], attacks: number[] = [];
  const take = (line: string) => {
    const fields = line.split(",");
    const to = fields[41] === "normal." ? normal : attacks;
    for (const place of places) to.push(Number(fields[place]));
  };
  let rest = "";
  for await (const text of lines) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    parts.forEach(take);
  }
  if (rest !== "") take(rest);
  const cellsOf = (values: number[]): Cells => ({
    data: Float64Array.from(values),
    rows: values.length / COLUMNS.length,
  });
  return { normal: cellsOf(normal), attacks: cellsOf(attacks) };
}

/**
 * The rows that `create_outlier_batch` of the example draws after `numpy.random.seed(seed)`, a share of them attacks,
 * in its order: without replacement, unless there are fewer. Attacks have the numbers after those of the normal rows.
 */
export function drawRows(
  { normal, attacks }: Connections,
  { rows, percent, seed }: { readonly rows: number; readonly percent: number; seed: number },
): Uint32Array {
  const random = new NumpyRandom(seed), outliers = Math.floor(percent * 0.01 * rows);
  const sample = (from: number, size: number) => random.choice(from, size, size > from);
  const ordinary = sample(normal.rows, rows - outliers), strange = sample(attacks.rows, outliers);
  return sample(rows, rows).map((at) =>
    at < ordinary.length ? ordinary[at] : normal.rows + strange[at - ordinary.length]
  );
}
