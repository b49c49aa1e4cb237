/**
 * The gradients of a Gaussian posterior as one instruction: what a KL and the draw z = μ + e^(l/2) ε add to those of
 * the mean and the log-variance. In a plan they are ten elementwise instructions in a row, each a pass over a few
 * values, of which `assembly/posterior.ts` makes one. No bit changes.
 *
 * In the plan it becomes a `clampGrad` of six inputs: l, dz, μ, z, the place of dμ (which it writes), and the weight.
 */
import { sameShape } from "../../../core/shape.ts";
import type { Instruction, Place, Plan } from "../../../graph/plan.ts";
import { isReadElsewhere } from "./readers.ts";
import { areDisjoint } from "./searches.ts";

const CHAIN = ["mul", "exp", "affine", "mul", "add", "sub", "affine", "mul", "add", "clampGrad"];
/** Limits of a log-variance within which `expInside4` of assembly/simd/exp.ts holds. */
const LOWEST = -87, HIGHEST = 88;
/** Which instruction of the chain reads the result of each, the fifth being dμ and the last dl. */
const READERS = [4, 2, 3, 8, undefined, 6, 7, 8, 9];

export function withPosteriorGradients(plan: Plan): Plan {
  const { instructions } = plan;
  for (let from = instructions.length - CHAIN.length; from >= 0; from--) {
    const gradients = gradientsAt(plan, from);
    if (gradients === undefined) continue;
    const others = instructions.toSpliced(from, CHAIN.length, gradients);
    return withPosteriorGradients({ ...plan, instructions: others });
  }
  return plan;
}

/** What replaces the chain that starts at an instruction, if one does. */
function gradientsAt(plan: Plan, from: number): Instruction | undefined {
  const chain = plan.instructions.slice(from, from + CHAIN.length);
  if (chain.some(({ op }, i) => op !== CHAIN[i])) return undefined;
  const [ofMean, exp, halfExpm1, ofKl, sum, deviation, half, ofDraw, total, clamped] = chain;
  const [low, high] = [Number(clamped.attrs.low), Number(clamped.attrs.high)];
  if (low < LOWEST || high > HIGHEST) return undefined;
  const [weight, mean] = ofMean.inputs, [z] = deviation.inputs, [logVar] = clamped.inputs;
  const dz = sum.inputs.find((each) => each !== ofMean.output);
  const isChain = dz !== undefined && reads(sum, ofMean.output, dz) &&
    reads(halfExpm1, exp.output) && isAffine(halfExpm1, 0.5, -0.5) &&
    samePlace(ofKl.inputs[0], weight) && ofKl.inputs[1] === halfExpm1.output &&
    deviation.inputs[1] === mean && reads(half, deviation.output) && isAffine(half, 0.5, 0) &&
    reads(ofDraw, dz, half.output) && reads(total, ofKl.output, ofDraw.output) &&
    clamped.inputs[1] === total.output;
  if (!isChain || !isClampOf(plan, exp.inputs[0], clamped, from)) return undefined;
  const read = [logVar, dz, mean, z], written = [sum.output, clamped.output];
  const isWhole = [...read, ...written].every(({ shape }) => sameShape(shape, logVar.shape));
  if (!isWhole || logVar.shape.cols % 4 > 0 || !isSingle(weight)) return undefined;
  if (written.some((each) => !mayOverwrite(plan, each, read))) return undefined;
  if (!areDisjoint(sum.output, clamped.output, plan.capacity)) return undefined;
  if (READERS.some((at, i) => at && isReadElsewhere(plan, from + i, from + at))) return undefined;
  return { ...clamped, inputs: [logVar, dz, mean, z, sum.output, weight] };
}

/** Whether an instruction reads just these places, in either order: all with two operands here commute. */
function reads({ inputs }: Instruction, ...places: readonly Place[]): boolean {
  return inputs.length === places.length && places.every((place) => inputs.includes(place));
}

function isAffine({ attrs }: Instruction, scale: number, offset: number): boolean {
  return attrs.scale === scale && attrs.offset === offset;
}

const samePlace = (a: Place, b: Place) =>
  a.segment === b.segment && a.offset === b.offset && sameShape(a.shape, b.shape);

const isSingle = ({ shape: { rows, cols, batched } }: Place) => rows * cols === 1 && !batched;

/** Whether a place was last written by a clamp of what a `clampGrad` reads, with the same limits. */
function isClampOf(
  { instructions, capacity }: Plan,
  place: Place,
  { inputs: [x], attrs: { low, high } }: Instruction,
  before: number,
): boolean {
  const at = instructions.findLastIndex(({ output }, i) =>
    i < before && !areDisjoint(output, place, capacity)
  );
  if (at < 0) return false;
  const { op, attrs, inputs, output } = instructions[at];
  return op === "clamp" && output === place && inputs[0] === x && attrs.low === low &&
    attrs.high === high &&
    instructions.slice(at, before).every((each) => areDisjoint(each.output, x, capacity));
}

/** Whether a result may be written while the operands are read: each is elsewhere, or exactly there. */
function mayOverwrite({ capacity }: Plan, result: Place, operands: readonly Place[]): boolean {
  return operands.every((each) => samePlace(each, result) || areDisjoint(each, result, capacity));
}
