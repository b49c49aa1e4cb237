/**
 * Explanations of tables with text, counts, times and missing cells, in the library, on the command line and over HTTP.
 * Oracles: how the table was made, and the library's answers for the other two.
 */
import assert from "node:assert/strict";
import { Detector } from "../../../mod.ts";
import { createApp, createClient } from "../../../src/http/mod.ts";
import { HostRandom } from "../../../src/core/random/philox.ts";
import { normals } from "../../util/data.ts";
import { blamedColumn } from "../../../src/scoring/explain/blamed_column.ts";
import { elbow, elbowOk, Folder, refused } from "../../cli/util.ts";

const NAMES = ["temperature", "flow", "mode", "starts", "at"];
type Cell = number | string | null;
const NOISE = normals(3 * 1200, 8), CHANCE = new HostRandom(3, 0, 99);
/** The mode determines temperature and flow, the temperature determines starts, and the time is independent. */
const ROWS: Cell[][] = Array.from({ length: 1200 }, (_, r) => {
  const runs = CHANCE.uniformF64() < 0.5, temperature = (runs ? 69 : 57) + 3 * NOISE[3 * r];
  const flow = (runs ? 3 : 1) + 0.2 * NOISE[3 * r + 1];
  const starts = Math.max(0, Math.round((temperature - 40) / 3 + NOISE[3 * r + 2]));
  const day = `2024-01-${String(1 + r % 28).padStart(2, "0")}`;
  return [temperature, flow, runs ? "run" : "idle", starts, day];
});
const DETECTOR = await Detector.fit(ROWS.slice(0, 1000), {
  columns: NAMES,
  schema: [{ name: "mode", kind: "categorical" }],
  epochs: 8,
  hidden: [8],
  seed: 2,
});
const NEW = ROWS.slice(1000);

Deno.test("explain() names the level that fits the other cells, and its probability", async () => {
  const other = { run: "idle", idle: "run" };
  const rows = NEW.map((row) => row.with(2, other[row[2] as "run" | "idle"]));
  let right = 0, sure = 0;
  for (const [r, { blamed }] of (await DETECTOR.explain(rows, { columns: 5 })).entries()) {
    const mode = blamed.find(({ column }) => column === "mode");
    // Where flow or temperature is blamed more, nothing reliable is left to infer the mode from.
    if (blamed[0].column !== "mode") continue;
    assert.equal(mode!.value, rows[r][2]);
    assert.equal(mode!.expected, NEW[r][2]);
    assert.ok(mode!.probability! > 0.5 && mode!.probability! <= 1);
    sure += mode!.probability!;
    assert.equal(mode!.interval, undefined);
    right++;
  }
  assert.ok(sure / right > 0.8, `${sure / right} sure on average`);
  assert.ok(right > 100, `the mode was blamed first ${right} times`);
});

Deno.test("explain() gives whole bounds for whole counts, and expects nothing of times", async () => {
  const rows = NEW.map((row) => row.with(3, 40));
  const truths = NEW.map((row) => Math.round(((row[0] as number) - 40) / 3));
  for (const [r, { blamed }] of (await DETECTOR.explain(rows, { columns: 5 })).entries()) {
    assert.equal(blamed[0].column, "starts");
    const { expected, interval } = blamed[0], [low, high] = interval as [number, number];
    assert.ok([expected, low, high].every(Number.isInteger));
    assert.ok(Math.abs((expected as number) - truths[r]) <= 2, `row ${r}: ${expected}`);
    assert.ok(low <= (expected as number) && (expected as number) <= high);
    const time = blamed.find(({ column }) => column === "at");
    if (time) assert.deepEqual([time.expected, time.interval], [null, undefined]);
  }
});

Deno.test("explain() fills in missing cells first, and never blames them for a value", async () => {
  const rows = NEW.map((row) => row.with(1, null).with(0, 120));
  for (const { blamed, score } of await DETECTOR.explain(rows, { conditional: true })) {
    assert.equal(blamed[0].column, "temperature");
    assert.ok(blamed.every(({ column }) => column !== "flow"));
    const sum = blamed.reduce((total, { nats }) => total + nats, 0);
    assert.ok(sum <= score * (1 + 1e-9));
  }
});

Deno.test("conditional contributions blame a wrong level of many, as they do a wrong number", async () => {
  const random = new HostRandom(5, 0, 99), gates = ["A", "B", "C", "D", "E", "F"];
  const made = normals(3 * 1400, 6),
    row = (r: number) => {
      const [z, one, two] = made.slice(3 * r, 3 * r + 3);
      const gate = Math.min(5, Math.max(0, Math.floor(1.3 * z + 3)));
      return [
        z + 0.3 * one,
        0.3 * two - z,
        gates[random.uniformF64() < 0.97 ? gate : random.below(6)],
      ];
    };
  const rows = Array.from({ length: 1400 }, (_, r) => row(r));
  const columns = ["a", "b", "gate"];
  const detector = await Detector.fit(rows.slice(0, 1200), { columns, epochs: 8, seed: 1 });
  const far = rows.slice(1200).filter(([a, b]) => (a as number) > 0.7 && (b as number) < -0.7);
  const planted = {
    gate: far.map((each) => each.with(2, "A")),
    b: far.map((each) => each.with(1, -(each[1] as number))),
  };
  for (const [name, wrong] of Object.entries(planted)) {
    const found = await detector.explain(wrong, { conditional: true });
    const first = found.filter(({ blamed }) => blamed[0].column === name).length;
    assert.ok(first >= 0.9 * wrong.length, `${name}: ${first} of ${wrong.length}`);
  }
  detector.dispose();
});

