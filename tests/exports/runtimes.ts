/** The programs that run exported graphs: ONNX Runtime (WebAssembly and native) and TensorFlow.js. */
import * as tfc from "npm:@tensorflow/tfjs-converter@4.22.0";
import * as tf from "npm:@tensorflow/tfjs-core@4.22.0";
import "npm:@tensorflow/tfjs-backend-wasm@4.22.0";
import ortNode from "npm:onnxruntime-node@1.30.0";
import * as ortWeb from "npm:onnxruntime-web@1.30.0";
import type * as Ort from "npm:onnxruntime-common@1.30.0";

ortWeb.env.wasm.numThreads = 1;

type Runtime = typeof Ort;
type Numbers = Float32Array | Float64Array;

export const WEB = ortWeb as unknown as Runtime, NODE = ortNode as unknown as Runtime;

/** Inputs or outputs of a graph, by name. */
export type Tensors = Readonly<Record<string, { readonly data: Numbers; readonly cols: number }>>;

export async function runOnnx(ort: Runtime, bytes: Uint8Array, inputs: Tensors): Promise<Tensors> {
  const session = await ort.InferenceSession.create(bytes);
  const feeds = Object.entries(inputs).map(([name, { data, cols }]) =>
    [name, new ort.Tensor(typeOf(data), data as Float32Array, [data.length / cols, cols])] as const
  );
  const outputs = await session.run(Object.fromEntries(feeds));
  await session.release();
  return Object.fromEntries(
    Object.entries(outputs).map((
      [name, { data, dims }],
    ) => [name, { data: data as Numbers, cols: Number(dims[1]) }]),
  );
}

export async function runTfjs(
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
  await tf.setBackend("wasm");
  const model = await tfc.loadGraphModel({ load: () => Promise.resolve(artifacts) });
  const feeds = Object.fromEntries(
    Object.entries(inputs).map((
      [name, { data, cols }],
    ) => [name, tf.tensor2d(Float32Array.from(data), [data.length / cols, cols])]),
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

function typeOf(data: Numbers): "float32" | "float64" {
  return data instanceof Float64Array ? "float64" : "float32";
}
