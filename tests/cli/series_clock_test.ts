/** Series with a column of times on the command line. Oracle: the library, on rows laid out by hand. */
import assert from "node:assert/strict";
import { Detector } from "../../src/detection/detector.ts";
import { auroc } from "../../src/scoring/metrics.ts";
import { cellsOf, elbow, elbowOk, Folder } from "./util.ts";
import { missing } from "../util/machine_steps.ts";

const WINDOW = 8, QUARTER = 900;
const folder = new Folder();
globalThis.addEventListener("unload", () => folder[Symbol.dispose]());

function sensors(steps: number, level: number): number[][] {
  let state = 11 + Math.abs(level);
  const noise = () => (state = (state * 48271) % 2147483647) / 2147483647 - 0.5;
  return Array.from(
    { length: steps },
    (_, t) => [level + Math.sin(t / 4) + 0.1 * noise(), Math.cos(t / 4) + 0.1 * noise()],
  );
}

function written(name: string, rows: readonly number[][], seconds: readonly number[]): string {
  const time = (second: number) =>
    new Date(1000 * second).toISOString().slice(0, 19).replace("T", " ");
  const lines = rows.map((row, r) => [time(seconds[r]), ...row].join(","));
  Deno.writeTextFileSync(folder.at(name), ["time,flow,pressure", ...lines, ""].join("\n"));
  return folder.at(name);
}

const times = (steps: number, first = 0) =>
  Array.from({ length: steps }, (_, t) => QUARTER * (first + t));

const pumps = [sensors(200, 0), sensors(200, 30)], model = folder.at("model.safetensors");
const data = written("pumps.csv", pumps.flat(), [...times(200), ...times(200)]);
const trained = await elbow(["train", data, "--out", model, "--window", `${WINDOW}`]);
const byHand = await Detector.fit([...pumps[0], ...missing(WINDOW), ...pumps[1]], {
  window: WINDOW,
  columns: ["flow", "pressure"],
});

Deno.test("train keeps series apart where time goes back, and says so", () => {
  assert.equal(trained.status, 0, trained.stderr);
  assert.match(
    trained.stderr,
    /"time" goes back at 1 of 399 steps: rows from there on count as another series/,
  );
  assert.match(trained.stdout, /Trained on +400 rows/);
});

Deno.test("score answers every row of a file with gaps, as the library does with empty rows for missing steps", async () => {
  const [before, after] = [sensors(60, 0), sensors(40, 30)];
  const later = written("later.csv", [...before, ...after], [...times(60), ...times(40, 63)]);
  const outcome = await elbow(["score", model, later, "--explain"]);
  assert.match(outcome.stderr, /1 gap, of 60 minutes where 15 minutes is usual: .* count as empty/);
  assert.doesNotMatch(outcome.stderr, /ignored/);
  const cells = cellsOf(outcome.stdout).slice(1);
  const scored = await byHand.explain([...before, ...missing(3), ...after]);
  const expected = scored.filter((_, r) => r < 60 || r >= 63);
  assert.deepEqual(
    cells.map(([row, score, pValue]) => [Number(row), Number(score), Number(pValue)]),
    expected.map(({ score, pValue }, r) => [r + 1, score, pValue]),
  );
  cells.forEach(([, , , anomaly, , ...why], r) => {
    const { anomaly: isFlagged, blamed } = expected[r];
    assert.equal(anomaly, `${isFlagged}`);
    const [first] = isFlagged ? blamed : [];
    assert.equal(why[0].replace('"', "").split(" ")[0], first?.column ?? "");
  });
  assert.ok(cells.some(([, , , anomaly, , why]) => anomaly === "true" && why !== ""));
});

Deno.test("recalibrate and update lay steps out by their times, too", async () => {
  const rows = [...sensors(100, 0), ...sensors(100, 30)], out = folder.at("next.safetensors");
  const later = written("two.csv", rows, [...times(100), ...times(100)]);
  const laid = [...rows.slice(0, 100), ...missing(WINDOW), ...rows.slice(100)];
  for (const command of ["recalibrate", "update"] as const) {
    const figures = JSON.parse(await elbowOk(command, model, later, "--out", out, "--json"));
    assert.equal(figures.scored, 200);
    const detector = await Detector.load(byHand.save());
    const { thresholds } = command === "update"
      ? await detector.partialFit(laid)
      : detector.recalibrate(laid);
    assert.deepEqual(figures.thresholds, thresholds);
    detector.dispose();
  }
});

