/** The ONNX files for `ort.ts`: one score graph for each workload (opset 17), and one product for each shape of B. */
import { GEMM_SHAPES, layersOf, type Model, readModel, WORKLOADS } from "../lib/workloads.ts";
import { someFloats } from "./peer.ts";

/** The parts of the generated protobuf classes that this file uses. */
interface OnnxProto {
  readonly onnx: {
    readonly ModelProto: { encode(model: unknown): { finish(): Uint8Array } };
    readonly TensorProto: { readonly DataType: { readonly FLOAT: number; readonly INT64: number } };
  };
}

const OPSET = 17;

/** Writes every file into the folder, which contains the models. */
export async function writeOnnxFiles(folder: string): Promise<void> {
  // The name is computed so that type checks do not load this large package, which only benchmarks use.
  const proto: { default: OnnxProto } = await import(`npm:onnx-proto@${"8.0.1"}`);
  const write = (name: string, graph: GraphText) =>
    Deno.writeFile(`${folder}/${name}.onnx`, graph.encode(proto.default));
  for (const { name } of WORKLOADS) await write(name, scoreGraph(readModel(folder, name)));
  for (const [, k, n] of GEMM_SHAPES) await write(`gemm-${k}x${n}`, productGraph(k, n));
}

/** A graph under construction: nodes, and tensors by name. */
class GraphText {
  readonly inputs: number;
  readonly output: string;
  readonly outputs: number;
  readonly #nodes: unknown[] = [];
  readonly #tensors: {
    name: string;
    dims: readonly number[];
    values: Float32Array | BigInt64Array;
  }[] = [];

  constructor(inputs: number, output: string, outputs: number) {
    this.inputs = inputs;
    this.output = output;
    this.outputs = outputs;
  }

  /** Adds a node. @returns the name of its result: `as`, or a new one */
  add(opType: string, input: readonly string[], as: string = `v${this.#nodes.length}`): string {
    this.#nodes.push({ opType, input, output: [as] });
    return as;
  }

  tensor(name: string, values: Float32Array | BigInt64Array, ...dims: number[]): string {
    this.#tensors.push({ name, values, dims });
    return name;
  }

  encode({ onnx: { ModelProto, TensorProto: { DataType } } }: OnnxProto): Uint8Array {
    const value = (name: string, columns: number) => {
      const shape = { dim: [{ dimParam: "rows" }, { dimValue: columns }] };
      return { name, type: { tensorType: { elemType: DataType.FLOAT, shape } } };
    };
    const initializer = this.#tensors.map(({ name, dims, values }) => ({
      name,
      dims,
      dataType: values instanceof Float32Array ? DataType.FLOAT : DataType.INT64,
      rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    }));
    return ModelProto.encode({
      irVersion: 8,
      opsetImport: [{ domain: "", version: OPSET }],
      graph: {
        name: "bench",
        input: [value("x", this.inputs)],
        output: [value(this.output, this.outputs)],
        initializer,
        node: this.#nodes,
      },
    }).finish();
  }
}

function scoreGraph(model: Model): GraphText {
  const { inputs, hidden, likelihood } = model.workload;
  const g = new GraphText(inputs, "score", 1);
  const act = model.workload.activation === "tanh" ? "Tanh" : "Relu";
  const layers = layersOf(model.workload);
  const dense = (x: string, layer: number) => {
    const [ins, outs] = layers[layer];
    const weight = g.tensor(`weight${layer}`, model.weights[2 * layer], ins, outs);
    return g.add("Gemm", [x, weight, g.tensor(`bias${layer}`, model.weights[2 * layer + 1], outs)]);
  };
  const hiddenLayers = (x: string, first: number) =>
    hidden.reduce((h, _, i) => g.add(act, [dense(h, first + i)]), x);
  const one = g.tensor("one", Float32Array.of(1)), half = g.tensor("half", Float32Array.of(0.5));
  const axis = g.tensor("axis", BigInt64Array.of(1n), 1);

  const last = hiddenLayers("x", 0);
  const mean = dense(last, hidden.length), logVar = dense(last, hidden.length + 1);
  const first = hidden.length + 2;
  const out = dense(hiddenLayers(mean, first), first + hidden.length);
  const sum = (terms: string) => g.add("ReduceSum", [terms, axis]);
  const squares = g.add("Add", [g.add("Mul", [mean, mean]), g.add("Exp", [logVar])]);
  const kl = g.add("Mul", [sum(g.add("Sub", [squares, g.add("Add", [logVar, one])])), half]);
  const difference = g.add("Sub", ["x", out]);
  const reconstruction = likelihood === "gaussian"
    ? g.add("Mul", [sum(g.add("Mul", [difference, difference])), half])
    : sum(g.add("Sub", [g.add("Softplus", [out]), g.add("Mul", ["x", out])]));
  g.add("Add", [reconstruction, kl], "score");
  return g;
}

function productGraph(k: number, n: number): GraphText {
  const g = new GraphText(k, "y", n);
  g.add("MatMul", ["x", g.tensor("b", someFloats(k * n), k, n)], "y");
  return g;
}
