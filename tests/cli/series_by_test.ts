/** Files of several machines on the command line. Oracle: the library, on rows laid out by hand. */
import assert from "node:assert/strict";
import { Detector } from "../../src/detection/detector.ts";
import { machine, missing } from "../util/machine_steps.ts";
import { cellsOf, elbow, elbowOk, Folder, refused } from "./util.ts";

const WINDOW = 8;
const folder = new Folder();
globalThis.addEventListener("unload", () => folder[Symbol.dispose]());

interface Step {
  readonly unit: string;
  readonly time: number;
  readonly row: readonly number[];
}

/** The steps of machines in turn, as a logger writes them. */
function inTurn(all: Readonly<Record<string, readonly number[][]>>, first = 0): Step[] {
  return Object.entries(all)
    .flatMap(([unit, rows]) => rows.map((row, t) => ({ unit, time: first + t, row })))
    .sort((a, b) => a.time - b.time);
}

function written(name: string, steps: readonly Step[], time: (step: number) => unknown = Number) {
  const lines = steps.map((each) => [each.unit, time(each.time), ...each.row].join(","));
  Deno.writeTextFileSync(folder.at(name), ["unit,time,flow,pressure", ...lines, ""].join("\n"));
  return folder.at(name);
}

const iso = (step: number) => new Date(900_000 * step).toISOString();
const WINDOWED = ["--window", `${WINDOW}`];

const [a, b] = [machine(200, 1, 0), machine(200, 2, 30)];
const model = folder.at("model.safetensors");
const data = written("plant.csv", inTurn({ "1": a, "2": b }), iso);
const trained = await elbow(["train", data, "--out", model, ...WINDOWED, "--by", "unit"]);
const byHand = await Detector.fit([...a, ...missing(WINDOW), ...b], {
  window: WINDOW,
  columns: ["flow", "pressure"],
});

Deno.test("train --by keeps machines in turn apart, and says nothing of time standing still", () => {
  assert.equal(trained.status, 0, trained.stderr);
  assert.doesNotMatch(trained.stderr, /stands still|goes back|any order|"unit"/);
  assert.match(trained.stdout, /Trained on +400 rows/);
});

Deno.test("train without --by names it for times that stand still", async () => {
  const { stderr } = await elbow([
    "train",
    data,
    "--out",
    folder.at("none.safetensors"),
    ...WINDOWED,
  ]);
  assert.match(stderr, /name the column that tells them apart \(--by\)/);
});

Deno.test("train names --by if only some times stand still, and inspect says what lays steps out", async () => {
  const steps = inTurn({ "1": a, "2": b.slice(0, 40) }), file = written("partly.csv", steps, iso);
  const { stderr } = await elbow([
    "train",
    file,
    "--out",
    folder.at("none.safetensors"),
    ...WINDOWED,
  ]);
  assert.match(stderr, /stands still at 40 of 239 steps: .* \(--by\)/);
  assert.match(await elbowOk("inspect", model), /laid out by +time\n +told apart by +unit/);
});

Deno.test("score answers in the file's order, each machine by its own windows and gaps", async () => {
  const [c, d] = [machine(60, 3, 0), machine(63, 4, 30)];
  const steps = inTurn({ "2": c, "7": d }).filter(({ unit, time }) =>
    unit === "2" || time < 40 || time >= 43
  );
  const later = written("later.csv", steps, iso);
  const outcome = await elbow(["score", model, later, "--explain"]);
  assert.match(outcome.stderr, /1 gap, of 60 minutes where 15 minutes is usual/);
  assert.doesNotMatch(outcome.stderr, /ignored/);
  const laid = [...c, ...missing(WINDOW), ...d.slice(0, 40), ...missing(3), ...d.slice(43)];
  const scored = await byHand.explain(laid);
  const expected = steps.map(({ unit, time }) => scored[unit === "2" ? time : 60 + WINDOW + time]);
  const cells = cellsOf(outcome.stdout).slice(1);
  assert.deepEqual(
    cells.map((
      [row, score, pValue, anomaly],
    ) => [Number(row), Number(score), Number(pValue), anomaly]),
    expected.map(({ score, pValue, anomaly }, r) => [r + 1, score, pValue, `${anomaly}`]),
  );
  // JSON lines write the machine as a number, and may leave the time out.
  const lines = steps.map(({ unit, row: [flow, pressure], time }) =>
    JSON.stringify({ flow, pressure, unit: Number(unit), time: iso(time) })
  );
  Deno.writeTextFileSync(folder.at("later.jsonl"), `${lines.join("\n")}\n`);
  assert.equal(
    await elbowOk("score", model, folder.at("later.jsonl"), "--explain"),
    outcome.stdout,
  );
});

