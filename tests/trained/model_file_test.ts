/** Files with a correct checksum and invalid contents: each is refused as a ModelFileError. */
import assert from "node:assert/strict";
import { Detector, ModelFileError, TableScorer, TrainedVae, VAE } from "../../mod.ts";
import { decode, encode, type Tensor } from "../../src/formats/safetensors/safetensors.ts";
import { type ModelFile, readModelFile } from "../../src/trained/file/model_file.ts";
import { writePackedFile } from "../../src/trained/file/packed_file.ts";
import { planeRows } from "../util/data.ts";

const DETECTOR = await Detector.fit(planeRows(60, 3, 5), {
  preset: "small",
  epochs: 1,
  hidden: [4],
  latent: 1,
});
const FILE = readModelFile(DETECTOR.save());
const { spec, table } = FILE.metadata as Record<string, Record<string, unknown>>;

const withMetadata = (changes: Record<string, unknown>): ModelFile => ({
  ...FILE,
  metadata: { ...FILE.metadata, ...changes },
});
const withTable = (changes: Record<string, unknown>) =>
  withMetadata({ table: { ...table, ...changes } });
const withTensor = (name: string, tensor: Tensor): ModelFile => ({
  ...FILE,
  tensors: new Map([...FILE.tensors, [name, tensor]]),
});
const withValue = (name: string, value: number): ModelFile => {
  const tensor = FILE.tensors.get(name)!;
  const data = (tensor.data as Float64Array).slice().fill(value, 0, 1);
  return withTensor(name, { ...tensor, data });
};
const without = (name: string): ModelFile => ({
  ...FILE,
  tensors: new Map([...FILE.tensors].filter(([each]) => each !== name)),
});
const vector = (...values: number[]): Tensor => ({
  dtype: "F64",
  shape: [values.length],
  data: Float64Array.from(values),
});
const bernoulli = { ...spec, likelihood: { type: "bernoulli" } };
/** A complete file of a Bernoulli model, except for its standardisation. */
const asBernoulli = (): ModelFile => ({
  ...withMetadata({ spec: bernoulli }),
  tensors: new Map(
    [...FILE.tensors].filter(([name]) => name !== "likelihood.logVar").map(([name, tensor]) =>
      [name.replace("decoder.mean", "decoder.logits"), tensor] as const
    ),
  ),
});

