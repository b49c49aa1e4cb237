/** Names of files and folders: "-", and those that a file system hardly takes, or does not. */
import assert from "node:assert/strict";
import { createDraft } from "../../src/cli/files/drafts.ts";
import { cellsOf, elbow, elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";

/** A folder with a table and a model of it. */
async function trained(): Promise<{ folder: Folder; data: string; model: string }> {
  const folder = new Folder(), data = folder.write("t.csv", tableCsv()), model = folder.at("m");
  await elbowOk("train", data, "--out", model, ...QUICK);
  return { folder, data, model };
}

Deno.test("--out - writes rows to standard output, as no --out does", async () => {
  const { folder, data, model } = await trained();
  using _ = folder;
  for (
    const command of [
      ["score", model, data],
      ["score", model, data, "--method", "elbo"],
      ["score", model, data, "--json"],
      ["encode", model, data],
      ["reconstruct", model, data],
      ["reconstruct", model, data, "--json"],
      ["sample", model, "--count", "3"],
    ]
  ) {
    const want = await elbow(command), got = await elbow([...command, "--out", "-"]);
    assert.deepEqual(got, want, command.join(" "));
    assert.equal(got.status, 0);
  }
  assert.equal(cellsOf(await elbowOk("sample", model, "--count", "3", "--out", "-")).length, 4);
});

Deno.test("--out - is refused where a file or folder is written, before the work", async () => {
  const { folder, data, model } = await trained();
  using _ = folder;
  for (
    const command of [
      ["train", folder.at("none.csv"), "--out", "-"],
      ["train", data, "--out", folder.at("n"), "--curve", "-", ...QUICK],
      ["train", data, "--out", folder.at("n"), "--checkpoint", "-", ...QUICK],
      ["train", data, "--out", "-", "--spec", '{ "type": "ppca", "latent": 1 }'],
      ["update", model, data, "--out", "-"],
      ["recalibrate", model, data, "--out", "-"],
      ["import", model, "--out", "-"],
      ["export", model, "--to", "npz", "--out", "-"],
      ["export", model, "--to", "onnx", "--out", "-"],
      ["bundle", model, "--target", "browser", "--out", "-"],
    ]
  ) {
    assert.equal(
      await refused(...command),
      "elbow: Cannot write to standard output: expected the name of a file or folder, " +
        'got "-" (./- is one of that name)\n',
      command.join(" "),
    );
  }
  assert.deepEqual(folder.names(), ["m", "t.csv"]);
});

Deno.test("an output may have the longest name that its file system takes, in any alphabet", async () => {
  const { folder, data, model } = await trained();
  using _ = folder;
  for (const name of ["n".repeat(255), `${"ä".repeat(127)}n`, "漢".repeat(85)]) {
    assert.equal(new TextEncoder().encode(name).length, 255);
    await elbowOk("train", data, "--out", folder.at(name), ...QUICK);
    assert.deepEqual(Deno.readFileSync(folder.at(name)), Deno.readFileSync(model));
    Deno.removeSync(folder.at(name));
    await elbowOk("export", model, "--to", "onnx", "--out", folder.at(name));
    Deno.removeSync(folder.at(name), { recursive: true });
  }
  assert.deepEqual(folder.names(), ["m", "t.csv"]);
});

Deno.test("a name that is too long is refused before the work", async () => {
  const { folder, model } = await trained();
  using _ = folder;
  const out = folder.at("n".repeat(256));
  const message = `elbow: Cannot write ${out}: its name is too long for the file system\n`;
  assert.equal(await refused("train", folder.at("none.csv"), "--out", out), message);
  assert.equal(await refused("export", model, "--to", "onnx", "--out", out), message);
});

Deno.test("the draft that a killed process left of an output with a long name goes with the next", async () => {
  const { folder, data } = await trained();
  using _ = folder;
  const name = "n".repeat(255);
  folder.write(`${name.slice(0, 232)}.elbow-0123456789ab.tmp`, "left");
  await elbowOk("train", data, "--out", folder.at(name), ...QUICK);
  assert.deepEqual(folder.names(), ["m", name, "t.csv"]);
});

Deno.test("a draft that cannot be looked at is an error, not a reason for another", async () => {
  using folder = new Folder();
  const { stat } = Deno;
  let calls = 0;
  Deno.stat = (path) => {
    if (calls++ < 3) return Promise.reject(new Deno.errors.NotCapable("no read access"));
    return stat(path);
  };
  try {
    await assert.rejects(createDraft(folder.at("m")), Deno.errors.NotCapable);
    assert.deepEqual(folder.names(), []);
  } finally {
    Deno.stat = stat;
  }
});

Deno.test("a model does not take the place of a table, nor an export that of another format", async () => {
  const { folder, data, model } = await trained();
  using _ = folder;
  const table = folder.write("other.csv", tableCsv());
  for (
    const command of [
      ["train", data, ...QUICK],
      ["train", data, "--spec", '{ "type": "ppca", "latent": 1 }'],
      ["train", data, "--spec", '{ "latent": [{ "size": 1 }] }'],
      ["update", model, data],
      ["recalibrate", model, data],
      ["import", model],
    ]
  ) {
    assert.match(
      await refused(...command, "--out", table),
      /Cannot write .*other\.csv: the name of a model must not end as that of a table, got "\.csv"/,
      command.join(" "),
    );
  }
  assert.equal(Deno.readTextFileSync(table), tableCsv());
  const exported = (to: string, out: string) =>
    refused("export", model, "--to", to, "--out", folder.at(out));
  assert.match(
    await exported("npz", "x.safetensors"),
    /x\.safetensors: its name must end in \.npz/,
  );
  assert.match(
    await exported("safetensors", "x.npz"),
    /x\.npz: its name must end in \.safetensors/,
  );
  assert.match(
    await exported("onnx", "x.onnx"),
    /x\.onnx: expected the name of a folder, as onnx is /,
  );
  assert.match(
    await exported("tfjs", "x.json"),
    /x\.json: expected the name of a folder, as tfjs is /,
  );
  assert.deepEqual(folder.names(), ["m", "other.csv", "t.csv"]);
});

Deno.test("a folder that may not be made is refused without the system's own words", async () => {
  if (Deno.build.os !== "linux") return;
  const { folder, data } = await trained();
  using _ = folder;
  const given = ["--checkpoint", "/sys/elbow", "--out", folder.at("x"), ...QUICK];
  assert.match(
    await refused("train", data, ...given),
    /^elbow: Cannot use checkpoint folder \/sys\/elbow: (permission is denied|its disk is read-only)$/m,
  );
});

Deno.test("a file where a folder belongs is called one", async () => {
  const { folder, data, model } = await trained();
  using _ = folder;
  assert.equal(
    await refused("serve", "--models", data, "--port", "0"),
    `elbow: Cannot serve ${data}: it is a file, not a folder\n`,
  );
  assert.equal(
    await refused("score", model, `${data}/x.csv`),
    `elbow: Cannot read ${data}/x.csv: a part of its path is a file\n`,
  );
});