Deno.test("machines shorter than a window are named, and refused if all are", async () => {
  const alone = machine(60, 3, 0), steps = inTurn({ "2": alone, "7": machine(5, 4, 30) });
  const { stdout, stderr } = await elbow(["score", model, written("short.csv", steps, iso)]);
  assert.match(
    stderr,
    /1 of 2 series by column "unit" is shorter than a window of 8 steps: the windows of their 5 rows are partly empty, so no rate holds/,
  );
  const scores = cellsOf(stdout).slice(1).map(([, score]) => Number(score));
  const want = await byHand.score(alone);
  assert.deepEqual(
    scores.filter((_, r) => steps[r].unit === "2"),
    want.map(({ score }) => score),
  );
  const none = written("none.csv", inTurn({ "2": alone.slice(0, 7), "7": alone.slice(0, 5) }), iso);
  for (const command of ["score", "evaluate", "drift"]) {
    assert.match(
      await refused(command, model, none),
      /none\.csv: all 2 series by column "unit" are shorter than a window of 8 steps, the longest of 7/,
    );
  }
});

Deno.test("recalibrate and update keep machines apart, too", async () => {
  const [c, d] = [machine(120, 5, 0), machine(120, 6, 30)], out = folder.at("next.safetensors");
  const later = written("two.csv", inTurn({ x: c, y: d }), iso);
  const laid = [...c, ...missing(WINDOW), ...d];
  for (const command of ["recalibrate", "update"] as const) {
    const figures = JSON.parse(await elbowOk(command, model, later, "--out", out, "--json"));
    const detector = await Detector.load(byHand.save());
    const { thresholds } = command === "update"
      ? await detector.partialFit(laid)
      : detector.recalibrate(laid);
    assert.equal(figures.scored, 240);
    assert.deepEqual(figures.thresholds, thresholds);
    detector.dispose();
  }
});

Deno.test("evaluate takes machines in turn as it takes them one below the other", async () => {
  const all = { "1": machine(60, 7, 0), "2": machine(60, 8, 30) };
  const figures = async (name: string, steps: readonly Step[]) => {
    const { data: _, ...rest } = JSON.parse(
      await elbowOk("evaluate", model, written(name, steps, iso), "--json"),
    );
    return rest;
  };
  const steps = inTurn(all), apart = steps.toSorted((a, b) => Number(a.unit) - Number(b.unit));
  assert.deepEqual(await figures("turn.csv", steps), await figures("apart.csv", apart));
});

Deno.test("a file without the column counts as one series, and a row without a name is refused", async () => {
  const rows = machine(40, 9, 0), plain = folder.at("plain.csv");
  const text = ["flow,pressure", ...rows.map((row) => row.join(","))].join("\n");
  Deno.writeTextFileSync(plain, `${text}\n`);
  const { stdout, stderr } = await elbow(["score", model, plain]);
  assert.match(stderr, /no column "unit": all rows count as one series/);
  const expected = await byHand.score(rows);
  assert.deepEqual(
    cellsOf(stdout).slice(1).map(([, score]) => Number(score)),
    expected.map(({ score }) => score),
  );
  const nameless = inTurn({ "1": a }).map((step, r) => r === 4 ? { ...step, unit: "" } : step);
  const file = written("nameless.csv", nameless, iso), out = folder.at("x.safetensors");
  const fault = /nameless\.csv, row 5.*"unit": expected the name of the series/;
  assert.match(await refused("score", model, file), fault);
  assert.match(await refused("train", file, "--out", out, ...WINDOWED, "--by", "unit"), fault);
});

