/**
 * PyTorch VAEs, read from files that PyTorch wrote (scripts/golden/make_state_dict_golden.py), give PyTorch's results
 * for the same rows; a state_dict that the library writes is read as the same model.
 */
import assert from "node:assert/strict";
import { type StateDictOptions, VAE } from "../../mod.ts";
import { exportModel } from "../../src/exports/mod.ts";
import { decode, encode, type Tensor } from "../../src/formats/safetensors/safetensors.ts";
import { elbowOk, Folder, refused } from "../cli/util.ts";
import { assertRelative } from "../util/close.ts";
import { CASES, subjectOf } from "./models.ts";

const FOLDER = new URL("../golden/state_dict/", import.meta.url);

const FILES: Readonly<Record<string, StateDictOptions>> = {
  example: {},
  sequential: { activation: "tanh", likelihood: { type: "gaussian", variance: 1 } },
};

/** float32 parameters, and float64 arithmetic on both sides: only the order of sums differs. */
const TOLERANCE = 1e-9;

function bytesOf(name: string): Uint8Array {
  return Deno.readFileSync(new URL(`${name}.safetensors`, FOLDER));
}

for (const [name, options] of Object.entries(FILES)) {
  Deno.test(`a PyTorch VAE gives PyTorch's results: ${name}`, async () => {
    const golden = JSON.parse(await Deno.readTextFile(new URL(`${name}.json`, FOLDER)));
    const vae = VAE.fromStateDict(bytesOf(name), options, { backend: "reference" });
    const { mean, logVar } = await vae.encode(golden.rows);
    // Means and scores leave the library as float32, some of them sums of ten such costs.
    assertRelative(mean.data, golden.mean.flat(), 2 ** -23, TOLERANCE);
    assertRelative(logVar.data, golden.logVar.flat(), 2 ** -23, TOLERANCE);
    assertRelative(await vae.score(golden.rows), golden.score, 4 * 2 ** -23, TOLERANCE);
    vae.dispose();
  });
}

Deno.test("an exported state_dict is read as the same model, for every kind of model", () => {
  for (const case_ of Object.values(CASES)) {
    const { vae } = subjectOf(case_);
    const [bytes] = exportModel(vae, { format: "safetensors" }).values();
    const again = VAE.fromStateDict(bytes, {}, { backend: "reference" });
    assert.deepEqual(again.save(), vae.save());
    again.dispose();
    vae.dispose();
  }
});

/** The example's tensors, with some replaced, renamed or removed. */
function changed(change: (tensors: Map<string, Tensor>) => void, file = "example"): Uint8Array {
  const tensors = new Map(decode(bytesOf(file)).tensors);
  change(tensors);
  return encode(tensors);
}

function renamed(names: Readonly<Record<string, string>>): Uint8Array {
  return changed((tensors) => {
    for (const [name, tensor] of [...tensors]) {
      const [layer, kind] = [
        name.slice(0, name.lastIndexOf(".")),
        name.slice(name.lastIndexOf(".")),
      ];
      tensors.delete(name);
      tensors.set(`${names[layer] ?? layer}${kind}`, tensor);
    }
  });
}

Deno.test("heads are recognised by their names, layers by their shapes, and either by an explicit map", () => {
  const plain = VAE.fromStateDict(bytesOf("example")).save();
  const called = { fc1: "a", fc21: "to_mu", fc22: "a_logvar", fc3: "b", fc4: "c" };
  assert.deepEqual(VAE.fromStateDict(renamed(called)).save(), plain);
  const layers = { encoder: ["fc1"], mean: "fc21", logVar: "fc22", decoder: ["fc3", "fc4"] };
  assert.deepEqual(VAE.fromStateDict(bytesOf("example"), { layers }).save(), plain);
  const swapped = { ...layers, mean: "fc22", logVar: "fc21" };
  assert.notDeepEqual(VAE.fromStateDict(bytesOf("example"), { layers: swapped }).save(), plain);
});

