/**
 * The three collections of labelled series, each as what a detector may see and what it is judged by. Folders as their
 * READMEs describe them.
 */
import { readTable } from "../../src/formats/mod.ts";

/** Steps of one series, row-major. */
export interface Steps {
  readonly data: Float64Array;
  readonly rows: number;
  readonly columns: readonly string[];
}

/** One labelled series. `training` is the same as `test` where nothing is known to be normal. */
export interface LabelledSeries {
  readonly name: string;
  readonly training: Steps;
  readonly test: Steps;
  /** 1 for an anomalous step of the test part. */
  readonly label: Uint8Array;
}

/** Rows that SKAB trains on, the first of each file. */
const SKAB_TRAINING = 400;

/** 34 files of eight sensors, the first 400 rows of each for training. */
export async function* skab(folder: string): AsyncGenerator<LabelledSeries> {
  for (const part of ["other", "valve1", "valve2"]) {
    for (const file of await filesIn(`${folder}/${part}`)) {
      const text = await Deno.readTextFile(`${folder}/${part}/${file}`);
      const [header, ...lines] = text.trim().split(/\r?\n/).map((line) => line.split(";"));
      const columns = header.slice(1, 9);
      const take = (from: number, to: number): Steps => {
        const rows = lines.slice(from, to);
        const data = Float64Array.from(rows.flatMap((cells) => cells.slice(1, 9).map(Number)));
        return { data, rows: rows.length, columns };
      };
      const anomaly = header.indexOf("anomaly");
      const label = Uint8Array.from(lines.slice(SKAB_TRAINING), (cells) => Number(cells[anomaly]));
      yield {
        name: `${part}/${file.slice(0, -4)}`,
        training: take(0, SKAB_TRAINING),
        test: take(SKAB_TRAINING, lines.length),
        label,
      };
    }
  }
}

/** The series with anomalies, without the first row of each, as in TSB-UAD. */
export async function* nab(folder: string): AsyncGenerator<LabelledSeries> {
  const windows: Record<string, [string, string][]> = JSON.parse(
    await Deno.readTextFile(`${folder}/labels/combined_windows.json`),
  );
  for (const [name, spans] of Object.entries(windows)) {
    if (spans.length === 0) continue;
    const text = await Deno.readTextFile(`${folder}/data/${name}`);
    const lines = text.trim().split(/\r?\n/).slice(2).map((line) => line.split(","));
    // Ends have microseconds, rows do not.
    const isIn = (time: string) =>
      spans.some(([from, to]) => from.slice(0, time.length) <= time && time <= to);
    const label = Uint8Array.from(lines, ([time]) => Number(isIn(time)));
    const data = Float64Array.from(lines, ([, value]) => Number(value));
    const steps = { data, rows: data.length, columns: ["value"] };
    yield { name, training: steps, test: steps, label };
  }
}

/** Telemetry alone, both parts joined and nothing known to be normal, as in TSB-UAD. */
export async function* msl(folder: string): AsyncGenerator<LabelledSeries> {
  const rows = (await Deno.readTextFile(`${folder}/labeled_anomalies.csv`)).trim().split(/\r?\n/);
  for (const line of rows.slice(1)) {
    const name = line.slice(0, line.indexOf(","));
    const spans: [number, number][] = JSON.parse(/"(\[\[.*?\]\])"/.exec(line)![1]);
    const train = await telemetry(`${folder}/train/${name}.npy.gz`);
    const test = await telemetry(`${folder}/test/${name}.npy.gz`);
    const data = new Float64Array([...train, ...test]);
    const label = Uint8Array.from(data, (_, t) => {
      const at = t - train.length;
      return Number(spans.some(([from, to]) => from <= at && at <= to));
    });
    const steps = { data, rows: data.length, columns: ["value"] };
    yield { name, training: steps, test: steps, label };
  }
}

async function telemetry(path: string): Promise<Float64Array> {
  const file = await Deno.open(path);
  const stream = file.readable.pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const { data, rows, columns } = readTable("channel.npy", bytes);
  return Float64Array.from({ length: rows }, (_, r) => data[r * columns.length]);
}

async function filesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) names.push(name);
  return names.sort();
}
