/** `elbow export` writes what the library exports, and refuses what it cannot write with the reason. */
import assert from "node:assert/strict";
import { TableScorer, VAE } from "../../mod.ts";
import { exportModel } from "../../src/exports/mod.ts";
import { decodeNpy } from "../../src/formats/mod.ts";
import { listMembers, readMember } from "../../src/formats/numpy/zip.ts";
import { readModelFile } from "../../src/trained/file/model_file.ts";
import { writePackedFile } from "../../src/trained/file/packed_file.ts";
import { elbowOk, Folder, QUICK, refused, tableCsv } from "../cli/util.ts";

const SPEC = {
  inputs: 3,
  encoder: { hidden: [4] },
  decoder: { hidden: [4] },
  latent: [{ size: 2 }],
};

Deno.test("elbow export writes a folder of graphs, or a file, as the library makes them", async () => {
  using folder = new Folder();
  const vae = VAE.create(SPEC, { seed: 1 }), model = folder.write("m.safetensors", vae.save());
  for (
    const [format, flags] of [["onnx", []], ["onnx", ["--portable-ops"]], ["tfjs", []]] as const
  ) {
    const out = folder.at(`${format}${flags.length}`);
    const text = await elbowOk("export", model, "--to", format, "--out", out, ...flags, "--json");
    const { files } = JSON.parse(text);
    const want = exportModel(vae, { format, portableOps: flags.length > 0 });
    assert.deepEqual(files.map(({ file }: { file: string }) => file), [...want.keys()]);
    for (const [name, bytes] of want) {
      assert.deepEqual(
        await Deno.readFile(`${out}/${name}`),
        bytes,
      );
    }
  }
  const npz = folder.at("m.npz");
  await elbowOk("export", model, "--to", "npz", "--out", npz);
  const bytes = await Deno.readFile(npz), members = listMembers(bytes, npz);
  const parameters = vae.parameters();
  assert.deepEqual([...members.keys()], [...parameters.keys()].map((name) => `${name}.npy`));
  for (const [name, { shape, data }] of parameters) {
    const array = decodeNpy(readMember(bytes, members.get(`${name}.npy`)!, 1e6, npz));
    assert.deepEqual([array.shape, array.data], [shape, Float64Array.from(data)]);
  }
  vae.dispose();
});

Deno.test("elbow export takes a detector with a single network, and refuses an ensemble's networks", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv()), model = folder.at("d.safetensors");
  await elbowOk("train", data, "--out", model, ...QUICK);
  const one = folder.at("onnx");
  const file = readModelFile(await Deno.readFile(model));
  await elbowOk("export", model, "--to", "onnx", "--out", one);
  const detector = await TableScorer.load(await Deno.readFile(model));
  for (const [name, bytes] of exportModel(detector, { format: "onnx" })) {
    assert.deepEqual(await Deno.readFile(`${one}/${name}`), bytes);
  }
  const { columns } = JSON.parse(await Deno.readTextFile(`${one}/table.json`));
  assert.deepEqual(columns, detector.schema);
  detector.dispose();
  const several = { ...file, metadata: { ...file.metadata, ensemble: {} } };
  const path = folder.write("several.safetensors", writePackedFile(several));
  const message = await refused("export", path, "--to", "npz", "--out", folder.at("x"));
  assert.match(
    message,
    /Cannot export .* as npz: it must hold one network, as --preset small does/,
  );
});

Deno.test("elbow export refuses options that contradict each other, and existing output", async () => {
  using folder = new Folder();
  const vae = VAE.create(SPEC, { seed: 1 }), model = folder.write("m.safetensors", vae.save());
  assert.match(await refused("export", model), /required option '--to <format>'/);
  assert.match(await refused("export", model, "--to", "pickle"), /Allowed choices are onnx/);
  const portable = ["--to", "tfjs", "--portable-ops", "--out", folder.at("x")];
  assert.match(await refused("export", model, ...portable), /'--portable-ops' is for --to onnx/);
  assert.match(
    await refused("export", model, "--to", "onnx", "--out", folder.path),
    /must be empty/,
  );
  assert.match(
    await refused("export", model, "--to", "npz", "--out", model),
    /it is also the input/,
  );
  assert.deepEqual(folder.names(), ["m.safetensors"]);
  vae.dispose();
});
