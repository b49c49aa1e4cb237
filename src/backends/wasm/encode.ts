/**
 * Encodes a plan as instruction records (`abi.ts`), which `assembly/program.ts` executes. The attributes of each
 * operation's kernel are listed here, in order; a missing operation does not compile.
 */
import type { Instruction, Place, Plan } from "../../graph/plan.ts";
import { OPS } from "../../ops/catalogue.ts";
import { ACTIVATIONS, type OpName } from "../../ops/names.ts";
import type { OpAttrs } from "../../ops/signatures.ts";
import { type Unsupported, unsupported } from "../backend.ts";
import {
  ATTRIBUTE_WORD,
  OPERAND_SLOTS,
  OPERAND_WORD,
  OPERAND_WORDS,
  RECORD_WORDS,
  SPLIT_WORD,
  TILES_ATTRIBUTE,
  WASM_OPS,
  WEIGHT_FORMATS,
} from "./abi.ts";
import { searchesOf } from "./rewrites/searches.ts";
import { searchSplit, splitWord } from "./split.ts";

/** Encodes the attributes of an operation as words. */
type Attributes<N extends OpName> = ((attrs: OpAttrs<N>) => readonly number[]) | Unsupported;

const none = (): readonly number[] => [];
const VIEW = unsupported("a view: no kernel runs");

const ATTRIBUTES: { readonly [N in OpName]: Attributes<N> } = {
  dense: ({ activation }) => [ACTIVATIONS.indexOf(activation)],
  matmul: ({ transposeA, transposeB }) => [Number(transposeA), Number(transposeB)],
  activation: ({ kind }) => [ACTIVATIONS.indexOf(kind)],
  activationGrad: ({ kind }) => [ACTIVATIONS.indexOf(kind)],
  exp: none,
  log: none,
  add: none,
  sub: none,
  mul: none,
  div: none,
  affine: ({ scale, offset }) => floats(scale, offset),
  clamp: ({ low, high }) => floats(low, high),
  clampGrad: ({ low, high }) => floats(low, high),
  sumRows: ({ mean }) => [Number(mean)],
  sumCols: none,
  broadcast: ({ mean }) => [Number(mean)],
  repeatRows: ({ times }) => [times],
  sumGroups: ({ size }) => [size],
  reshape: VIEW,
  stopGradient: VIEW,
  sliceCols: ({ start }) => [start],
  padCols: ({ before }) => [before],
  concatCols: none,
  logSumExpCols: none,
  softmaxCols: none,
  reparameterize: none,
  gaussianKl: none,
  gaussianLogProb: none,
  gaussianLogProbGradMean: none,
  gaussianLogProbGradLogVar: none,
  bernoulliLogProb: none,
  bernoulliLogProbGrad: none,
  randomNormal: ({ rows, stream }) => [rows, stream],
  squaredNorm: none,
  clipScale: ({ maxNorm }) => floats(maxNorm),
  // 1 - β is computed here in float64: in float32, 1 - 0.999 would lose three digits.
  adamStep: ({ beta1, beta2, epsilon, weightDecay }) =>
    floats(beta1, beta2, epsilon, weightDecay, 1 - beta1, 1 - beta2),
  sgdStep: ({ momentum }) => floats(momentum),
  randomUniform: ({ rows, stream }) => [rows, stream],
  lessThan: none,
  log1p: none,
  logGammaRatio: none,
  logGammaRatioSlope: none,
  continuousBernoulliLogNorm: none,
  continuousBernoulliLogNormSlope: none,
  smallestCols: none,
};

/** Names in the order of the opcodes. */
const NAMES = [...Object.keys(OPS), ...WASM_OPS];

/** The number of records. */
export function countRecords(records: Int32Array): number {
  return records.length / RECORD_WORDS;
}

/** The contents of a record. */
export interface Contents {
  readonly name: OpName | typeof WASM_OPS[number];
  readonly attributes: readonly number[];
  readonly operands: readonly Operand[];
  /** How threads may cut it: see `split.ts`; 0 for not at all. */
  readonly split?: number;
}

/** A matrix, and the byte address of its first element. */
export interface Operand {
  readonly address: number;
  readonly shape: Place["shape"];
}

/** Formats of weights stored in addition to the segment: f32 and bf16 for few rows, tiles for many. */
export type PackedFormat = "f32" | "bf16" | "tiles";

/** Weights stored elsewhere, in another format, used if `isInUse`. */
interface Packed {
  readonly format: PackedFormat;
  readonly isInUse: boolean;
  addressOf(weight: Place): number;
}

