/** Files that are no plain files, and faults while they are written. */
import assert from "node:assert/strict";
import { elbow, elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";
import { encodeNpy } from "../../src/formats/mod.ts";
import { zipSync } from "npm:fflate@0.8.3";
import { planeRows } from "../util/data.ts";

Deno.test("a file that is replaced keeps its permissions, and a link stays a link", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv()), model = folder.at("m"), link = folder.at("link");
  await elbowOk("train", data, "--out", model, ...QUICK);
  await Deno.chmod(model, 0o600);
  await Deno.symlink(model, link);
  const before = await Deno.readFile(model);
  await elbowOk("recalibrate", link, data, "--out", link, "--weights-format", "f16");
  assert.notDeepEqual(await Deno.readFile(model), before);
  assert.equal((await Deno.stat(model)).mode! & 0o777, 0o600);
  assert.ok((await Deno.lstat(link)).isSymlink);
  assert.deepEqual(folder.names(), ["link", "m", "t.csv"]);
});

Deno.test("a named pipe is read like the file, also in a format whose directory is at the end", async () => {
  using folder = new Folder();
  const rows = planeRows(200, 4, 11), csv = folder.write("t.csv", tableCsv(200));
  const npz = zipSync({ "X.npy": encodeNpy(Float64Array.from(rows.flat()), [200, 4]) });
  const model = folder.at("m"), pipe = folder.at("pipe.npz");
  await elbowOk("train", csv, "--out", model, ...QUICK);
  const made = await new Deno.Command("mkfifo", { args: [pipe] }).output();
  assert.ok(made.success);
  const [lines] = await Promise.all([elbowOk("score", model, pipe), Deno.writeFile(pipe, npz)]);
  assert.equal(lines, await elbowOk("score", model, folder.write("t.npz", npz)));
});

Deno.test("a folder that cannot be written is named, and not the draft of it", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv()), model = folder.at("m");
  await elbowOk("train", data, "--out", model, ...QUICK);
  const under = `${data}/graphs`;
  const message = await refused("export", model, "--to", "onnx", "--out", under);
  assert.equal(message, `elbow: Cannot write ${under}: a part of this path is a file\n`);
  // A link to nowhere: nothing is there, but no folder can take its place.
  const link = folder.at("link");
  await Deno.symlink(folder.at("none"), link);
  const { status, stderr } = await elbow(["export", model, "--to", "onnx", "--out", link]);
  assert.equal(status, 1);
  assert.match(stderr, /^elbow: Cannot write .*\/link: [^\n]+\n$/);
  assert.deepEqual(folder.names(), ["link", "m", "t.csv"]);
});

Deno.test("a folder or an empty file in the place of data or a model is refused by name", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv()), model = folder.at("m");
  await elbowOk("train", data, "--out", model, ...QUICK);
  for (const name of ["d.csv", "d.parquet", "d.npz", "d.npy", "d.jsonl"]) {
    Deno.mkdirSync(folder.at(name));
    assert.match(await refused("score", model, folder.at(name)), /Cannot read .*: it is a folder/);
  }
  for (const name of ["e.csv", "e.parquet", "e.npz", "e.npy", "e.jsonl"]) {
    assert.match(await refused("score", model, folder.write(name, "")), /Cannot read .*e\./);
  }
  assert.match(await refused("score", folder.at("d.csv"), data), /it is a folder/);
  const piped = await elbow(["score", model, "-"]);
  assert.deepEqual([piped.status, piped.stdout], [2, ""]);
});
