/**
 * `elbow score` on a large CSV file, as a user runs it: rows per second, processor time per row over all threads, and
 * the largest memory of the process; for the file, for one a tenth as long, and for the same rows as JSON lines. Also
 * reading and writing alone, in one thread. With `--train`, the same for `elbow train`, and reading alone; with
 * `--verb`, for another command. Processor time includes the start; on a machine that others use, it is the figure to
 * look at.
 *
 *     deno task bench:csv [--rows 1000000] [--columns 10] [--train | --verb recalibrate|update|drift|evaluate]
 */
import { sampleOf } from "../src/formats/sample/read_sample.ts";
import { openTable } from "../src/formats/sample/table_parts.ts";
import { ByteBlocks } from "../src/formats/csv/byte_blocks.ts";
import { NUMBERS } from "../src/formats/text/cells.ts";
import { PlainRows } from "../src/formats/csv/csv_rows.ts";
import { BufferPool } from "../src/cli/score/stream/buffer_pool.ts";
import { Calibration } from "../src/scoring/decisions/calibration.ts";
import { decide } from "../src/scoring/decisions/decide.ts";
import { VerdictLines } from "../src/scoring/verdict_lines.ts";
import { HostRandom } from "../src/core/random/philox.ts";
import { normal } from "../src/core/random/draws.ts";

const MAIN = new URL("../src/cli/main.ts", import.meta.url).pathname;

interface Run {
  readonly seconds: number;
  /** Processor time of all threads. */
  readonly busy: number;
  readonly megabytes: number;
}

/** Linux counts processor time in these units: `getconf CLK_TCK`. */
const TICKS_A_SECOND = 100;

/** Runs a command line in its own process. @returns also the largest memory it had (Linux) */
async function elbow(...args: string[]): Promise<Run> {
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-all", MAIN, ...args],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let megabytes = 0, ticks = 0;
  const watch = setInterval(() => {
    try {
      const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      megabytes = Math.max(megabytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
      // After the name in brackets, which may contain spaces: user and system time are fields 14 and 15.
      const fields = Deno.readTextFileSync(`/proc/${child.pid}/stat`).split(") ")[1].split(" ");
      ticks = Math.max(ticks, Number(fields[11]) + Number(fields[12]));
    } catch {
      // It has just ended, or this is not Linux.
    }
  }, 50);
  const { success, stderr } = await child.output();
  clearInterval(watch);
  if (!success) throw new TypeError(new TextDecoder().decode(stderr));
  return {
    seconds: (performance.now() - start) / 1000,
    busy: ticks / TICKS_A_SECOND,
    megabytes,
  };
}

const LABEL = "label";

/** Correlated columns with four decimals, as CSV or as JSON lines, depending on the name; with a label on request. */
async function writeTable(
  path: string,
  rows: number,
  columns: number,
  isLabelled = false,
): Promise<number> {
  const random = new HostRandom(1, 0, 0), encoder = new TextEncoder();
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const names = Array.from({ length: columns }, (_, c) => `c${c}`), isCsv = path.endsWith(".csv");
  if (isLabelled) names.push(LABEL);
  let text = isCsv ? `${names}\n` : "";
  for (let r = 0; r < rows; r++) {
    const base = 5 * normal(random);
    const cells = Array.from(
      { length: columns },
      (_, c) => (base * (c % 3) + normal(random)).toFixed(4),
    );
    if (isLabelled) cells.push(r % 100 === 0 ? "1" : "0");
    text += isCsv
      ? `${cells}\n`
      : `{${cells.map((cell, c) => `"${names[c]}": ${cell}`).join(", ")}}\n`;
    if (text.length < 1 << 20 && r + 1 < rows) continue;
    await file.write(encoder.encode(text));
    text = "";
  }
  return (await file.stat()).size;
}

/** Seconds to read all cells of a file and write one line per row, as `elbow score` does, in this thread. */
async function readAndWrite(path: string, columns: number): Promise<number> {
  const start = performance.now();
  const names = Array.from({ length: columns }, (_, c) => `c${c}`);
  const rows = new PlainRows({
    source: path,
    width: columns,
    separator: ",",
    columns: names.map((name, index) => ({ name, index, codec: NUMBERS })),
  });
  const calibration = new Calibration(Float64Array.from({ length: 1000 }, (_, i) => i / 100));
  const verdicts = new VerdictLines({ columns: names, calibration });
  const spare = new BufferPool(), blocks = new ByteBlocks(path, 1 << 17, spare.take);
  using file = await Deno.open(path);
  using out = await Deno.open("/dev/null", { write: true });
  await file.seek(names.join().length + 1, Deno.SeekMode.Start);
  const take = async (block: ReturnType<typeof blocks.push>) => {
    if (!block) return;
    const { data: contributions, rows: count } = rows.read(block);
    const scores = Float64Array.from({ length: count }, (_, r) => contributions[r * columns]);
    const decision = decide(calibration, scores, { falseAlarmRate: 0.01 });
    const options = { firstRow: block.firstRow, into: spare.take() };
    const lines = verdicts.write({ scores, contributions }, decision, options);
    await out.write(lines);
    for (const { buffer } of [block.bytes, lines]) spare.release(buffer);
  };
  const buffer = new Uint8Array(1 << 18);
  for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) {
    await take(blocks.push(buffer.subarray(0, count)));
  }
  await take(blocks.finish());
  return (performance.now() - start) / 1000;
}