const REFUSED: [string, ModelFile, RegExp][] = [
  ["NaN parameter", withValue("encoder.0.weight", NaN), /"encoder.0.weight" must be finite/],
  ["infinite parameter", withValue("decoder.0.bias", Infinity), /"decoder.0.bias" must be finite/],
  [
    "missing parameter",
    without("decoder.0.bias"),
    /"decoder.0.bias" must be finite float32 \[1, 4/,
  ],
  ["unknown tensor", withTensor("extra", vector(1)), /unknown tensor "extra"/],
  [
    "the stream of no series",
    withTensor("table.stream", vector(1)),
    /unknown tensor "table.stream"/,
  ],
  ["unknown text", withMetadata({ note: 1 }), /unknown metadata "note"/],
  ["unknown key", withTable({ note: 1 }), /table: unknown key "note"/],
  ["no spec", withMetadata({ spec: null }), /spec: expected an object, got null/],
  ["spec of another width", withMetadata({ spec: { ...spec, inputs: 0 } }), /spec.inputs/],
  [
    "few columns",
    withTable({ columns: ["a", "b"] }),
    /columns must come to 3 inputs, got 2/,
  ],
  ["repeated columns", withTable({ columns: ["a", "b", "a"] }), /column "a" is listed twice/],
  ["numbers for columns", withTable({ columns: [1, 2, 3] }), /columns\[0\]: expected an object/],
  ["scale of 0", withValue("table.scale", 0), /table.scale must be above 0/],
  ["negative scale", withValue("table.scale", -1), /table.scale must be above 0/],
  ["NaN centre", withValue("table.centre", NaN), /"table.centre" must be finite/],
  ["short typical", withTensor("table.typical", vector(1, 2)), /"table.typical" must be finite/],
  ["no calibration", withTensor("table.calibration", vector()), /no calibration rows/],
  ["NaN calibration", withValue("table.calibration", NaN), /"table.calibration" must be finite/],
  ["warnings: 7", withTable({ warnings: 7 }), /warnings must be a list of texts/],
  ["warnings: [7]", withTable({ warnings: [7] }), /warnings must be a list of texts/],
  [
    "calibrationWarnings: {}",
    withTable({ calibrationWarnings: {} }),
    /calibrationWarnings must be a list of texts/,
  ],
  ["no rate", withTable({ falseAlarmRate: "0.1" }), /falseAlarmRate: expected a finite number/],
  ["rate too fine", withTable({ falseAlarmRate: 1e-6 }), /allow no less than/],
  ["Bernoulli, standardised", asBernoulli(), /Bernoulli likelihood allows no standardisation/],
];

for (const [name, file, message] of REFUSED) {
  Deno.test(`a model file is refused: ${name}`, async () => {
    const bytes = writePackedFile(file);
    for (const Scorer of [TableScorer, Detector]) {
      await assert.rejects(Scorer.load(bytes), (error: Error) => {
        assert.ok(error instanceof ModelFileError, `${error.name}: ${error.message}`);
        assert.match(error.message, message);
        return error.message.startsWith("Cannot read model: ");
      });
    }
  });
}

Deno.test("TrainedVae.load() refuses invalid parameters, and files that are no model", async () => {
  const refuse = (bytes: Uint8Array, message: RegExp) =>
    assert.rejects(TrainedVae.load(bytes), { name: "ModelFileError", message });
  await refuse(writePackedFile(withValue("encoder.0.weight", NaN)), /must be finite/);
  const vae = readModelFile(VAE.create({ inputs: 2, latent: [{ size: 1 }] }).save());
  await refuse(
    writePackedFile({ ...vae, metadata: { ...vae.metadata, table } }),
    /metadata "table"/,
  );
  await refuse(new Uint8Array(20), /Cannot read model: it is not an Elbow model file/);
});

/** The same file with another header text. */
function withHeader(bytes: Uint8Array, write: (header: string) => string): Uint8Array {
  const body = 8 + new DataView(bytes.buffer).getUint32(0, true);
  const header = new TextEncoder().encode(write(new TextDecoder().decode(bytes.slice(8, body))));
  const whole = Uint8Array.of(...new Uint8Array(8), ...header, ...bytes.subarray(body));
  new DataView(whole.buffer).setUint32(0, header.length, true);
  return whole;
}

Deno.test("a file without its checksum, or with a rewritten header, is refused as damaged", async () => {
  const bytes = DETECTOR.save();
  const { tensors, metadata: { checksum, ...others } } = decode(bytes);
  assert.deepEqual(encode(tensors, { ...others, checksum }), bytes);
  const changed = [
    encode(tensors, others),
    encode(tensors, { ...others, checksum: "00000000" }),
    encode(tensors, { ...others, checksum: `${checksum} ` }),
    withHeader(bytes, (header) => header.replace('"checksum"', '"\\u0063hecksum"')),
    withHeader(bytes, (header) => header.replace('":{', '": {')),
  ];
  for (const each of changed) {
    assert.notDeepEqual(each, bytes);
    await assert.rejects(TableScorer.load(each), { name: "ModelFileError", message: /is damaged/ });
  }
  assert.deepEqual(withHeader(bytes, (header) => header), bytes);
});

Deno.test("load() takes the ArrayBuffer that fetch() and dropped files give", async () => {
  const bytes = DETECTOR.save(), { buffer } = bytes.slice();
  for (const Model of [TableScorer, Detector]) {
    assert.deepEqual((await Model.load(buffer)).save(), bytes);
  }
});

Deno.test("load() requires bytes or a URL", async () => {
  const path = "m.safetensors" as unknown as URL;
  const message = /expected bytes or a URL, got "m.safetensors"/;
  for (const Model of [TableScorer, Detector, TrainedVae, VAE]) {
    await assert.rejects(Model.load(path), { name: "TypeError", message });
  }
});