Deno.test("a loaded detector gives the same explanations", async () => {
  const loaded = await Detector.load(DETECTOR.save());
  const rows = NEW.slice(0, 30).map((row) => row.with(0, 110));
  assert.deepEqual(await loaded.explain(rows), await DETECTOR.explain(rows));
});

/** Every third row is far too hot, and some have a count that cannot be. */
const WRONG = NEW.map((row, r) =>
  row.with(0, r % 3 ? row[0] : 110).with(3, r % 5 === 2 ? -3 : row[3])
);
const CSV = [NAMES.join(), ...WRONG.map((row) => row.join())];

Deno.test("elbow score --explain describes the columns in words, and with --json gives the library's numbers", async () => {
  using folder = new Folder();
  const model = folder.at("m.safetensors"), data = folder.write("t.csv", `${CSV.join("\n")}\n`);
  Deno.writeFileSync(model, DETECTOR.save());
  const lines = (await elbowOk("score", model, data, "--explain", "1")).trimEnd().split("\n");
  assert.equal(lines[0], "row,score,p_value,anomaly,top_columns,explanation");
  assert.match(
    lines[1],
    /^1,.*,true,.*,"temperature 110\.0\d*, expected \d\d\.\d+ \(\d\d\.\d+ to \d\d\.\d+\)"$/,
  );
  for (const line of lines.slice(1)) assert.match(line, /,true,.*expected|,false,[^,]*,$/);
  for (const conditional of [false, true]) {
    const options = ["--explain", ...(conditional ? ["--conditional"] : []), "--json"];
    const { scores } = JSON.parse(await elbowOk("score", model, data, ...options));
    const own = await DETECTOR.explain(WRONG, { conditional });
    for (const [r, { anomaly, blamed, contributions }] of own.entries()) {
      assert.deepEqual(scores[r].contributions, { ...contributions });
      assert.deepEqual(scores[r].blamed, anomaly ? JSON.parse(JSON.stringify(blamed)) : undefined);
    }
  }
  assert.match(await refused("score", model, data, "--explain", "0"), /--explain.*at least 1/s);
  assert.doesNotMatch((await elbow(["score", model, data])).stdout, /expected/);
});

Deno.test("score over HTTP explains with the library's numbers, for single rows and for streams", async () => {
  const app = createApp({ models: { table: DETECTOR } });
  const client = createClient("http://localhost", { fetch: (url, init) => app.request(url, init) });
  const rows = NEW.slice(0, 12).map((row, r) => row.with(0, 110).with(3, r === 4 ? -3 : row[3]));
  for (const conditional of [false, true]) {
    const expected = JSON.parse(
      JSON.stringify(await DETECTOR.explain(rows, { columns: 2, conditional })),
    );
    const options = { explain: 2, conditional };
    assert.deepEqual((await client.score("table", rows, options)).rows, expected);
    assert.deepEqual((await client.score("table", [rows[3]], options)).rows, [expected[3]]);
    const streamed = await Array.fromAsync(client.scoreStream("table", rows, options));
    assert.deepEqual(streamed, expected);
  }
  const fdr = await client.score("table", rows, { explain: 1, fdr: 0.2 });
  assert.ok(fdr.rows.every(({ anomaly, blamed }) => anomaly && blamed!.length === 1));
  await assert.rejects(client.score("table", rows, { explain: 101 }), /from 1 to 100/);
  await assert.rejects(client.score("table", rows, { conditional: true }), /give explain as well/);
});

Deno.test("explain() expects one of the two levels of a text column, whatever number the regression gives", async () => {
  // A regression of the codes 0 and 1 on a temperature far outside the data gives codes far below 0 and above 1.
  const rows = ROWS.slice(0, 400).map(([temperature, flow, mode]) => [temperature, flow, mode]);
  const columns = ["temperature", "flow", "mode"],
    schema = [{
      name: "mode",
      kind: "binary" as const,
      levels: ["idle", "run"],
    }];
  const detector = await Detector.fit(rows, { columns, schema, epochs: 2, hidden: [8], seed: 2 });
  for (const [temperature, flow, expected] of [[300, 9, "run"], [-200, -5, "idle"]] as const) {
    const other = expected === "run" ? "idle" : "run";
    const [{ blamed }] = await detector.explain([[temperature, flow, other]]);
    const mode = blamed.find(({ column }) => column === "mode")!;
    assert.equal(mode.value, other);
    assert.ok(["run", "idle"].includes(mode.expected as string), `${mode.expected}`);
  }
  const [cell] = schema.map((column) =>
    [-0.9, 0.2, 1.2, 7].map((expected) =>
      blamedColumn(column, 1, 1, { expected, low: 0, high: 1, probability: NaN })
    )
  );
  assert.deepEqual(cell.map(({ expected }) => expected), ["idle", "idle", "run", "run"]);
  assert.deepEqual(cell.map(({ probability }) => probability), [1, 0.8, 1, 1]);
  const starts = { name: "starts", kind: "count" as const };
  const few = blamedColumn(starts, 1, 9, { expected: 0.6, low: -2.2, high: 3.9, probability: NaN });
  assert.deepEqual([few.expected, few.interval], [1, [0, 3]]);
  // Unknown texts have the code after the last level and must not be taken for the last level.
  assert.equal(blamedColumn(schema[0], 1, 2).value, null);
});
