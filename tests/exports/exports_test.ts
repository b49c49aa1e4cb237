/**
 * Exported graphs in other programs: ONNX Runtime (WebAssembly and native) and TensorFlow.js give what the
 * model gives. The oracle is the float64 reference backend; both runtimes compute in float32.
 */
import assert from "node:assert/strict";
import * as tfc from "npm:@tensorflow/tfjs-converter@4.22.0";
import * as tf from "npm:@tensorflow/tfjs-core@4.22.0";
import "npm:@tensorflow/tfjs-backend-wasm@4.22.0";
import ortNode from "npm:onnxruntime-node@1.30.0";
import * as ortWeb from "npm:onnxruntime-web@1.30.0";
import type * as Ort from "npm:onnxruntime-common@1.30.0";
import { Detector, type VAE } from "../../mod.ts";
import { exportModel, GRAPHS } from "../../src/exports/mod.ts";
import { parameterLayout, parametersOf } from "../../src/models/vae_graph.ts";
import { forwardPlan } from "../../src/trained/programs/programs.ts";
import { planeRows } from "../util/data.ts";
import { assertRelative } from "../util/close.ts";
import { open, REFERENCE } from "../util/executors.ts";
import { CASES, type Subject, subjectOf } from "./models.ts";

ortWeb.env.wasm.numThreads = 1;

/** Some forty float32 operations on values of the result's size, each 2^-24; sums of up to nine. */
const TOLERANCE = 40 * 9 * 2 ** -24;

type Tensors = Readonly<Record<string, { readonly data: Float32Array; readonly cols: number }>>;

/** What each graph must give, from the model itself. */
async function expected(
  { vae, rows, count }: Subject,
): Promise<Record<string, [Tensors, Tensors]>> {
  const size = vae.parameters().size, x = { data: rows, cols: rows.length / count };
  assert.ok(size > 0);
  const matrix = { data: rows, shape: [count, x.cols] as const };
  const { mean: z, logVar } = encoded({ vae, rows, count });
  const reconstruction = await vae.reconstruct(matrix);
  const scores = await vae.score(matrix);
  const cost = await vae.score(matrix, { method: "reconstruction" });
  return {
    encoder: [{ x }, { mean: z, logVar }],
    decoder: [{ z }, { mean: { data: reconstruction.data, cols: x.cols } }],
    score: [{ x }, {
      score: { data: Float32Array.from(scores), cols: 1 },
      "sum of cost": { data: Float32Array.from(cost), cols: 1 },
    }],
  };
}

/** What the encoder's graph says: behind flows the point that stands for a row, and the base's log-variance. */
function encoded({ vae, rows, count }: Subject): Tensors {
  const backend = open(REFERENCE), layout = parameterLayout(parametersOf(vae.spec));
  const parameters = backend.allocate(layout.length);
  for (const [name, { data }] of vae.parameters()) {
    parameters.write(layout.places.get(name)!.offset, data);
  }
  const program = backend.compile(forwardPlan("encode", vae.spec, layout, { capacity: count }), {
    parameters,
  });
  program.write("x", rows);
  program.run(count);
  const outputs = [...program.plan.outputs].map(([name, { shape: { cols } }]) => {
    const data = new Float32Array(count * cols);
    program.read(name, data);
    return [name, { data, cols }] as const;
  });
  backend.dispose();
  return Object.fromEntries(outputs);
}

/** The sum of each row, where a name asks for it. */
function outputOf(outputs: Tensors, name: string): Float32Array {
  const [, summed] = /^sum of (.*)$/.exec(name) ?? [];
  if (summed === undefined) return outputs[name].data;
  const { data, cols } = outputs[summed];
  return Float32Array.from(
    { length: data.length / cols },
    (_, r) => data.subarray(r * cols, (r + 1) * cols).reduce((sum, value) => sum + value, 0),
  );
}

function requireOutputs(got: Tensors, want: Tensors, what: string): void {
  for (const [name, { data }] of Object.entries(want)) {
    assertRelative(outputOf(got, name), data, TOLERANCE, TOLERANCE, `${what}: ${name}`);
  }
}

async function runOnnx(ort: typeof Ort, bytes: Uint8Array, inputs: Tensors): Promise<Tensors> {
  const session = await ort.InferenceSession.create(bytes);
  const feeds = Object.entries(inputs).map(([name, { data, cols }]) =>
    [name, new ort.Tensor("float32", data, [data.length / cols, cols])] as const
  );
  const outputs = await session.run(Object.fromEntries(feeds));
  await session.release();
  return Object.fromEntries(
    Object.entries(outputs).map((
      [name, { data, dims }],
    ) => [name, { data: data as Float32Array, cols: Number(dims[1]) }]),
  );
}

async function runTfjs(
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
  inputs: Tensors,
): Promise<Tensors> {
  const { modelTopology, weightsManifest, signature } = JSON.parse(
    new TextDecoder().decode(files.get(`${name}/model.json`)),
  );
  const weightData = files.get(`${name}/weights.bin`)!.slice().buffer;
  const artifacts = {
    modelTopology,
    signature,
    weightData,
    weightSpecs: weightsManifest[0].weights,
  };
  const model = await tfc.loadGraphModel({ load: () => Promise.resolve(artifacts) });
  const feeds = Object.fromEntries(
    Object.entries(inputs).map((
      [name, { data, cols }],
    ) => [name, tf.tensor2d(data, [data.length / cols, cols])]),
  );
  const names = Object.keys(signature.outputs);
  const made = [model.execute(
    feeds,
    names.map((each) => signature.outputs[each].name),
  )].flat() as tf.Tensor[];
  const outputs = await Promise.all(made.map(async (tensor) => ({
    data: await tensor.data() as Float32Array,
    cols: tensor.shape[1]!,
  })));
  tf.dispose([made, feeds]);
  model.dispose();
  return Object.fromEntries(names.map((each, i) => [each, outputs[i]]));
}