/**
 * One record per instruction; a product followed by a search in it becomes a single record.
 * @param addressOf the byte address of a place
 * @param packed replaces the weights of products
 * @throws RangeError if an instruction has no kernel
 */
export function encodePlan(
  plan: Plan,
  addressOf: (place: Place) => number,
  packed?: Packed,
): Int32Array {
  // With few rows the weights are packed differently, and the product stays a separate record.
  const searches = packed?.format === "tiles" ? searchesOf(plan) : NO_SEARCHES;
  const inSearch = new Set(searches.values());
  return encodeRecords(
    plan.instructions.filter((each) => !inSearch.has(each)).map((instruction) => {
      const toOperand = (place: Place) => ({ address: addressOf(place), shape: place.shape });
      const split = splitWord(instruction), places = operandsOf(instruction);
      const product = searches.get(instruction);
      if (product) {
        return searchFor(instruction, product, toOperand, packed!.addressOf(product.inputs[1]));
      }
      const contents = {
        name: instruction.op,
        // An operand without a slot (posterior_gradients.ts) is an address after the attributes.
        attributes: [...attributesOf(instruction), ...places.slice(OPERAND_SLOTS).map(addressOf)],
        operands: places.slice(0, OPERAND_SLOTS).map(toOperand),
        split,
      };
      return packed?.isInUse && isPackable(instruction, packed.format)
        ? withPacked(contents, instruction, packed)
        : contents;
    }),
  );
}

const NO_SEARCHES: ReturnType<typeof searchesOf> = new Map();

/** @param sorted the byte address of the product's sorted weight and bias */
function searchFor(
  search: Instruction,
  product: Instruction,
  toOperand: (place: Place) => Operand,
  sorted: number,
): Contents {
  const [x, weight, bias] = product.inputs.map(toOperand);
  // Declared as one row, so that a cut by rows gives every tile the whole weight.
  const wholeWeight = { ...weight, shape: { ...weight.shape, rows: 1 } };
  const operands = [toOperand(search.output), x, wholeWeight, bias];
  const split = searchSplit(search, product);
  return { name: "smallestDense", attributes: [sorted], operands, split };
}

/** Whether an instruction accepts weights in this format. */
export function isPackable({ op, attrs, inputs }: Instruction, format: PackedFormat): boolean {
  const isProduct = op === "dense" ||
    (format === "tiles" && op === "matmul" && attrs.transposeB === false);
  return isProduct && inputs[1].segment === "parameters";
}

function withPacked(
  contents: Contents,
  { inputs }: Instruction,
  { format, addressOf }: Packed,
): Contents {
  const address = addressOf(inputs[1]), attributes = [...contents.attributes];
  if (format === "tiles") {
    // Runs of few rows read the unpacked weight.
    attributes[TILES_ATTRIBUTE] = address;
    return { ...contents, attributes };
  }
  const [output, x, weight, bias] = contents.operands;
  return {
    name: "packedDense",
    attributes: [...attributes, WEIGHT_FORMATS.indexOf(format)],
    operands: [output, x, { ...weight, address }, bias],
  };
}

/** Encodes one record per item. */
export function encodeRecords(contents: readonly Contents[]): Int32Array {
  const records = new Int32Array(contents.length * RECORD_WORDS);
  contents.forEach(({ name, attributes, operands, split = 0 }, i) => {
    const record = records.subarray(i * RECORD_WORDS, (i + 1) * RECORD_WORDS);
    record[0] = NAMES.indexOf(name);
    record.set(attributes, ATTRIBUTE_WORD);
    record[SPLIT_WORD] = split;
    operands.forEach(({ address, shape: { rows, cols, batched } }, slot) => {
      record.set(
        [address, batched ? 0 : rows, batched ? rows : 0, cols],
        OPERAND_WORD + slot * OPERAND_WORDS,
      );
    });
  });
  return records;
}

function attributesOf({ op, attrs }: Instruction): readonly number[] {
  // Safe: the plan was made by the typed builder, so the attributes match the operation.
  const encode = ATTRIBUTES[op] as Attributes<"affine">;
  if (typeof encode === "function") return encode(attrs as OpAttrs<"affine">);
  throw new RangeError(`Cannot run ${op}: ${encode.unsupported}`);
}

/** The output, then the inputs; an effect's output is its first input and is not repeated. */
function operandsOf({ op, inputs, output }: Instruction): readonly Place[] {
  return OPS[op].effect ? inputs : [output, ...inputs];
}

/** The bits of numbers as float32. */
function floats(...values: readonly number[]): readonly number[] {
  return [...new Int32Array(new Float32Array(values).buffer)];
}
