/**
 * Exported graphs in other programs: ONNX Runtime (WebAssembly and native) and TensorFlow.js give what the model gives.
 * Oracle: the float64 reference backend; the others compute in float32.
 */
import assert from "node:assert/strict";
import type { VAE } from "../../mod.ts";
import { exportModel, GRAPHS } from "../../src/exports/mod.ts";
import { layOut } from "../../src/graph/layout.ts";
import { parametersOf } from "../../src/models/vae_graph.ts";
import { forwardPlan } from "../../src/trained/programs/programs.ts";
import { planeRows } from "../util/data.ts";
import { assertRelative } from "../util/close.ts";
import { open, REFERENCE } from "../util/executors.ts";
import { CASES, type Subject, subjectOf } from "./models.ts";
import { NODE, runOnnx, runTfjs, type Tensors, WEB } from "./runtimes.ts";

/** Some forty float32 operations on values of the result's size, 2^-24 each; sums of up to nine terms. */
const TOLERANCE = 40 * 9 * 2 ** -24;

/** The expected output of each graph, from the model itself. */
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

/**
 * The expected output of the encoder: with flows, the point that represents a row, and the log-variance of the base.
 */
function encoded({ vae, rows, count }: Subject): Tensors {
  const backend = open(REFERENCE), layout = layOut("parameters", parametersOf(vae.spec));
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

/** The sum of each row, if the name asks for it. */
function outputOf(outputs: Tensors, name: string): readonly number[] {
  const [, summed] = /^sum of (.*)$/.exec(name) ?? [];
  if (summed === undefined) return [...outputs[name].data];
  const { data, cols } = outputs[summed];
  return Array.from({ length: data.length / cols }, (_, r) => {
    const own = [...data.subarray(r * cols, (r + 1) * cols)];
    return own.reduce((sum, value) => sum + value, 0);
  });
}

function requireOutputs(got: Tensors, want: Tensors, what: string): void {
  for (const [name, { data }] of Object.entries(want)) {
    assertRelative(outputOf(got, name), data, TOLERANCE, TOLERANCE, `${what}: ${name}`);
  }
}

for (const [title, case_] of Object.entries(CASES)) {
  Deno.test(`exported graphs agree with the model: ${title}`, async () => {
    const subject = subjectOf(case_), { vae } = subject;
    const want = await expected(subject);
    const plain = exportModel(vae, { format: "onnx" });
    const portable = exportModel(vae, { format: "onnx", portableOps: true });
    const tfjs = exportModel(vae, { format: "tfjs" });
    for (const [name, [inputs, outputs]] of Object.entries(want)) {
      requireOutputs(
        await runOnnx(WEB, plain.get(`${name}.onnx`)!, inputs),
        outputs,
        `web ${name}`,
      );
      requireOutputs(
        await runOnnx(NODE, plain.get(`${name}.onnx`)!, inputs),
        outputs,
        `node ${name}`,
      );
      const bytes = portable.get(`${name}.onnx`)!;
      assert.doesNotMatch(new TextDecoder("latin1").decode(bytes), /Gemm|Softplus|Elu|Softmax/);
      requireOutputs(await runOnnx(WEB, bytes, inputs), outputs, `portable ${name}`);
      requireOutputs(await runTfjs(tfjs, name, inputs), outputs, `tfjs ${name}`);
    }
    vae.dispose();
  });
}

/** For given noise, the training loss is minus the mean of the bound. */
async function lossOf(vae: VAE, rows: Float32Array, count: number, noise: Float32Array) {
  const matrix = { data: rows, shape: [count, rows.length / count] as const };
  return (await vae.lossAndGradients(matrix, {
    noise: { data: noise, shape: [count, noise.length / count] },
  })).loss;
}

Deno.test("the exported bound takes its noise, and is what training minimises", async () => {
  for (const title of ["gaussian", "bernoulli", "flows"]) {
    const { vae, rows, count } = subjectOf(CASES[title]);
    const noise = Float32Array.from(planeRows(count, 2, 9).flat());
    const inputs = { x: { data: rows, cols: 6 }, noise: { data: noise, cols: 2 } };
    const want = -await lossOf(vae, rows, count, noise);
    const mean = ({ elbo: { data } }: Tensors) =>
      [...data].reduce((sum, value) => sum + value / count, 0);
    const onnx = exportModel(vae, { format: "onnx" }).get("elbo.onnx")!;
    assertRelative(
      mean(await runOnnx(WEB, onnx, inputs)),
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

Deno.test("exports have the same bytes every time, and one file for each graph", () => {
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