Deno.test("score lays out a short table that lacks more steps than it has", async () => {
  const parts = [0, 10, 20, 30].map((first) => sensors(40, 0).slice(first, first + 5));
  const seconds = [0, 90, 200, 300].flatMap((first) => times(5, first));
  const short = written("short.csv", parts.flat(), seconds);
  const laid = parts.flatMap((part, p) => p === 0 ? part : [...missing(WINDOW), ...part]);
  const expected = (await byHand.score(laid)).filter((_, r) => r % (5 + WINDOW) < 5);
  assert.deepEqual(
    cellsOf(await elbowOk("score", model, short)).slice(1).map(([, score]) => Number(score)),
    expected.map(({ score }) => score),
  );
});

Deno.test("score says if steps are not as far apart as in training, and reads files without times", async () => {
  const hourly = written("hourly.csv", sensors(50, 0), times(50).map((second) => 4 * second));
  assert.match(
    (await elbow(["score", model, hourly])).stderr,
    /"time" are 60 minutes apart, and were 15 minutes/,
  );
  const plain = folder.at("plain.csv");
  Deno.writeTextFileSync(
    plain,
    ["flow,pressure", ...sensors(50, 0).map((row) => row.join(",")), ""].join("\n"),
  );
  assert.equal(cellsOf(await elbowOk("score", model, plain)).length, 51);
});

Deno.test("score --online takes missing steps for empty ones, of CSV and JSON lines, like a stream of the library", async () => {
  const [before, after] = [sensors(40, 0), sensors(30, 30)],
    seconds = [...times(40), ...times(30, 43)];
  const later = written("online.csv", [...before, ...after], seconds), stream = byHand.stream();
  const expected = [...before, ...missing(3), ...after].map((row) => stream.push(row)?.score);
  expected.splice(40, 3);
  const [, ...lines] = Deno.readTextFileSync(later).trimEnd().split("\n");
  const objects = lines.map((line) => {
    const [time, flow, pressure] = line.split(",");
    return JSON.stringify({ time, flow: Number(flow), pressure: Number(pressure) });
  });
  Deno.writeTextFileSync(folder.at("online.jsonl"), `${objects.join("\n")}\n`);
  for (const file of [later, folder.at("online.jsonl")]) {
    const { stdout, stderr } = await elbow(["score", model, file, "--online"]);
    assert.match(stderr, /"time" leaves a gap before row 41: 3 missing steps count as empty/);
    const scores = cellsOf(stdout).slice(1).map(([, score]) =>
      score === "" ? undefined : Number(score)
    );
    assert.deepEqual(scores, expected);
  }
  const back = written("back.csv", [...before, ...before], [...times(40), ...times(40)]);
  assert.match(
    (await elbow(["score", model, back, "--online"])).stderr,
    /goes back at row 41: rows/,
  );
});

Deno.test("score --online takes steps as they come if all are further apart than in training, or time goes back", async () => {
  const rows = sensors(200, 0), plain = written("usual.csv", rows, times(200));
  const usual = cellsOf(await elbowOk("score", model, plain, "--online")).slice(1);
  const hourly = times(200).map((second) => 4 * second), descending = times(200).toReversed();
  for (const [name, seconds] of Object.entries({ hourly, descending })) {
    const file = written(`${name}_online.csv`, rows, seconds);
    const { stdout, stderr } = await elbow(["score", model, file, "--online"]);
    assert.match(stderr, /"time": the steps are not spaced or .* from row 10 on .* as they come/);
    assert.deepEqual(cellsOf(stdout).slice(1 + 10 + WINDOW), usual.slice(10 + WINDOW), name);
  }
});

