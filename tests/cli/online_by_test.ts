/** `score --online` of several machines in one stream. Oracle: a stream of the library for each machine. */
import assert from "node:assert/strict";
import { Detector } from "../../src/detection/detector.ts";
import type { SeriesStream } from "../../src/scoring/series/series_stream.ts";
import { machine } from "../util/machine_steps.ts";
import { cellsOf, elbow, elbowOk, Folder, refused } from "./util.ts";

const WINDOW = 8, VOTE = { k: 2, of: 3 };
const folder = new Folder();
globalThis.addEventListener("unload", () => folder[Symbol.dispose]());

interface Step {
  readonly unit: string;
  readonly time: number;
  readonly row: readonly number[];
}

const stepsOf = (unit: string, rows: readonly number[][], first = 0): Step[] =>
  rows.map((row, t) => ({ unit, time: 60 * (first + t), row }));

/** By time, as a logger of all machines writes them. */
const inTurn = (...all: readonly Step[][]) => all.flat().sort((a, b) => a.time - b.time);

const iso = (time: number) => new Date(1000 * time).toISOString();

function written(name: string, steps: readonly Step[]): string {
  const lines = steps.map(({ unit, time, row }) =>
    [JSON.stringify(unit), iso(time), ...row].join(",")
  );
  return folder.write(name, ["unit,time,flow,pressure", ...lines, ""].join("\n"));
}

function writtenLines(name: string, steps: readonly Step[]): string {
  const objects = steps.map(({ unit, time, row: [flow, pressure] }) =>
    JSON.stringify({ flow, unit, pressure, time: iso(time) })
  );
  return folder.write(name, `${objects.join("\n")}\n`);
}

const training = inTurn(stepsOf("a", machine(200, 1, 0)), stepsOf("b", machine(200, 2, 30)));
const model = folder.at("model.safetensors");
await elbowOk(
  ...["train", written("plant.csv", training), "--out", model],
  ...["--window", `${WINDOW}`, "--by", "unit"],
);
const detector = await Detector.load(Deno.readFileSync(model));

/** Score, p-value and verdict of each step, of a stream for each machine. @param lacking steps missing before one */
function expected(
  steps: readonly Step[],
  lacking: ReadonlyMap<Step, number> = new Map(),
  streamOf = byName(),
): string[][] {
  return steps.map((step) => {
    const stream = streamOf(step.unit);
    for (let i = 0; i < (lacking.get(step) ?? 0); i++) stream.push([NaN, NaN]);
    const verdict = stream.push(step.row);
    return verdict ? [verdict.score, verdict.pValue, verdict.anomaly].map(String) : ["", "", ""];
  });
}

function byName(): (name: string) => SeriesStream {
  const streams = new Map<string, SeriesStream>();
  return (name) => {
    if (!streams.has(name)) streams.set(name, detector.stream({ vote: VOTE }));
    return streams.get(name)!;
  };
}

const online = async (file: string, ...more: string[]) => {
  const { status, stdout, stderr } = await elbow(["score", model, file, "--vote", "2/3", ...more]);
  assert.equal(status, 0, stderr);
  return { verdicts: cellsOf(stdout).slice(1).map((cells) => cells.slice(1, 4)), stderr };
};

/** The second is new, and has a fault. */
const faulty = machine(50, 4, 30).map(([a, b], t) => [a + (t >= 30 && t < 36 ? 20 : 0), b]);
const [c, d] = [stepsOf("b", machine(60, 3, 0)), stepsOf("new, one", faulty, 5)];

Deno.test("score --online keeps machines in turn apart, of which one is new, as one below the other", async () => {
  for (const steps of [inTurn(c, d), [...c, ...d]]) {
    const want = expected(steps);
    assert.ok(want.some(([, , anomaly]) => anomaly === "true"));
    for (const file of [written("turn.csv", steps), writtenLines("turn.jsonl", steps)]) {
      const { verdicts, stderr } = await online(file);
      assert.deepEqual(verdicts, want, file);
      assert.doesNotMatch(stderr, /goes back|leaves a gap|ignored|no column/);
      // The first steps of each machine have no verdict.
      assert.match(stderr, new RegExp(`${steps.length - 2 * (WINDOW - 1)} rows scored`));
    }
  }
});

Deno.test("a machine that stops and comes back has a gap, and others have none", async () => {
  const back = c.filter((_, t) => t < 20 || t >= 25), steps = inTurn(back, d);
  const { verdicts, stderr } = await online(written("back.csv", steps));
  assert.deepEqual(verdicts, expected(steps, new Map([[back[20], 5]])));
  assert.match(stderr, /"time" leaves a gap before row 41: 5 missing steps count as empty/);
});

Deno.test("a machine whose rows are out of order counts as another series from there on, not its neighbour", async () => {
  const late = [...c.slice(0, 30), ...structuredClone(c.slice(10, 40))], steps: Step[] = [];
  for (let t = 0; t < 50; t++) steps.push(late[t], d[t]);
  const { verdicts, stderr } = await online(written("order.csv", steps));
  assert.deepEqual(verdicts, expected(steps, new Map([[late[30], WINDOW]])));
  assert.match(stderr, /"time" goes back at row 61/);
});