for (const [title, case_] of Object.entries(CASES)) {
  Deno.test(`exported graphs agree with the model: ${title}`, async () => {
    const subject = subjectOf(case_), { vae } = subject;
    const want = await expected(subject);
    const plain = exportModel(vae, { format: "onnx" });
    const portable = exportModel(vae, { format: "onnx", portableOps: true });
    const tfjs = exportModel(vae, { format: "tfjs" });
    await tf.setBackend("wasm");
    for (const [name, [inputs, outputs]] of Object.entries(want)) {
      requireOutputs(
        await runOnnx(ortWeb as never, plain.get(`${name}.onnx`)!, inputs),
        outputs,
        `web ${name}`,
      );
      requireOutputs(
        await runOnnx(ortNode as never, plain.get(`${name}.onnx`)!, inputs),
        outputs,
        `node ${name}`,
      );
      const bytes = portable.get(`${name}.onnx`)!;
      assert.doesNotMatch(new TextDecoder("latin1").decode(bytes), /Gemm|Softplus|Elu|Softmax/);
      requireOutputs(await runOnnx(ortWeb as never, bytes, inputs), outputs, `portable ${name}`);
      requireOutputs(await runTfjs(tfjs, name, inputs), outputs, `tfjs ${name}`);
    }
    vae.dispose();
  });
}

/** The loss of given noise, by way of training, is minus the mean of the bound. */
async function lossOf(vae: VAE, rows: Float32Array, count: number, noise: Float32Array) {
  const matrix = { data: rows, shape: [count, rows.length / count] as const };
  return (await vae.lossAndGradients(matrix, {
    noise: { data: noise, shape: [count, noise.length / count] },
  })).loss;
}

Deno.test("the exported bound takes its noise, and is what training minimises", async () => {
  await tf.setBackend("wasm");
  for (const title of ["gaussian", "bernoulli", "flows"]) {
    const { vae, rows, count } = subjectOf(CASES[title]);
    const noise = Float32Array.from(planeRows(count, 2, 9).flat());
    const inputs = { x: { data: rows, cols: 6 }, noise: { data: noise, cols: 2 } };
    const want = -await lossOf(vae, rows, count, noise);
    const mean = ({ elbo: { data } }: Tensors) =>
      data.reduce((sum, value) => sum + value / count, 0);
    const onnx = exportModel(vae, { format: "onnx" }).get("elbo.onnx")!;
    assertRelative(
      mean(await runOnnx(ortWeb as never, onnx, inputs)),
      want,
      TOLERANCE,
      TOLERANCE,
      title,
    );
    const tfjs = exportModel(vae, { format: "tfjs" });
    assertRelative(mean(await runTfjs(tfjs, "elbo", inputs)), want, TOLERANCE, TOLERANCE, title);
    vae.dispose();
  }
});

Deno.test("a detector's graphs take rows in its units: in float64 in ONNX, where large values keep their digits", async () => {
  const rows = planeRows(60, 3, 4).map(([a, b, c]) => [1e6 + a, 1e-3 * b, c]);
  const network = { preset: "small", epochs: 3, hidden: [6], latent: 2 } as const;
  const detector = await Detector.fit(rows, { ...network, seed: 1 });
  const { vae, standardization } = detector;
  const want = (await detector.score(rows)).map(({ score }) => score);
  const onnx = exportModel(vae, { format: "onnx", preprocessing: standardization });
  const session = await ortWeb.InferenceSession.create(onnx.get("score.onnx")!);
  assert.deepEqual(session.inputNames, ["rows"]);
  const feed = new ortWeb.Tensor("float64", Float64Array.from(rows.flat()), [60, 3]);
  const { score } = await session.run({ rows: feed });
  // The model itself runs in float32 here, as ONNX Runtime does.
  assertRelative(score.data as Float32Array, want, 2 * TOLERANCE, 2 * TOLERANCE);
  await session.release();
  await tf.setBackend("wasm");
  const near = rows.map(([a, b, c]) => [a - 1e6, b, c]);
  const centred = {
    ...standardization,
    centre: standardization.centre.map((each, c) => c === 0 ? each - 1e6 : each),
  };
  const tfjs = exportModel(vae, { format: "tfjs", preprocessing: centred });
  const got = await runTfjs(tfjs, "score", {
    rows: { data: Float32Array.from(near.flat()), cols: 3 },
  });
  // Cells are rounded to float32 before they are standardised: 2^-24 of some spreads, times slopes.
  assertRelative(got.score.data, want, 1e-4, 1e-4);
  detector.dispose();
});

Deno.test("exports are the same bytes every time, one file for each graph", () => {
  const { vae } = subjectOf(CASES.gaussian);
  for (const format of ["onnx", "tfjs", "safetensors", "npz"] as const) {
    const [first, second] = [exportModel(vae, { format }), exportModel(vae, { format })];
    assert.deepEqual(first, second);
  }
  assert.deepEqual(
    [...exportModel(vae, { format: "onnx" }).keys()],
    GRAPHS.map((name) => `${name}.onnx`),
  );
  assert.throws(
    () => exportModel(vae, { format: "tfjs", portableOps: true }),
    /portableOps is for "onnx"/,
  );
  assert.throws(() => exportModel(vae, { format: "pickle" as never }), /format/);
  vae.dispose();
});
