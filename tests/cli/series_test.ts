/** Series on the command line. Oracle: the library, on the same rows. */
import assert from "node:assert/strict";
import { Detector } from "../../src/detection/detector.ts";
import { loadModel } from "../../src/cli/models/model.ts";
import { TableScorer } from "../../src/scoring/mod.ts";
import { stepMeans } from "../../src/scoring/series/windows.ts";
import { VAE } from "../../src/training/vae.ts";
import { csvInput } from "../../src/cli/score/input/csv_input.ts";
import { scoreStream, type ScoringModel } from "../../src/cli/score/stream/stream.ts";
import { OnlineSeries } from "../../src/cli/score/stream/online_series.ts";
import { denoIo } from "../../src/cli/io.ts";
import { cellsOf, elbow, elbowOk, Folder, refused } from "./util.ts";

const WINDOW = 8;

function rowsOf(steps: number): number[][] {
  let state = 7;
  const noise = () => (state = (state * 48271) % 2147483647) / 2147483647 - 0.5;
  return Array.from({ length: steps }, (_, t) => [
    Math.sin(t / 4) + 0.1 * noise(),
    t > 300 && t < 320 ? 2 : Math.cos(t / 4) + 0.1 * noise(),
  ]);
}

const rows = rowsOf(400);
const csv = ["flow,pressure", ...rows.map((row) => row.join(","))].join("\n") + "\n";
const folder = new Folder();
const data = `${folder.path}/series.csv`, model = `${folder.path}/model.safetensors`;
Deno.writeTextFileSync(data, csv);
const small = ["--preset", "small", "--epochs", "20", "--seed", "1"];
await elbowOk("train", data, "--out", model, "--window", `${WINDOW}`, ...small);
const scorer = await TableScorer.load(Deno.readFileSync(model));
globalThis.addEventListener("unload", () => folder[Symbol.dispose]());

Deno.test("score of a series gives the library's scores, for steps across blocks", async () => {
  const cells = cellsOf(await elbowOk("score", model, data)).slice(1);
  const expected = await scorer.score(rows);
  assert.deepEqual(
    cells.map(([, score, pValue, anomaly]) => [Number(score), Number(pValue), anomaly === "true"]),
    expected.map(({ score, pValue, anomaly }) => [score, pValue, anomaly]),
  );
});

Deno.test("score --online answers each row as it arrives, like a stream of the library", async () => {
  const stream = scorer.stream({ vote: { k: 2, of: 3 } });
  const expected = rows.map((row) => {
    const verdict = stream.push(row);
    return verdict && { score: verdict.score, anomaly: verdict.anomaly };
  });
  const bytes = new TextEncoder().encode(csv);
  let written = "";
  const outcome = await elbow(["score", model, "-", "--vote", "2/3"], {
    stdout: (piece) =>
      void (written += typeof piece === "string" ? piece : new TextDecoder().decode(piece)),
    async *stdinPieces() {
      for (let first = 0; first < bytes.length; first += 1000) {
        yield bytes.subarray(first, first + 1000);
        // Lines that were complete some pieces ago are answered before the next piece arrives.
        if (first > 5000) assert.ok(written.split("\n").length > 50, "no answer yet");
      }
    },
  });
  assert.equal(outcome.status, 0, outcome.stderr);
  const cells = cellsOf(written).slice(1);
  assert.equal(cells.length, rows.length);
  cells.forEach(([row, score, , anomaly], r) => {
    assert.equal(Number(row), r + 1);
    const verdict = expected[r];
    if (verdict === undefined) assert.deepEqual([score, anomaly], ["", ""]);
    else assert.deepEqual([Number(score), anomaly === "true"], [verdict.score, verdict.anomaly]);
  });
  assert.ok(cells.slice(301, 321).some(([, , , anomaly]) => anomaly === "true"));
});

