/** `elbow drift` and `recalibrate`, and files in fewer bits, against the library called directly. */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { readTable } from "../../src/formats/mod.ts";
import { readModelFile } from "../../src/scoring/model_file.ts";
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

Deno.test("elbow train --weights-format writes a smaller file, recalibrate keeps or changes it", async () => {
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
});
