/**
 * Weights with fewer bits. Oracles: binary16 by its definition, over all 65,536 bit patterns; the error bounds stated
 * in the format's header; and the file, read back.
 */
import assert from "node:assert/strict";
import { ModelFileError, TrainedVae, VAE } from "../../mod.ts";
import { fromHalf, toHalf } from "../../src/core/bytes/half.ts";
import { normal } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import type { Tensor } from "../../src/formats/safetensors/safetensors.ts";
import { decode, encode } from "../../src/formats/safetensors/safetensors.ts";
import { readModelFile } from "../../src/trained/file/model_file.ts";
import { writePackedFile } from "../../src/trained/file/packed_file.ts";
import { packTensors, unpackTensors } from "../../src/trained/file/quantize.ts";
import { assertSameBytes } from "../util/close.ts";

const f32 = (rows: number, cols: number, value: (i: number) => number): Tensor => ({
  dtype: "F32",
  shape: [rows, cols],
  data: Float32Array.from({ length: rows * cols }, (_, i) => value(i)),
});

Deno.test("toHalf() inverts fromHalf() for every bit pattern", () => {
  for (let bits = 0; bits < 65536; bits++) {
    const value = fromHalf(bits);
    if (Number.isNaN(value)) assert.ok(Number.isNaN(fromHalf(toHalf(value))));
    else assert.equal(toHalf(value), bits, `${bits.toString(16)}`);
  }
});

Deno.test("toHalf() rounds to the nearer of its two neighbours, ties to even", () => {
  const random = new HostRandom(3, 0, 0);
  for (let i = 0; i < 20000; i++) {
    const low = random.below(0x7bff), at = random.uniformF64();
    const a = fromHalf(low), b = fromHalf(low + 1), value = a + (b - a) * at;
    const nearest = value - a < b - value ? low : low + 1;
    if (value - a !== b - value) assert.equal(toHalf(value), nearest, `${value}`);
    assert.equal(toHalf(-(a + b) / 2), 0x8000 | (low % 2 === 0 ? low : low + 1), `tie after ${a}`);
  }
  assert.deepEqual([65519.99, 65520, 1e30, -Infinity, -0].map(toHalf), [
    0x7bff,
    0x7c00,
    0x7c00,
    0xfc00,
    0x8000,
  ]);
});

Deno.test("packTensors() keeps each format's error bound, and unpacked tensors pack to the same bytes", () => {
  const random = new HostRandom(5, 0, 0);
  // Columns of very different sizes: a common scale would lose the small ones.
  const weight = f32(40, 6, (i) => normal(random) * 10 ** (i % 6 - 4));
  const tensors = new Map<string, Tensor>([
    ["weight", weight],
    ["bias", f32(1, 6, () => normal(random))],
    ["dead", f32(9, 2, (i) => i % 2 === 0 ? 0 : normal(random))],
    ["large", f32(2, 2, () => 1e6)],
    ["table.scale", { dtype: "F64", shape: [2], data: Float64Array.of(1, 2) }],
  ]);
  for (const format of ["f16", "int8"] as const) {
    const packed = packTensors(tensors, format);
    const unpacked = unpackTensors(packed);
    assert.deepEqual([...unpacked.keys()], [...tensors.keys()]);
    assertSameBytes(encode(packTensors(unpacked, format)), encode(packed), format);
    const got = unpacked.get("weight")!.data as Float32Array;
    (weight.data as Float32Array).forEach((value, i) => {
      const column = (weight.data as Float32Array).filter((_, j) => j % 6 === i % 6);
      const largest = Math.max(...column.map(Math.abs));
      // An additional 2⁻¹⁵ for the scale, which is rounded up to 16 bits.
      const bound = format === "f16"
        ? Math.max(Math.abs(value) * 2 ** -11, 2 ** -25)
        : largest / 254 * (1 + 2 ** -15);
      assert.ok(Math.abs(got[i] - value) <= bound, `${format} ${i}: ${got[i]} for ${value}`);
    });
    assert.deepEqual(unpacked.get("large"), tensors.get("large"), "beyond f16: kept whole");
    assert.deepEqual(unpacked.get("table.scale"), tensors.get("table.scale"));
    assert.ok((unpacked.get("dead")!.data as Float32Array).every((v, i) => i % 2 === 1 || v === 0));
  }
});

Deno.test("model files in f16 and int8 are smaller, load as models, and are refused if damaged", async () => {
  const vae = VAE.create({
    inputs: 30,
    encoder: { hidden: [64, 64] },
    decoder: { hidden: [64, 64] },
    latent: [{ size: 8 }],
    likelihood: { type: "gaussian" },
  }, { seed: 2 });
  const file = vae.modelFile(), whole = writePackedFile(file).length;
  for (const [format, share] of [["f16", 0.6], ["int8", 0.4]] as const) {
    const bytes = writePackedFile({ ...file, format });
    assert.ok(bytes.length < share * whole, `${format}: ${bytes.length} of ${whole}`);
    const read = readModelFile(bytes);
    assert.equal(read.format, format);
    assertSameBytes(writePackedFile(read), bytes, "written again");
    const loaded = await TrainedVae.load(bytes), again = await TrainedVae.load(bytes);
    const x = Array.from(
      { length: 20 },
      (_, r) => Float32Array.from({ length: 30 }, (_, c) => Math.sin(r + c)),
    );
    assert.deepEqual(await loaded.score(x), await again.score(x));
  }
  const { tensors, metadata } = decode(writePackedFile({ ...file, format: "int8" }));
  const unknown = encode(tensors, { ...metadata, weights: "int4" });
  assert.throws(() => readModelFile(unknown), ModelFileError);
  for (const scale of [new Float32Array(3), Float32Array.of(...new Float32Array(63), NaN)]) {
    const wrong = new Map(tensors);
    wrong.set("encoder.0.weight.scale", { dtype: "F32", shape: [scale.length], data: scale });
    assert.throws(
      () => unpackTensors(wrong),
      /"encoder.0.weight.scale" must be finite float32 \[64\]/,
    );
  }
});
