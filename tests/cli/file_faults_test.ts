/** Files that are no plain files, and faults while they are written. */
import assert from "node:assert/strict";
import { elbow, elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";
import { encodeNpy } from "../../src/formats/mod.ts";
import { zipSync } from "npm:fflate@0.8.3";
import { planeRows } from "../util/data.ts";
import { testUnless } from "../util/skip.ts";

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

Deno.test("what is read-only is refused as an output before any work, and stays", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv()), model = folder.at("m"), out = folder.at("s.csv");
  await elbowOk("train", data, "--out", model, ...QUICK);
  const before = await Deno.readFile(model);
  folder.write("s.csv", "kept\n");
  for (const path of [model, out]) await Deno.chmod(path, 0o444);
  const message = (path: string) => `elbow: Cannot write ${path}: the file there is read-only\n`;
  // The table does not exist, so the refusal comes before it is read.
  const none = folder.at("none.csv");
  assert.equal(await refused("train", none, "--out", model), message(model));
  assert.equal(await refused("recalibrate", model, none, "--out", model), message(model));
  assert.equal(await refused("score", model, none, "--out", out), message(out));
  assert.deepEqual(await Deno.readFile(model), before);
  assert.equal(await Deno.readTextFile(out), "kept\n");
});

testUnless(
  Deno.build.os === "linux" ? undefined : "there is no folder in which root may not write",
  "a folder that cannot be written is refused before a model is exported",
  async () => {
    for (const path of ["/proc/elbow/graphs", "/proc/graphs/"]) {
      assert.equal(
        await refused("export", "none.safetensors", "--to", "onnx", "--out", path),
        `elbow: Cannot write ${path}: the folder /proc/ is not writable\n`,
      );
    }
  },
);

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
