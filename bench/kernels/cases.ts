/** The cases of `bench:kernels`, by name, for the process that measures and the page of results. */
import { GEMM_SHAPES } from "../lib/workloads.ts";

/** `product` by M x K x N; `function` and `mathf` by function; the others by their number of elements. */
export type Group =
  | "product"
  | "function"
  | "mathf"
  | "normals"
  | "adam"
  | "write"
  | "read"
  | "copy";

export interface KernelCase {
  readonly group: Group;
  readonly case: string;
  /** Multiply-adds count as two; bytes are those read and written. */
  readonly work: number;
}

export const FUNCTIONS = ["exp", "log", "tanh", "sigmoid", "softplus"] as const;
export type FunctionName = typeof FUNCTIONS[number];

/** Elements of a function's operand and result: both fit into the first-level cache. */
export const FUNCTION_LENGTH = 2048;
export const NORMALS = { rows: 64, cols: 64 } as const;

/** Elements of one array, for cases limited by memory: in the first, second and third cache. */
const LENGTHS = [2 ** 11, 2 ** 15, 2 ** 19] as const;
/** Parameters of W2 and W3, and more. */
const ADAM_LENGTHS = [2 ** 12, 90_816, 652_824, 2 ** 22] as const;

/** An Adam step reads four arrays and writes three; a copy reads one and writes one. */
const ADAM_BYTES = 4 * 7, COPY_BYTES = 4 * 2;

const over = (group: Group, lengths: readonly number[], work: number) =>
  lengths.map((length): KernelCase => ({ group, case: `${length}`, work: work * length }));

export const CASES: readonly KernelCase[] = [
  ...GEMM_SHAPES.map((shape): KernelCase => ({
    group: "product",
    case: shape.join("x"),
    work: 2 * shape[0] * shape[1] * shape[2],
  })),
  ...FUNCTIONS.flatMap((name): KernelCase[] => [
    { group: "function", case: name, work: FUNCTION_LENGTH },
    { group: "mathf", case: name, work: FUNCTION_LENGTH },
  ]),
  ...over("normals", [NORMALS.rows * NORMALS.cols], 1),
  ...over("adam", ADAM_LENGTHS, ADAM_BYTES),
  ...over("write", LENGTHS, COPY_BYTES),
  ...over("read", LENGTHS, COPY_BYTES),
  ...over("copy", LENGTHS, COPY_BYTES),
];