/** Seconds to read a file as `elbow train` does, in this thread. */
async function readToTrain(path: string): Promise<number> {
  const start = performance.now();
  using file = await Deno.open(path);
  const table = await openTable(path, file.readable);
  await sampleOf(table, { cells: "any" }, { maxRows: () => 1_000_000 });
  return (performance.now() - start) / 1000;
}

function option(name: string, otherwise: number): number {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(Deno.args[at + 1]);
}

/** What the commands of `--verb` need besides a model and a table. */
const VERBS: Readonly<Record<string, (out: string) => readonly string[]>> = {
  recalibrate: (out) => ["--out", out],
  update: (out) => ["--out", out],
  drift: () => [],
  evaluate: () => ["--label", LABEL],
};

function report(what: string, seconds: number, count: number, run?: Run): void {
  const time = `${what.padEnd(42)} ${seconds.toFixed(2).padStart(7)} s`;
  const rate = `${(count / seconds).toFixed(0).padStart(9)} rows/s`;
  const more = run &&
    `${(1e6 * run.busy / count).toFixed(2).padStart(8)} µs of processor time a row  peak ${
      run.megabytes.toFixed(0)
    } MB`;
  console.log([time, rate, more].join(" ").trimEnd());
}

async function measure(folder: string, rows: number, columns: number): Promise<void> {
  const at = (name: string) => `${folder}/${name}`, verbAt = Deno.args.indexOf("--verb");
  const verb = verbAt < 0 ? undefined : Deno.args[verbAt + 1];
  if (verb !== undefined && !VERBS[verb]) {
    throw new RangeError(`Cannot measure: expected ${Object.keys(VERBS)}, got "${verb}"`);
  }
  const files = [["small", Math.ceil(rows / 10)], ["big", rows]] as const;
  await writeTable(at("train.csv"), 5000, columns);
  await writeTable(at("small.csv"), files[0][1], columns, verb !== undefined);
  const bytes = await writeTable(at("big.csv"), rows, columns, verb !== undefined);
  console.log(`${rows} rows, ${columns} columns, ${(bytes / 1e6).toFixed(0)} MB`);
  const each = async (name: string, args: (file: string) => readonly string[]) => {
    for (const [file, count] of files) {
      const run = await elbow(name, ...args(at(`${file}.csv`)));
      report(`elbow ${name}, ${count} rows`, run.seconds, count, run);
    }
  };
  const train = (file: string) => [file, "--out", at("model"), "--epochs", "5"];
  if (Deno.args.includes("--train")) {
    report("reading, one thread", await readToTrain(at("big.csv")), rows);
    return await each("train", train);
  }
  await elbow("train", ...train(at("train.csv")));
  if (verb) return await each(verb, (file) => [at("model"), file, ...VERBS[verb](at("new"))]);
  report("reading and writing, one thread", await readAndWrite(at("big.csv"), columns), rows);
  await each("score", (file) => [at("model"), file, "--out", at("scores.csv")]);
  await writeTable(at("big.jsonl"), rows, columns);
  const run = await elbow("score", at("model"), at("big.jsonl"), "--out", at("scores.csv"));
  report(`elbow score, ${rows} rows of JSON lines`, run.seconds, rows, run);
}

if (import.meta.main) {
  const folder = await Deno.makeTempDir();
  try {
    await measure(folder, option("rows", 1_000_000), option("columns", 10));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