Deno.test("beyond --max-series the machine whose last row is longest ago starts anew, and the first time is reported", async () => {
  // b rests while the two others come in turn; of two that are kept it is not one when it comes back.
  const e = stepsOf("e", machine(50, 5, 3), 100), f = stepsOf("f", machine(50, 6, 9), 100);
  const steps = [...c.slice(0, 30), ...inTurn(e, f), ...c.slice(30)];
  const { verdicts, stderr } = await online(written("many.csv", steps), "--max-series", "2");
  const anew = expected(steps.map((step, r) => r >= 130 ? { ...step, unit: "again" } : step));
  assert.deepEqual(verdicts, anew);
  assert.match(
    stderr,
    /more than 2 series by column "unit": from row 32 on, the one whose last row is longest ago/,
  );
  assert.equal(stderr.match(/more than/g)!.length, 1);
  const all = await online(folder.at("many.csv"), "--max-series", "3");
  assert.doesNotMatch(all.stderr, /more than/);
  assert.notDeepEqual(all.verdicts, anew);
  // A program does the same, and counts.
  const streams = detector.streams({ vote: VOTE, maxSeries: 2 });
  assert.deepEqual(expected(steps, new Map(), (name) => streams.of(name)), anew);
  assert.equal(streams.forgotten, 2);
});

Deno.test("streams of a program explain their newest step, and refuse wrong options and models of rows", async () => {
  const streams = detector.streams(), row = c[0].row;
  for (let t = 0; t < WINDOW - 1; t++) streams.of("x").push(row);
  const verdict = streams.of("x").push(row)!;
  assert.equal(streams.of("y").push(row), undefined);
  const { contributions } = detector.explainNewest(streams.of("x"), verdict);
  assert.equal(contributions.length, 2);
  assert.throws(() => detector.streams({ maxSeries: 0 }), { message: /maxSeries.* at least 1/ });
  assert.throws(() => detector.streams({ most: 3 } as object), { message: /most/ });
  const rows = await Detector.fit(c.map((step) => [...step.row]), { preset: "small", epochs: 1 });
  assert.throws(() => rows.streams(), { message: /not a series/ });
  rows.dispose();
});

Deno.test("a row without a name is refused by its row, and a stream without the column is of one machine", async () => {
  const nameless = c.map((step, t) => t === 12 ? { ...step, unit: "" } : step);
  const want = /row 13, column "unit": expected the name of the series that the row belongs to/;
  for (const file of [written("x.csv", nameless), writtenLines("x.jsonl", nameless)]) {
    assert.match(await refused("score", model, file, "--online"), want);
  }
  // Of CSV the column is there, so the first row is at fault, too.
  const first = written("y.csv", [{ ...c[0], unit: "" }, ...c.slice(1)]);
  assert.match(await refused("score", model, first, "--online"), /row 1, column "unit"/);

  const csv = ["flow,pressure", ...c.map(({ row }) => row.join(",")), ""].join("\n");
  const objects = c.map(({ row: [flow, pressure] }) => `${JSON.stringify({ flow, pressure })}\n`);
  const arrays = c.map(({ row }) => `${JSON.stringify(row)}\n`);
  const texts = { "one.csv": csv, "one.jsonl": objects.join(""), "two.jsonl": arrays.join("") };
  for (const [name, text] of Object.entries(texts)) {
    const { verdicts, stderr } = await online(folder.write(name, text));
    assert.deepEqual(verdicts, expected(c), name);
    assert.match(stderr, /no column "unit": all rows count as one series/);
  }
  const later = `${objects[0]}${JSON.stringify({ flow: 1, pressure: 2, unit: "a" })}\n`;
  assert.match(
    (await elbow(["score", model, folder.write("later.jsonl", later), "--online"])).stderr,
    /row 2, column "unit": expected no name of a series, as in the rows before/,
  );
});

Deno.test("machines that are all shorter than a window have no verdict, and --max-series needs several", async () => {
  const short = Array.from({ length: 40 }, (_, i) => ({ ...c[i], unit: `m${i >> 1}` }));
  const { verdicts, stderr } = await online(written("short.csv", short));
  assert.ok(verdicts.flat().every((cell) => cell === ""));
  assert.match(stderr, /40 rows read, none scored: a window needs 8 of one series/);

  const one = folder.at("one.safetensors"), single = folder.at("single.csv");
  const lines = training.slice(0, 200).map(({ row }) => row.join(","));
  Deno.writeTextFileSync(single, ["flow,pressure", ...lines, ""].join("\n"));
  await elbowOk("train", single, "--out", one, "--window", `${WINDOW}`);
  assert.match(
    await refused("score", one, single, "--max-series", "5"),
    /Cannot use --max-series: .* is a model of one series/,
  );
});
