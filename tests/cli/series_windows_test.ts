/**
 * Commands that take the windows of a series, on files of several machines, with gaps and with empty cells. Oracle: the
 * same commands on the steps of each machine alone, or with the cells written in.
 */
import assert from "node:assert/strict";
import { machine } from "../util/machine_steps.ts";
import { cellsOf, elbow, elbowOk, Folder } from "./util.ts";

const WINDOW = 8, STEPS = 240;
const folder = new Folder();
globalThis.addEventListener("unload", () => folder[Symbol.dispose]());

interface Step {
  readonly unit: string;
  readonly time: number;
  readonly row: readonly (number | string)[];
}

const stepsOf = (unit: string, seed: number, level: number): Step[] =>
  machine(STEPS, seed, level).map((row, time) => ({ unit, time, row }));

function written(name: string, steps: readonly Step[]): string {
  const lines = steps.map(({ unit, time, row }) =>
    [unit, new Date(60_000 * time).toISOString(), ...row].join(",")
  );
  Deno.writeTextFileSync(folder.at(name), ["unit,at,flow,pressure", ...lines, ""].join("\n"));
  return folder.at(name);
}

const a = stepsOf("a", 1, 0), b = stepsOf("b", 2, 9);
const turn = [...a, ...b].sort((one, other) => one.time - other.time), below = [...a, ...b];
const files = { turn: written("turn.csv", turn), below: written("below.csv", below) };
const model = folder.at("model.safetensors"), train = ["--window", `${WINDOW}`, "--by", "unit"];
await elbowOk("train", files.turn, "--out", model, ...train);

/** The cells after the row number, by machine and time of the row. */
function byStep(csv: string, steps: readonly Step[]): Map<string, string[]> {
  return new Map(
    cellsOf(csv).slice(1).map(([row, ...cells]) => {
      const { unit, time } = steps[Number(row) - 1];
      return [`${unit} ${time}`, cells];
    }),
  );
}

Deno.test("encode writes the windows of each machine, at the rows with which they end", async () => {
  const mixed = byStep(await elbowOk("encode", model, files.turn), turn);
  assert.equal(mixed.size, 2 * (STEPS - WINDOW + 1));
  for (const own of [a, b]) {
    const alone = byStep(await elbowOk("encode", model, written("one.csv", own)), own);
    for (const [step, cells] of alone) assert.deepEqual(mixed.get(step), cells, step);
  }
  const json = JSON.parse(await elbowOk("encode", model, files.turn, "--json"));
  assert.deepEqual(json.row[0], [2 * WINDOW - 1], "the last row of the first window of a");
});

Deno.test("encode takes no window across a gap", async () => {
  const holed = a.filter(({ time }) => time < 100 || time >= 103);
  const { stdout, stderr } = await elbow(["encode", model, written("holed.csv", holed)]);
  assert.match(stderr, /count as empty/);
  const expected = byStep(await elbowOk("encode", model, written("whole.csv", a)), a);
  const codes = byStep(stdout, holed);
  assert.equal(codes.size, expected.size - 3 - (WINDOW - 1));
  for (const [step, cells] of codes) assert.deepEqual(cells, expected.get(step), step);
});

Deno.test("score --method takes the windows of each machine", async () => {
  const method = ["--method", "squaredError"];
  const mixed = byStep(await elbowOk("score", model, files.turn, ...method), turn);
  for (const own of [a, b]) {
    const alone = byStep(await elbowOk("score", model, written("one.csv", own), ...method), own);
    // All windows of these steps are whole in either file.
    const inner = own.slice(WINDOW, STEPS - WINDOW);
    for (const { unit, time } of inner) {
      const step = `${unit} ${time}`;
      assert.equal(mixed.get(step)![0], alone.get(step)![0], step);
    }
  }
  const reference = [...method.with(1, "mahalanobis"), "--reference"];
  const [one, other] = await Promise.all(
    Object.values(files).map((file) => elbowOk("score", model, files.turn, ...reference, file)),
  );
  const scores = (csv: string) => cellsOf(csv).slice(1).map(([, score]) => Number(score));
  const largest = Math.max(...scores(one));
  scores(one).forEach((score, r) =>
    // Means over the reference windows, in another order, of float32 codes.
    assert.ok(Math.abs(score - scores(other)[r]) <= 1e-4 * largest, `row ${r + 1}`)
  );
});

Deno.test("drift follows each machine by its own windows, and counts no missing step as a missing cell", async () => {
  const result = async (file: string) => {
    const { data: _, ...rest } = JSON.parse(await elbowOk("drift", model, file, "--json"));
    return rest;
  };
  assert.deepEqual(await result(files.turn), await result(files.below));
  const holed = written("holed2.csv", turn.filter(({ time }) => time < 100 || time >= 140));
  const { rows, changed, columns } = await result(holed);
  assert.equal(rows, 2 * (STEPS - 40));
  assert.equal(changed, false);
  for (const { missing } of columns) assert.deepEqual(missing.shares ?? missing, [0, 0]);
});

Deno.test("drift names the row of an alarm in the file", async () => {
  const moved = b.map((step) =>
    step.time < 40 ? step : { ...step, row: [step.row[0], Number(step.row[1]) + 4] }
  );
  const file = written("moved.csv", [...a, ...moved].sort((x, y) => x.time - y.time));
  const { stream } = JSON.parse(
    await elbowOk("drift", model, file, "--json", "--run-length", "600"),
  );
  assert.equal(stream.alarmAt % 2, 0, "a row of b");
  assert.ok(stream.alarmAt > 80 && stream.alarmAt <= 480, `row ${stream.alarmAt}`);
});

Deno.test("encode, score --method and evaluate take an empty cell for one between its neighbours", async () => {
  const cell = (t: number) => Number(a[t].row[0]), between = (cell(99) + cell(101)) / 2;
  const withCell = (value: number | string) =>
    a.map((step) => step.time === 100 ? { ...step, row: [value, step.row[1]] } : step);
  const files = [written("empty.csv", withCell("")), written("put.csv", withCell(between))];
  const numbers = async (...command: [string, ...string[]]) => {
    const [verb, ...options] = command;
    const csv = files.map((file) => elbowOk(verb, model, file, ...options));
    const [given, expected] = (await Promise.all(csv)).map((text) =>
      cellsOf(text).slice(1).map((cells) => cells.filter((text) => text !== "").map(Number))
    );
    return { given, expected };
  };
  // A window that begins or ends with the cell takes its nearest neighbour. Means divide the rounding of float32 cells
  // by the noise variance, here some 1e-3.
  const alike = (one: number[], other: number[], row: number) =>
    one.forEach((value, c) =>
      assert.ok(Math.abs(value - other[c]) <= 1e-3, `row ${row}: ${value} ${other[c]}`)
    );
  const codes = await numbers("encode");
  codes.given.forEach((code, w) => {
    const row = code[0];
    if (row !== 101 && row !== 100 + WINDOW) alike(code, codes.expected[w], row);
  });
  const scores = await numbers("score", "--method", "squaredError");
  assert.equal(scores.given.length, STEPS);
  scores.given.forEach((score, r) => {
    if (Math.abs(r - 100) >= WINDOW) assert.deepEqual(score, scores.expected[r]);
    else assert.ok(Number.isFinite(score[1]));
  });
  assert.match(await elbowOk("evaluate", model, files[0]), /Nats per window of 8 standardised/);
});
