/**
 * A plan as instruction records (`abi.ts`): what `assembly/program.ts` walks. Every operation states
 * here which attributes its kernel takes, in order; one that is missing does not compile.
 */
import type { Instruction, Place, Plan } from "../../graph/plan.ts";
import { OPS } from "../../ops/catalogue.ts";
import { ACTIVATIONS, OP_NAMES, type OpName } from "../../ops/names.ts";
import type { OpAttrs } from "../../ops/signatures.ts";
import { type Unsupported, unsupported } from "../backend.ts";
import {
  ATTRIBUTE_WORD,
  OPERAND_SLOTS,
  OPERAND_WORD,
  OPERAND_WORDS,
  RECORD_WORDS,
  SPLIT_WORD,
} from "./abi.ts";
import { splitWord } from "./split.ts";

/** The words of an operation's attributes. */
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
  // 1 - β is taken here, in float64: of 1 - 0.999 float32 would keep three digits less.
  adamStep: ({ beta1, beta2, epsilon, weightDecay }) =>
    floats(beta1, beta2, epsilon, weightDecay, 1 - beta1, 1 - beta2),
  sgdStep: ({ momentum }) => floats(momentum),
};

/**
 * One record per instruction.
 * @param addressOf the byte at which a place begins
 * @throws RangeError if an instruction has no kernel
 */
export function encodePlan(plan: Plan, addressOf: (place: Place) => number): Int32Array {
  const records = new Int32Array(plan.instructions.length * RECORD_WORDS);
  plan.instructions.forEach((instruction, i) => {
    const record = records.subarray(i * RECORD_WORDS, (i + 1) * RECORD_WORDS);
    record[0] = OP_NAMES.indexOf(instruction.op);
    record.set(attributesOf(instruction), ATTRIBUTE_WORD);
    record[SPLIT_WORD] = splitWord(instruction);
    operandsOf(instruction).forEach((place, slot) => {
      const { rows, cols, batched } = place.shape;
      record.set(
        [addressOf(place), batched ? 0 : rows, batched ? rows : 0, cols],
        OPERAND_WORD + slot * OPERAND_WORDS,
      );
    });
  });
  return records;
}

function attributesOf({ op, attrs }: Instruction): readonly number[] {
  // The plan came through the typed builder: the attributes are those of the operation.
  const encode = ATTRIBUTES[op] as Attributes<"affine">;
  if (typeof encode === "function") return encode(attrs as OpAttrs<"affine">);
  throw new RangeError(`Cannot run ${op}: ${encode.unsupported}`);
}

/** The output, then the inputs; an effect's output is its first input and is not repeated. */
function operandsOf({ op, inputs, output }: Instruction): readonly Place[] {
  const operands = OPS[op].effect ? inputs : [output, ...inputs];
  if (operands.length <= OPERAND_SLOTS) return operands;
  throw new RangeError(
    `Cannot run ${op}: a record has ${OPERAND_SLOTS} operands: current value is ${operands.length}`,
  );
}

/** The bits of float32 numbers. */
function floats(...values: readonly number[]): readonly number[] {
  return [...new Int32Array(new Float32Array(values).buffer)];
}
