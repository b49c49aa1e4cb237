/** `elbow drift`, `recalibrate` and `update`, and files with fewer bits, against the library called directly. */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { readTable } from "../../src/formats/mod.ts";
import { readModelFile } from "../../src/trained/file/model_file.ts";
import { elbow, elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";

const MODEL = ["--preset", "small", ...QUICK];

Deno.test("elbow drift and recalibrate do what the library does", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv(400)), other = folder.write("o.csv", tableCsv(90));
  const model = folder.at("m.safetensors"), again = folder.at("r.safetensors");
  await elbowOk("train", data, "--out", model, ...MODEL);
  const table = readTable(other, Deno.readFileSync(other));
  const detector = await Detector.load(Deno.readFileSync(model));
  const expected = JSON.parse(JSON.stringify(detector.drift(table, { runLength: 500 })));
  const asked = ["drift", model, other, "--run-length", "500"];
  const { model: _, data: __, ...got } = JSON.parse(await elbowOk(...asked, "--json"));
  assert.deepEqual(got, expected);
  assert.match(
    await elbowOk(...asked),
    /^Changed +(no|yes: .*)\n +a false alarm +once in 100 such/m,
  );
  const result = detector.recalibrate(table);
  const said = JSON.parse(await elbowOk("recalibrate", model, other, "--out", again, "--json"));
  assert.deepEqual(said.thresholds, [...result.thresholds]);
  assert.deepEqual(Deno.readFileSync(again), detector.save());
  const shifted = tableCsv(90).replace(/(?<=\n)[^,]+/g, "99");
  const { stderr } = await elbow([
    "recalibrate",
    model,
    folder.write("s.csv", shifted),
    "--out",
    again,
  ]);
  assert.match(stderr, /the model flagged 90 of these rows: either normal has changed/);
});

Deno.test("elbow drift writes medians in the form of the table: levels as texts, and none for a category", async () => {
  using folder = new Folder();
  const lines = Array.from(
    { length: 60 },
    (_, r) =>
      `${["low", "mid", "high"][r % 3]},${r % 4 > 0 ? "on" : "off"},${"xyz"[r % 3]},${r % 7}`,
  );
  const data = folder.write("t.csv", ["grade,state,kind,n", ...lines, ""].join("\n"));
  const model = folder.at("m");
  const grade = ["--column", "grade=ordinal:low|mid|high"];
  await elbowOk("train", data, "--out", model, ...grade, ...MODEL);
  const told = await elbowOk("drift", model, data);
  const medians = [["grade", "mid"], ["state", "on"], ["kind", "-"], ["n", "3"]];
  for (const [name, median] of medians) {
    assert.match(told, new RegExp(`^${name} .* ${median} +${median} +- +-$`, "m"));
  }
});

Deno.test("elbow train --weights-format writes a smaller file; recalibrate keeps or changes the format", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv(300)), model = folder.at("m"), other = folder.at("o");
  await elbowOk("train", data, "--out", model, ...MODEL, "--weights-format", "int8");
  const formatOf = (path: string) => readModelFile(Deno.readFileSync(path)).format;
  assert.equal(formatOf(model), "int8");
  await elbowOk("recalibrate", model, data, "--out", other);
  assert.equal(formatOf(other), "int8");
  await elbowOk("recalibrate", model, data, "--out", other, "--weights-format", "f16");
  assert.equal(formatOf(other), "f16");
  assert.match(await refused("train", data, "--out", model, "--weights-format", "int4"), /int4/);
  const window = ["--window", "9", "--weights-format", "int8"];
  const series = await refused("train", data, "--out", model, ...window);
  assert.match(series, /option '--weights-format int8' cannot be used with '--window <n>'/);
});

Deno.test("elbow update does what partialFit does, and refuses a model that is not a detector", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv(300)), more = folder.write("o.csv", tableCsv(120));
  const model = folder.at("m"), out = folder.at("u");
  await elbowOk("train", data, "--out", model, ...MODEL);
  const detector = await Detector.load(Deno.readFileSync(model));
  const table = readTable(more, Deno.readFileSync(more));
  const result = await detector.partialFit(table, { seed: 3, epochs: 2 });
  const asked = ["update", model, more, "--out", out, "--seed", "3", "--epochs", "2"];
  const { model: _, data: __, bytes, ...got } = JSON.parse(await elbowOk(...asked, "--json"));
  assert.deepEqual(got, JSON.parse(JSON.stringify(result)));
  assert.deepEqual(Deno.readFileSync(out), detector.save());
  assert.equal(bytes, detector.save().length);
  assert.match(await elbowOk(...asked), /^Calibrated on +60 rows of it: the rate below is that/m);
  const few = folder.write("few.csv", tableCsv(19)), none = folder.at("none");
  assert.match(
    await refused("update", model, few, "--out", none),
    /Cannot update detector: needs at least 20 rows, got 19/,
  );
  const inputs = tableCsv(30).split("\n")[0].split(",").length, bare = folder.at("v");
  const spec = folder.write("v.json", JSON.stringify({ inputs, latent: [{ size: 1 }] }));
  await elbowOk("train", data, "--out", bare, "--spec", spec, "--epochs", "1");
  assert.match(await refused("update", bare, more, "--out", none), /expected a detector file/);
});