Deno.test("a state_dict that is not a plain VAE is refused with the reason", () => {
  const f32 = (...shape: number[]): Tensor => ({
    dtype: "F32",
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
  });
  const cases: [Uint8Array, StateDictOptions, RegExp][] = [
    [Uint8Array.of(1, 2), {}, /Cannot read/],
    [changed((t) => t.set("bn1.running_mean", f32(9))), {}, /"bn1.running_mean", F32 \[9\]/],
    [changed((t) => t.set("conv.weight", f32(3, 1, 3))), {}, /"conv.weight"/],
    [changed((t) => void t.delete("fc3.bias")), {}, /"fc3.weight"/],
    [changed((t) => t.set("fc3.bias", f32(8))), {}, /bias of "fc3" must have 9 elements/],
    [
      changed((t) => t.set("fc4.weight", f32(11, 9)).set("fc4.bias", f32(11))),
      {},
      /two heads of one shape/,
    ],
    [changed((t) => t.get("fc1.weight")!.data[3] = NaN), {}, /"fc1.weight" must be finite/],
    [
      bytesOf("example"),
      { likelihood: { type: "gaussian" } },
      /"gaussian" needs "likelihood.logVar"/,
    ],
    [
      bytesOf("example"),
      { layers: { encoder: [], mean: "a", logVar: "b", decoder: ["c"] } },
      /name each of fc1/,
    ],
    [bytesOf("example"), { activaton: "tanh" } as StateDictOptions, /activaton/],
    // 12 → 9 ⇉ 3 → 9 → 12, or 9 → 12 → 9 ⇉ 3 → 9.
    [renamed({ fc1: "z", fc3: "y", fc4: "x" }), {}, /several interpretations fit: give layers/],
    // Two layers of 9 → 9, either of which could be the encoder's.
    [
      changed((t) =>
        ["p", "q"].forEach((name) => t.set(`${name}.weight`, f32(9, 9)).set(`${name}.bias`, f32(9)))
      ),
      {},
      /several interpretations fit: give layers/,
    ],
    // Thirty layers that fit anywhere, but never to the end: the search must not take forever.
    [
      changed((t) =>
        Array.from({ length: 30 }, (_, i) => `l${i}`)
          .forEach((name) => t.set(`${name}.weight`, f32(9, 9)).set(`${name}.bias`, f32(9)))
      ),
      {},
      /too many interpretations fit: give layers/,
    ],
  ];
  for (const [bytes, options, message] of cases) {
    assert.throws(() => VAE.fromStateDict(bytes, options), message);
  }
});

Deno.test("elbow import writes a model that scores, and refuses what it cannot read", async () => {
  using folder = new Folder();
  const file = folder.write("vae.safetensors", bytesOf("sequential")),
    out = folder.at("m.safetensors");
  const flags = ["--activation", "tanh", "--likelihood", "gaussian", "--out", out];
  assert.match(await elbowOk("import", file, ...flags), /^Encoder +10 - 8 - 8 - 2, tanh$/m);
  const { spec } = JSON.parse(await elbowOk("inspect", out, "--json"));
  assert.deepEqual(spec.decoder, { hidden: [8, 8], activation: "tanh" });
  const layers = folder.write("layers.json", '{"encoder":[]}'), again = folder.at("again");
  const bad = await refused("import", file, "--layers", layers, "--out", again);
  assert.match(bad, /expected encoder, mean, logVar and decoder to name each of/);
  assert.match(await refused("import", file), /required option '--out <model>'/);
  assert.equal(
    await refused("import", out, "--out", again),
    `elbow: Cannot import ${out}: it is an Elbow model already\n`,
  );
  const broken = {
    "cut.safetensors": bytesOf("sequential").subarray(0, 60),
    "none.safetensors": changed((tensors) => tensors.clear()),
    "more.safetensors": changed((tensors) => tensors.set("norm.mean", tensors.get("fc1.bias")!)),
  };
  for (const [name, bytes] of Object.entries(broken)) {
    const said = await refused("import", folder.write(name, bytes), "--out", again);
    assert.ok(said.startsWith(`elbow: Cannot import ${folder.at(name)}: `), said);
  }
});