Deno.test("--by and --clock need a window, and a column of the table", async () => {
  const out = folder.at("x.safetensors");
  for (const flag of ["--by", "--clock"]) {
    assert.match(await refused("train", data, "--out", out, flag, "unit"), /needs '--window <n>'/);
    assert.match(
      await refused("train", data, "--out", out, ...WINDOWED, flag, "machine"),
      new RegExp(`Cannot use ${flag} machine: .*plant.csv has no such column, only "unit"`),
    );
  }
  assert.match(
    await refused("train", data, "--out", out, ...WINDOWED, "--by", "unit", "--exclude", "unit"),
    /Cannot use --by unit/,
  );
});

Deno.test("a column of seconds or milliseconds since 1970 becomes the clock by itself, as texts do", async () => {
  const steps = inTurn({ "1": a, "2": b }).filter(({ unit, time }) =>
    unit === "1" || time % 90 < 80
  );
  const modelOf = async (name: string, time: (step: number) => unknown, ...more: string[]) => {
    const out = folder.at(`${name}.safetensors`), file = written(`${name}.csv`, steps, time);
    const { status, stderr } = await elbow(
      ["train", file, "--out", out, ...WINDOWED, "--by", "unit", ...more],
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /"time" has 2 gaps/, name);
    const detector = await Detector.load(Deno.readFileSync(out));
    const { threshold, table: { clock } } = detector;
    detector.dispose();
    const scores = cellsOf(await elbowOk("score", out, file)).map(([, score]) => score);
    return { threshold, spacing: clock!.spacing, scores };
  };
  const start = 1_700_000_000;
  const seconds = (step: number) => start + 900 * step;
  const text = await modelOf("text", (step) => new Date(1000 * seconds(step)).toISOString());
  assert.equal(text.spacing, 900);
  assert.deepEqual(await modelOf("seconds", seconds), text);
  assert.deepEqual(await modelOf("milliseconds", (step) => 1000 * seconds(step)), text);
  const cycles = await modelOf("cycles", (step) => step + 1, "--clock", "time");
  assert.deepEqual(cycles, { ...text, spacing: 1 });
  const listed = ["--columns", "flow,pressure", "--clock", "time"];
  assert.deepEqual(await modelOf("listed", seconds, ...listed), text);
});

Deno.test("a clock that counts cycles is reported in its own unit, and texts that are no times are refused", async () => {
  const steps = inTurn({ "1": a }).filter(({ time }) => time < 100 || time >= 105);
  const out = folder.at("cycles.safetensors");
  const file = written("of_cycles.csv", steps, (step) => step + 1);
  const { stderr } = await elbow(["train", file, "--out", out, ...WINDOWED, "--clock", "time"]);
  assert.match(stderr, /"time" has 1 gap, of 6 where 1 is usual/);
  const words = written("words.csv", steps, (step) => `cycle ${step}`);
  assert.match(
    await refused("train", words, "--out", out, ...WINDOWED, "--clock", "time"),
    /Cannot use --clock time: expected times or numbers in .*words\.csv, got "cycle 0"/,
  );
});

Deno.test("train and score say what the false-alarm rate means on a day, if a clock says how many steps there are", async () => {
  // So few steps calibrate that no run begins at 1 %, and none are stated.
  assert.match(trained.stdout, /on a normal day +about 0\.96 steps flagged$/m);
  const rate = ["--false-alarm-rate", "0.05"];
  const more = ["--clock", "time", "--by", "unit", "--out", folder.at("more.safetensors"), ...rate];
  assert.match(
    (await elbow(["train", data, ...WINDOWED, ...more])).stdout,
    /on a normal day +about 4\.8 steps flagged by that rate, in [\d.]*[1-9]\d* runs as measured/,
  );
  assert.match(
    (await elbow(["score", model, data, ...rate])).stderr,
    /\(about 4\.8 steps on a normal day\)/,
  );
  const { falseAlarmsPerDay } = JSON.parse(await elbowOk("score", model, data, "--json", ...rate));
  assert.deepEqual(falseAlarmsPerDay, { steps: 0.05 * 96 });
  const out = folder.at("cycles.safetensors"), steps = inTurn({ "1": a, "2": b });
  const cycles = written("counted.csv", steps, (step) => step + 1);
  const { stdout } = await elbow([
    "train",
    cycles,
    "--out",
    out,
    ...WINDOWED,
    "--by",
    "unit",
    "--clock",
    "time",
  ]);
  assert.doesNotMatch(stdout, /normal day/);
});