Deno.test("score says of a series that no share of false discoveries and no confidence is guaranteed", async () => {
  const told = async (...args: string[]) => (await elbow(["score", model, data, ...args])).stderr;
  const reason = "not guaranteed, as the steps of a series depend on each other";
  assert.match(
    await told("--fdr", "0.1"),
    new RegExp(`; the share of normal rows among the flags is ${reason}`),
  );
  const unsure = ["--false-alarm-rate", "0.2", "--min-confidence", "0.6"];
  assert.match(await told(...unsure), new RegExp(`; confidences are ${reason}`));
  assert.doesNotMatch(await told(), /guaranteed/);
});

Deno.test("score --online writes a series of any length in the same memory", async () => {
  using loaded = await loadModel(model) as ScoringModel;
  const [head, ...steps] = csv.trimEnd().split("\n"), encoder = new TextEncoder();
  const piece = encoder.encode(`${steps.join("\n")}\n`);
  async function* pieces() {
    yield encoder.encode(`${head}\n`);
    for (let i = 0; i < 40; i++) yield piece;
  }
  const totals = { rows: 0, anomalies: 0, uncertain: 0 }, format = csvInput();
  const request = { model: loaded, source: "s.csv", pieces: pieces(), device: {}, format };
  const settings = { falseAlarmRate: 0.05 }, io = denoIo();
  const online = new OnlineSeries(loaded.scorer, {}, io);
  const buffers = new Set<ArrayBufferLike>();
  for await (
    const { buffer } of scoreStream({ ...request, settings, online, io }, totals)
  ) {
    buffers.add(buffer);
  }
  assert.equal(totals.rows, 40 * steps.length);
  // The header, buffers that were too small, and those in use.
  assert.ok(buffers.size <= 8, `${buffers.size}`);
});

Deno.test("inspect shows the window; commands that need single rows refuse a series", async () => {
  assert.match(await elbowOk("inspect", model), /Series +windows of 8 rows/);
  assert.match(await refused("reconstruct", model, data), /the model scores a series/);
  assert.match(await refused("sample", model, "--count", "2"), /the model scores a series/);
});

Deno.test("recalibrate takes the steps of a series, without a probability, and so does update", async () => {
  const out = `${folder.path}/recalibrated.safetensors`;
  const text = await elbowOk("recalibrate", model, data, "--out", out);
  assert.match(text, /Flagged before +\d+ of \d+ rows\n/);
  assert.ok(
    !("chance" in JSON.parse(await elbowOk("recalibrate", model, data, "--out", out, "--json"))),
  );
  assert.match(await elbowOk("score", out, data), /^row,score/);
  const linear = `${folder.path}/for_update.safetensors`;
  await elbowOk("train", data, "--out", linear, "--window", `${WINDOW}`);
  const updated = JSON.parse(await elbowOk("update", linear, data, "--out", out, "--json"));
  assert.deepEqual([updated.trained, "chance" in updated], [rows.length, false]);
  const detector = await Detector.load(Deno.readFileSync(linear));
  await detector.partialFit(rows);
  assert.deepEqual(Deno.readFileSync(out), detector.save());
  detector.dispose();
  const epochs = ["--out", out, "--epochs", "3"];
  assert.match(
    await refused("update", linear, data, ...epochs),
    /--preset linear takes no --epochs:/,
  );
});

Deno.test("options that a stream does not have are refused with the reason", async () => {
  const single = `${folder.path}/single.safetensors`;
  await elbowOk("train", data, "--out", single, "--preset", "small", "--epochs", "2");
  assert.match(await refused("score", single, data, "--online"), /is not a model of a series/);
  assert.match(await refused("score", model, data, "--vote", "4/3"), /such as 3\/5/);
  assert.match(
    await refused("train", data, "--out", `${folder.path}/x`, "--window", "200"),
    /needs at least 800 rows/,
  );
});

