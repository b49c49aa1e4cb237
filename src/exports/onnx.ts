/**
 * ONNX files, opset 17: each primitive is a node with the operator of that name. In portable mode, products are MatMul
 * and Add, and activations use Exp, Log, Max and Min, which every runtime has.
 *
 * Rows are a dimension "N". Matrices are float32, except the rows of a table, which are float64 until they are
 * standardised: a column of large values would otherwise lose digits. Masks have the type of what was compared.
 *
 * Source: onnx/onnx.proto (field numbers), docs/Operators.md. Limit: 2 GiB, as any protobuf.
 */
import {
  dimensions,
  type ExportProgram,
  type Primitive,
  type Step,
  type Value,
} from "./primitives/primitives.ts";
import { type Bytes, bytes, integer, integers, message, text } from "./protobuf.ts";

const FLOAT = 1, INT64 = 7, BOOL = 9, DOUBLE = 11;
const IR_VERSION = 8, OPSET = 17;
/** AttributeProto.type */
const ATTRIBUTE_INT = 2, ATTRIBUTE_INTS = 7;

/** Operators that need only their operands. */
const SIMPLE: Partial<Record<Primitive, string>> = {
  add: "Add",
  sub: "Sub",
  mul: "Mul",
  div: "Div",
  max: "Max",
  min: "Min",
  exp: "Exp",
  log: "Log",
  tanh: "Tanh",
  sigmoid: "Sigmoid",
  relu: "Relu",
  floor: "Floor",
  cos: "Cos",
  sqrt: "Sqrt",
  identity: "Identity",
  gemm: "Gemm",
  softplus: "Softplus",
  elu: "Elu",
};

/** The bytes of a model file. */
export function writeOnnx(program: ExportProgram, version: string): Uint8Array {
  const writer = new GraphWriter();
  for (const { name, shape: { rows, cols }, data } of program.weights) {
    writer.tensor(name, data instanceof Float64Array ? DOUBLE : FLOAT, [rows, cols], data);
  }
  for (const step of program.steps) writer.step(step);
  const graph = message(
    ...writer.nodes.map((node) => bytes(1, node)),
    text(2, program.name),
    ...writer.initializers.map((tensor) => bytes(5, tensor)),
    ...program.inputs.map((info) => bytes(11, valueInfo(info))),
    ...program.outputs.map((info) => bytes(12, valueInfo(info))),
  );
  return message(
    integer(1, IR_VERSION),
    text(2, "elbow"),
    text(3, version),
    bytes(7, graph),
    bytes(8, message(text(1, ""), integer(2, OPSET))),
  );
}

class GraphWriter {
  readonly nodes: Bytes[] = [];
  readonly initializers: Bytes[] = [];
  readonly #constants = new Set<string>();

  tensor(
    name: string,
    type: number,
    dims: readonly number[],
    data: Float32Array | Float64Array | BigInt64Array,
  ): void {
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.initializers.push(
      message(integers(1, dims), integer(2, type), text(8, name), bytes(9, raw)),
    );
  }

  node(
    op: string,
    inputs: readonly string[],
    output: string | readonly string[],
    attributes: readonly Bytes[] = [],
  ): void {
    this.nodes.push(message(
      ...inputs.map((name) => text(1, name)),
      ...[output].flat().map((name) => text(2, name)),
      text(4, op),
      ...attributes.map((each) => bytes(5, each)),
    ));
  }

  step({ kind, inputs, output, transpose, columns, count }: Step): void {
    const names = inputs.map(({ name }) => name), to = output.name;
    const plain = SIMPLE[kind];
    if (plain) return this.node(plain, names, to);
    switch (kind) {
      case "matmul":
        return this.node(
          "MatMul",
          names.map((name, i) => transpose![i] ? this.#transposed(name, to) : name),
          to,
        );
      case "less":
      case "equal":
        this.node(kind === "less" ? "Less" : "Equal", names, `${to}/is`);
        return this.#cast(`${to}/is`, output);
      case "select": {
        const [mask, ...values] = names;
        this.node("Cast", [mask], `${to}/mask`, [attribute("to", BOOL)]);
        return this.node("Where", [`${to}/mask`, ...values], to);
      }
      case "round":
      case "widen":
        return this.#cast(names[0], output);
      case "sumRows":
      case "sumCols":
        return this.node("ReduceSum", [...names, this.#int64s([kind === "sumRows" ? 0 : 1])], to);
      case "maxCols":
        return this.node("ReduceMax", names, to, [attribute("axes", [1])]);
      case "kthLeast": {
        const outputs = [`${to}/least`, `${to}/places`], k = this.#int64s([count!]);
        this.node("TopK", [...names, k], outputs, [attribute("largest", 0)]);
        return this.node("ReduceMax", outputs.slice(0, 1), to, [attribute("axes", [1])]);
      }
      case "softmax":
        return this.node("Softmax", names, to, [attribute("axis", 1)]);
      case "concat":
        return this.node("Concat", names, to, [attribute("axis", 1)]);
      case "slice": {
        const [start, count] = columns!;
        const bounds = [[start], [start + count], [1]].map((each) => this.#int64s(each));
        return this.node("Slice", [...names, ...bounds], to);
      }
      case "reshape":
        return this.node("Reshape", [...names, this.#int64s(dimensions(output.shape))], to);
      default:
        throw new RangeError(`Cannot export ${kind}: ONNX has no line for it`);
    }
  }

  #cast(from: string, output: Value): void {
    this.node("Cast", [from], output.name, [attribute("to", typeOf(output))]);
  }

  #transposed(name: string, to: string): string {
    const output = `${to}/${name}`;
    this.node("Transpose", [name], output, [attribute("perm", [1, 0])]);
    return output;
  }

  /** A list constant, written once. */
  #int64s(values: readonly number[]): string {
    const name = `int64/${values}`;
    if (!this.#constants.has(name)) {
      this.#constants.add(name);
      this.tensor(name, INT64, [values.length], BigInt64Array.from(values, BigInt));
    }
    return name;
  }
}

function typeOf({ double }: Value): number {
  return double ? DOUBLE : FLOAT;
}

function attribute(name: string, value: number | readonly number[]): Bytes {
  return typeof value === "number"
    ? message(text(1, name), integer(3, value), integer(20, ATTRIBUTE_INT))
    : message(text(1, name), ...value.map((each) => integer(8, each)), integer(20, ATTRIBUTE_INTS));
}

/** Name, type and shape of an input or output. */
function valueInfo(value: Value): Bytes {
  const { name, shape: { rows, cols, batched } } = value;
  const first = batched ? text(2, rows === 1 ? "N" : `${rows}N`) : integer(1, rows);
  const shape = message(bytes(1, first), bytes(1, integer(1, cols)));
  const tensor = message(integer(1, typeOf(value)), bytes(2, shape));
  return message(text(1, name), bytes(2, bytes(1, tensor)));
}
