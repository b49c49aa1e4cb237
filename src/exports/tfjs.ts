/**
 * TensorFlow.js graph models: `model.json`, the graph as TensorFlow's GraphDef in JSON, and `weights.bin`, its
 * constants concatenated. `tf.loadGraphModel` reads them.
 *
 * Everything is float32, including the rows of a table, so a column with large values and a small spread loses digits
 * (not so in `onnx.ts`).
 *
 * Source: tfjs-converter, operation_mapper.ts and op_list/*.json: operations and the attributes they read.
 */
import { concatBytes } from "../core/bytes/bytes.ts";
import {
  dimensions,
  type ExportProgram,
  type Primitive,
  type Step,
  type Value,
} from "./primitives/primitives.ts";

/** The files of a model, by name. */
export interface TfjsFiles {
  readonly "model.json": string;
  readonly "weights.bin": Uint8Array;
}

interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr: Readonly<Record<string, unknown>>;
}

const FLOAT = { T: { type: "DT_FLOAT" } };

const SIMPLE: Partial<Record<Primitive, string>> = {
  add: "AddV2",
  sub: "Sub",
  mul: "Mul",
  div: "RealDiv",
  max: "Maximum",
  min: "Minimum",
  exp: "Exp",
  log: "Log",
  tanh: "Tanh",
  sigmoid: "Sigmoid",
  relu: "Relu",
  floor: "Floor",
  cos: "Cos",
  sqrt: "Sqrt",
  identity: "Identity",
  round: "Identity",
  widen: "Identity",
  softplus: "Softplus",
  elu: "Elu",
  softmax: "Softmax",
};

export function writeTfjs(program: ExportProgram, version: string): TfjsFiles {
  const writer = new GraphDef();
  for (const input of program.inputs) writer.placeholder(input);
  for (const { name, shape: { rows, cols }, data } of program.weights) {
    writer.constant(name, "float32", [rows, cols], Float32Array.from(data));
  }
  for (const step of program.steps) writer.step(step);
  const signature = (values: readonly Value[]) =>
    Object.fromEntries(values.map(({ name, shape }) => {
      const dim = dimensions(shape).map((size) => ({ size: `${size}` }));
      return [name, { name: `${nodeName(name)}:0`, dtype: "DT_FLOAT", tensorShape: { dim } }];
    }));
  const model = {
    format: "graph-model",
    generatedBy: `elbow ${version}`,
    convertedBy: null,
    signature: { inputs: signature(program.inputs), outputs: signature(program.outputs) },
    modelTopology: { node: writer.nodes, library: {}, versions: { producer: 1395 } },
    weightsManifest: [{ paths: ["weights.bin"], weights: writer.manifest }],
  };
  return { "model.json": `${JSON.stringify(model)}\n`, "weights.bin": writer.bytes() };
}

class GraphDef {
  readonly nodes: GraphNode[] = [];
  readonly manifest: {
    readonly name: string;
    readonly shape: readonly number[];
    readonly dtype: string;
  }[] = [];
  readonly #data: (Float32Array | Int32Array)[] = [];

  placeholder(input: Value): void {
    const dim = dimensions(input.shape).map((size) => ({ size: `${size}` }));
    this.nodes.push({
      name: nodeName(input.name),
      op: "Placeholder",
      attr: { dtype: { type: "DT_FLOAT" }, shape: { shape: { dim } } },
    });
  }

  constant(
    name: string,
    dtype: "float32" | "int32",
    shape: readonly number[],
    data: Float32Array | Int32Array,
  ): string {
    const known = nodeName(name);
    if (this.manifest.some((weight) => weight.name === known)) return known;
    this.nodes.push({
      name: known,
      op: "Const",
      attr: { dtype: { type: dtype === "float32" ? "DT_FLOAT" : "DT_INT32" } },
    });
    this.manifest.push({ name: known, shape, dtype });
    this.#data.push(data);
    return known;
  }

  node(
    op: string,
    name: string,
    input: readonly string[],
    attr: Readonly<Record<string, unknown>> = FLOAT,
  ): void {
    this.nodes.push({ name: nodeName(name), op, input: input.map(nodeName), attr });
  }

  step({ kind, inputs, output, transpose, columns }: Step): void {
    const names = inputs.map(({ name }) => name), to = output.name;
    const plain = SIMPLE[kind];
    if (plain) return this.node(plain, to, names);
    switch (kind) {
      case "matmul":
        return this.#product(to, names, transpose!);
      case "gemm":
        this.#product(`${to}/product`, names.slice(0, 2), [false, false]);
        return this.node("AddV2", to, [`${to}/product`, names[2]]);
      case "less":
      case "equal":
        this.node(kind === "less" ? "Less" : "Equal", `${to}/is`, names);
        return this.node("Cast", to, [`${to}/is`], {
          SrcT: { type: "DT_BOOL" },
          DstT: { type: "DT_FLOAT" },
        });
      case "select": {
        const [mask, ...values] = names;
        const attr = { SrcT: { type: "DT_FLOAT" }, DstT: { type: "DT_BOOL" } };
        this.node("Cast", `${to}/mask`, [mask], attr);
        return this.node("SelectV2", to, [`${to}/mask`, ...values]);
      }
      case "sumRows":
      case "sumCols":
      case "maxCols": {
        const axis = this.#int32s([kind === "sumRows" ? 0 : 1]);
        const op = kind === "maxCols" ? "Max" : "Sum";
        return this.node(op, to, [...names, axis], { ...FLOAT, keep_dims: { b: true } });
      }
      case "concat":
        return this.node("ConcatV2", to, [...names, this.#int32(1)], {
          ...FLOAT,
          N: { i: `${names.length}` },
        });
      case "slice": {
        const [start, count] = columns!;
        return this.node("Slice", to, [
          ...names,
          this.#int32s([0, start]),
          this.#int32s([-1, count]),
        ]);
      }
      case "reshape":
        return this.node("Reshape", to, [...names, this.#int32s(dimensions(output.shape))]);
      default:
        throw new RangeError(`Cannot export ${kind}: TensorFlow.js has no line for it`);
    }
  }

  #product(to: string, names: readonly string[], [a, b]: readonly [boolean, boolean]): void {
    this.node("MatMul", to, names, { ...FLOAT, transpose_a: { b: a }, transpose_b: { b } });
  }

  bytes(): Uint8Array {
    return concatBytes(
      this.#data.map(({ buffer, byteOffset, byteLength }) =>
        new Uint8Array(buffer, byteOffset, byteLength)
      ),
    );
  }

  #int32s(values: readonly number[]): string {
    return this.constant(
      `int32/${values.join("_")}`,
      "int32",
      [values.length],
      Int32Array.from(values),
    );
  }

  #int32(value: number): string {
    return this.constant(`int32/scalar_${value}`, "int32", [], Int32Array.of(value));
  }
}

/** TensorFlow names allow letters, digits, ".", "/", "_" and "-"; letters of the model's names are kept. */
function nodeName(name: string): string {
  return name.replaceAll("-", "minus").replaceAll("+", "plus").replaceAll(/[^\w./]/g, "_");
}