Deno.test("score --online takes an empty time for no gap, as score does", async () => {
  const rows = sensors(60, 0), whole = written("whole.csv", rows, times(60));
  const lines = Deno.readTextFileSync(whole).split("\n");
  lines[30] = lines[30].replace(/^[^,]*/, "");
  Deno.writeTextFileSync(folder.at("no_time.csv"), lines.join("\n"));
  for (const online of [[], ["--online"]]) {
    const { stdout, stderr } = await elbow(["score", model, folder.at("no_time.csv"), ...online]);
    assert.equal(stdout, await elbowOk("score", model, whole, ...online));
    assert.doesNotMatch(stderr, /gap/);
  }
});

Deno.test("a model reads times that stand for missing ones as train did", async () => {
  const rows = sensors(200, 0), seconds = times(200), unlisted = folder.at("unlisted.csv");
  const text = Deno.readTextFileSync(written("unknown.csv", rows, seconds));
  Deno.writeTextFileSync(unlisted, text.replace(/^1970-01-01 12:00:00/m, "unknown"));
  const out = folder.at("unknown.safetensors"), window = ["--window", `${WINDOW}`];
  await elbowOk("train", unlisted, "--out", out, ...window, "--missing", "unknown");
  for (const online of [[], ["--online"]]) {
    assert.equal(cellsOf(await elbowOk("score", out, unlisted, ...online)).length, 201);
  }
});

Deno.test("train without --window suggests one for readings over time", async () => {
  const out = folder.at("rows.safetensors"), small = ["--preset", "small", "--epochs", "1"];
  const { stderr } = await elbow(["train", data, "--out", out, ...small]);
  assert.match(
    stderr,
    /neighbouring rows are similar .* train on a series \(--window 10\), or recalibrate/,
  );
});

Deno.test("evaluate takes no means over windows across missing steps", async () => {
  const rows = sensors(60, 0), beyond = sensors(WINDOW - 1, 30);
  const evaluated = async (file: string) => {
    const { data: _, rows: __, ...figures } = JSON.parse(
      await elbowOk("evaluate", model, file, "--json"),
    );
    return figures;
  };
  const later = [...times(60), ...times(beyond.length, 90)];
  assert.deepEqual(
    await evaluated(written("beyond.csv", [...rows, ...beyond], later)),
    await evaluated(written("one.csv", rows, times(60))),
  );
});

Deno.test("evaluate and the label figures of train lay steps out by their times, too", async () => {
  const [before, after] = [sensors(60, 0), sensors(60, 30)];
  const rows = [...before, ...after].map((row, r) =>
    r >= 80 && r < 85 ? [row[0], row[1] + 2] : row
  );
  const file = written("labelled.csv", rows, [...times(60), ...times(60, 90)]);
  const [header, ...lines] = Deno.readTextFileSync(file).trimEnd().split("\n");
  const label = rows.map((_, r) => Number(r >= 80 && r < 85));
  const labelled = lines.map((line, r) => `${line},${label[r]}`);
  Deno.writeTextFileSync(file, [`${header},fault`, ...labelled, ""].join("\n"));
  const laid = [...rows.slice(0, 60), ...missing(WINDOW), ...rows.slice(60)];
  const ranking = async (detector: Detector) => {
    const scores = (await detector.score(laid)).map(({ score }) => score).toSpliced(60, WINDOW);
    return auroc(Float64Array.from(scores), Uint8Array.from(label));
  };
  const { stdout, stderr } = await elbow(["evaluate", model, file, "--label", "fault", "--json"]);
  assert.doesNotMatch(stderr, /ignored/);
  assert.equal(findNumber(JSON.parse(stdout), "auroc"), await ranking(byHand));
  const out = folder.at("labelled.safetensors");
  const options = ["--label", "fault", "--window", `${WINDOW}`, "--json"];
  const figures = JSON.parse(await elbowOk("train", file, "--out", out, ...options));
  const detector = await Detector.load(Deno.readFileSync(out));
  assert.equal(findNumber(figures, "auroc"), await ranking(detector));
  detector.dispose();
});

/** The number under a key, wherever it is. */
function findNumber(value: unknown, key: string): number | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, each] of Object.entries(value)) {
    const found = name === key && typeof each === "number" ? each : findNumber(each, key);
    if (found !== undefined) return found;
  }
  return undefined;
}