Deno.test("train --window alone fits the linear model, as the library does, and so does --preset linear", async () => {
  const alone = `${folder.path}/linear.safetensors`, named = `${folder.path}/named.safetensors`;
  await elbowOk("train", data, "--out", alone, "--window", `${WINDOW}`, "--seed", "1");
  const preset = ["--preset", "linear", "--seed", "1"];
  await elbowOk("train", data, "--out", named, "--window", `${WINDOW}`, ...preset);
  const columns = ["flow", "pressure"];
  const fitted = await Detector.fit(rows, { columns, window: WINDOW, seed: 1 });
  assert.deepEqual(Deno.readFileSync(alone), fitted.save());
  assert.deepEqual(Deno.readFileSync(named), fitted.save());
});

Deno.test("train reports that the whole series trained, and what its figures refer to", async () => {
  const other = folder.at("linear.safetensors"), window = ["--window", `${WINDOW}`];
  const text = await elbowOk("train", data, "--out", other, ...window);
  assert.match(
    text,
    /^Trained on +400 rows, and calibrated on them by fits that had not seen them$/m,
  );
  assert.match(text, /nats per window of 8 standardised rows/);
  const { trainingRows } = JSON.parse(
    await elbowOk("train", data, "--out", other, ...window, "--json"),
  );
  assert.equal(trainingRows, 400);
  // More steps than can calibrate: all of them train.
  const long = folder.at("long.csv");
  Deno.writeTextFileSync(
    long,
    ["flow,pressure", ...rowsOf(11_000).map((row) => row.join(","))].join("\n"),
  );
  assert.match(
    await elbowOk("train", long, "--out", other, ...window),
    /^Trained on +11,000 rows, and calibrated on 10,000 of them by fits that had not seen them$/m,
  );
  // One level for each half is no such case.
  assert.match(
    await elbowOk("train", data, "--out", other, ...small),
    /^Trained on +200 rows, and 200 more to calibrate$/m,
  );
});

Deno.test("score explains why a series may be mostly flagged: a column has moved, or the rows are out of order", async () => {
  const [header, ...lines] = csv.trim().split("\n");
  const write = (name: string, rows: string[]) => {
    Deno.writeTextFileSync(folder.at(name), [header, ...rows].join("\n"));
    return folder.at(name);
  };
  const moved = write("moved.csv", lines.map((line) => `9,${line.split(",")[1]}`));
  const mixed = write("mixed.csv", lines.map((_, r) => lines[(r * 157) % 400]));
  const loud = write(
    "loud.csv",
    lines.map((line, r) => r < 100 ? `9,${line.split(",")[1]}` : line),
  );
  const tail = async (path: string, ...more: string[]) =>
    (await elbow(["score", model, path, ...more])).stderr.replace(
      /^.* at a false-alarm rate of 0\.01/,
      "",
    );
  const most = "; more than half is seldom all anomalous: ";
  assert.equal(
    await tail(moved),
    `${most}column "flow" has other values than in training, and if these are normal now, elbow update learns later steps\n`,
  );
  assert.match(
    await tail(mixed),
    /seldom all anomalous: no column differs .* check the order of the rows/,
  );
  assert.match(await tail(moved, "--online"), /seldom all anomalous: the series may have moved/);
  // Alarms of a series come in runs, so a quarter of the steps is not enough.
  assert.deepEqual([await tail(loud), await tail(loud, "--online")], ["\n", "\n"]);
});

Deno.test("score --online says so if there is no whole window", async () => {
  const short = folder.at("short.csv");
  Deno.writeTextFileSync(short, csv.split("\n").slice(0, 4).join("\n"));
  const { status, stdout, stderr } = await elbow(["score", model, short, "--online"]);
  assert.deepEqual([status, stderr], [0, "elbow: 3 rows read, none scored: a window needs 8\n"]);
  assert.deepEqual(cellsOf(stdout).slice(1).map(([row, score]) => [row, score]), [
    ["1", ""],
    ["2", ""],
    ["3", ""],
  ]);
});

Deno.test("train --window checks a column of times before it leaves it out", async () => {
  const timed = folder.at("timed.csv");
  const [header, ...lines] = csv.trim().split("\n");
  const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 9, minute)).toISOString();
  const rows = lines.map((line, r) => `${at(r === 300 ? 10 : r)},${line}`);
  Deno.writeTextFileSync(timed, [`at,${header}`, ...rows].join("\n"));
  const out = folder.at("timed.safetensors");
  const { stderr } = await elbow(["train", timed, "--out", out, "--window", `${WINDOW}`]);
  assert.match(stderr, /column "at" is not trained on/);
  assert.match(
    stderr,
    /^elbow: column "at" goes back at 1 of 399 steps: rows from there on count as another series/m,
  );
  const table = await elbow(["train", timed, "--out", out, "--preset", "small", "--epochs", "1"]);
  assert.doesNotMatch(table.stderr, /goes back/);
});

Deno.test("evaluate, encode and score --method take a series by its windows, and say so", async () => {
  const cells = { data: Float64Array.from(rows.flat()), rows: rows.length };
  const windows = scorer.toVae(cells), count = rows.length - WINDOW + 1;
  const byName = cellsOf(await elbowOk("score", model, data, "--method", "squaredError")).slice(1);
  const full = await VAE.load(Deno.readFileSync(model));
  const own = await full.score(windows, { method: "squaredError" });
  full.dispose();
  assert.deepEqual(byName.map(([, score]) => Number(score)), [...stepMeans(own, 1, WINDOW)]);
  const encoded = await elbow(["encode", model, data]);
  const { mean } = await scorer.vae.encode(windows), latent = mean.shape[1];
  const codes = cellsOf(encoded.stdout).slice(1);
  const windowEnds = Array.from({ length: count }, (_, first) => first + WINDOW);
  assert.equal(codes.length, count);
  assert.deepEqual(codes.map(([row]) => Number(row)), windowEnds);
  assert.deepEqual(codes.at(-1)!.slice(1, 1 + latent).map(Number).map(Math.fround), [
    ...mean.data.subarray((count - 1) * latent),
  ]);
  assert.match(encoded.stderr, /393 windows of 8 rows: each is encoded as a whole/);
  assert.match(await elbowOk("evaluate", model, data), /Nats per window of 8 standardised rows/);
});

Deno.test("evaluate, encode and score --method refuse a series shorter than a window", async () => {
  const short = folder.at("three.csv"), said = /expected at least the 8 steps of a window, got 3/;
  Deno.writeTextFileSync(short, csv.split("\n").slice(0, 4).join("\n"));
  for (const verb of [["evaluate"], ["encode"], ["score", "--method", "elbo"]]) {
    assert.match(await refused(verb[0], model, short, ...verb.slice(1)), said);
  }
});

Deno.test("train --window uses times only if they are declared, even of whole weeks; without a window it uses them", async () => {
  const timed = folder.at("hours.csv");
  const [header, ...lines] = csv.trim().split("\n");
  const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour)).toISOString();
  Deno.writeTextFileSync(
    timed,
    [`at,${header}`, ...lines.map((line, r) => `${at(r)},${line}`)].join("\n"),
  );
  const out = folder.at("hours.safetensors"), window = ["--window", `${WINDOW}`];
  const columnsOf = async (...options: string[]) => {
    const { stderr } = await elbow(["train", timed, "--out", out, ...options]);
    using file = await loadModel(out);
    return { columns: file.units.columns, stderr };
  };
  const left = await columnsOf(...window);
  assert.deepEqual(left.columns, ["flow", "pressure"]);
  assert.match(
    left.stderr,
    /"at" is not trained on: it says when .*; --column at=timestamp keeps it/,
  );
  const declared = await columnsOf(...window, "--column", "at=timestamp");
  assert.deepEqual(declared.columns, ["at", "flow", "pressure"]);
  assert.match(declared.stderr, /column "at" says when .*: leave it out unless/);
  const table = await columnsOf("--preset", "small", "--epochs", "1");
  assert.deepEqual(table.columns, ["at", "flow", "pressure"]);
});
