/**
 * Runs lists of records (record.ts): each record is dispatched to its kernel. One kind of record runs another list over
 * many rows, chunk by chunk: it copies rows in, runs the list, and copies results out. The values of a chunk stay in
 * the caches. Rows are independent, so each thread can take chunks in its own scratch memory, without waiting for other
 * threads between instructions. Layout of a thread list: src/backends/wasm/abi.ts.
 */
import * as op from "./opcodes.gen";
import { activation, activationGrad } from "./activation";
import { bernoulliLogProb, bernoulliLogProbGrad } from "./bernoulli";
import { continuousBernoulliLogNorm, continuousBernoulliLogNormSlope } from "./continuous_bernoulli";
import { dense, matmul, packedDense, packTiles, packWeights, productSum } from "./dense";
import {
  add,
  affine,
  clamp,
  clampGrad,
  div,
  exp,
  lessThan,
  log,
  log1p,
  mul,
  sub,
} from "./elementwise";
import { logGammaRatio, logGammaRatioSlope } from "./gamma";
import {
  gaussianKl,
  gaussianLogProb,
  gaussianLogProbGradLogVar,
  gaussianLogProbGradMean,
  reparameterize,
} from "./gaussian";
import { concatCols, padCols, sliceCols } from "./layout";
import { adamStep, clipScale, sgdStep } from "./optimizer";
import { posteriorGrad } from "./posterior";
import { randomNormal, randomUniform } from "./random";
import { at, cols, float, int, opcode, rows, setRecord, setListStart, size } from "./record";
import {
  broadcast,
  logSumExpCols,
  repeatRows,
  softmaxCols,
  squaredNorm,
  sumCols,
  sumGroups,
  sumRows,
} from "./reductions";
import { smallestDense, sortColumns } from "./nearest/search";
import { smallestCols } from "./smallest";

/** Executes `count` records at `list` over `batch` rows, on this thread. */
export function executeList(list: usize, count: i32, batch: i32): void {
  const end = list + <usize>count * op.RECORD_BYTES;
  setListStart(list);
  for (let each = list; each < end; each += op.RECORD_BYTES) {
    setRecord(each, batch);
    execute();
  }
  setListStart(-1);
}

/** Runs the list in `threadList` over rows first … first + rows - 1, at most `chunkRows` at a time. */
function runChunks(threadList: usize, chunkRows: i32, first: i32, rows: i32): void {
  const count = load<i32>(threadList), inputs = load<i32>(threadList, 4), outputs = load<i32>(threadList, 8);
  const results = threadList + op.THREAD_LIST_HEAD_BYTES + <usize>inputs * op.THREAD_LIST_COPY_BYTES;
  const list = results + <usize>outputs * op.THREAD_LIST_COPY_BYTES;
  for (const end = first + rows; first < end; first += chunkRows) {
    const batch = min(end - first, chunkRows);
    for (let copy = threadList + op.THREAD_LIST_HEAD_BYTES; copy < results; copy += op.THREAD_LIST_COPY_BYTES) {
      memory.copy(scratchAddress(copy), externalAddress(copy, first), copyBytes(copy, batch));
    }
    executeList(list, count, batch);
    for (let copy = results; copy < list; copy += op.THREAD_LIST_COPY_BYTES) {
      memory.copy(externalAddress(copy, first), scratchAddress(copy), copyBytes(copy, batch));
    }
  }
}

@inline
function scratchAddress(copy: usize): usize {
  return load<usize>(copy);
}

@inline
function externalAddress(copy: usize, row: i32): usize {
  return load<usize>(copy, 4) + copyBytes(copy, row);
}

@inline
function copyBytes(copy: usize, rows: i32): usize {
  return <usize>rows * load<usize>(copy, 8);
}

/** Executes the current record of record.ts. */
export function execute(): void {
  switch (opcode()) {
    case op.OP_DENSE: { runDense(); break; }
    case op.OP_MATMUL: { runMatmul(); break; }
    case op.OP_ACTIVATION: { activation(at(0), at(1), size(0), int(0)); break; }
    case op.OP_EXP: { exp(at(0), at(1), size(0)); break; }
    case op.OP_LOG: { log(at(0), at(1), size(0)); break; }
    case op.OP_ADD: { binary(add); break; }
    case op.OP_SUB: { binary(sub); break; }
    case op.OP_MUL: { binary(mul); break; }
    case op.OP_DIV: { binary(div); break; }
    case op.OP_AFFINE: { affine(at(0), at(1), size(0), float(0), float(1)); break; }
    case op.OP_CLAMP: { clamp(at(0), at(1), size(0), float(0), float(1)); break; }
    case op.OP_SUM_ROWS: { runSumRows(); break; }
    case op.OP_SUM_COLS: { sumCols(at(0), at(1), rows(1), cols(1)); break; }
    case op.OP_BROADCAST: { runBroadcast(); break; }
    case op.OP_REPEAT_ROWS: { repeatRows(at(0), at(1), rows(1), cols(1), int(0)); break; }
    case op.OP_SUM_GROUPS: { sumGroups(at(0), at(1), rows(0), int(0), cols(0)); break; }
    case op.OP_SLICE_COLS: { sliceCols(at(0), rows(0), cols(0), at(1), cols(1), int(0)); break; }
    case op.OP_PAD_COLS: { padCols(at(0), rows(0), cols(0), at(1), cols(1), int(0)); break; }
    case op.OP_CONCAT_COLS: { concatCols(at(0), rows(0), at(1), cols(1), at(2), cols(2)); break; }
    case op.OP_LOG_SUM_EXP_COLS: { logSumExpCols(at(0), at(1), rows(1), cols(1)); break; }
    case op.OP_SOFTMAX_COLS: { softmaxCols(at(0), at(1), rows(1), cols(1)); break; }
    case op.OP_REPARAMETERIZE: { ternary(reparameterize); break; }
    case op.OP_GAUSSIAN_KL: { binary(gaussianKl); break; }
    case op.OP_GAUSSIAN_LOG_PROB: { ternary(gaussianLogProb); break; }
    case op.OP_BERNOULLI_LOG_PROB: { binary(bernoulliLogProb); break; }
    case op.OP_RANDOM_NORMAL: { runRandomNormal(); break; }
    case op.OP_PACK_WEIGHTS: { runPackWeights(); break; }
    case op.OP_PACKED_DENSE: { runPackedDense(); break; }
    case op.OP_RUN_CHUNKS: { runChunks(int(0), int(2), int(3), rows(0)); break; }
    case op.OP_RANDOM_UNIFORM: { runRandomUniform(); break; }
    case op.OP_LESS_THAN: { binary(lessThan); break; }
    case op.OP_LOG1P: { log1p(at(0), at(1), size(0)); break; }
    case op.OP_LOG_GAMMA_RATIO: { binary(logGammaRatio); break; }
    case op.OP_CONTINUOUS_BERNOULLI_LOG_NORM: {
      continuousBernoulliLogNorm(at(0), at(1), size(0));
      break;
    }
    case op.OP_CONTINUOUS_BERNOULLI_LOG_NORM_SLOPE: {
      continuousBernoulliLogNormSlope(at(0), at(1), size(0));
      break;
    }
    case op.OP_SMALLEST_COLS: { smallestCols(at(0), at(1), rows(1), cols(1), cols(0)); break; }
    case op.OP_SMALLEST_DENSE: { runSmallestDense(); break; }
    default: {
      if (isDefined(FORWARD_ONLY)) unreachable();
      else executeTraining();
    }
  }
}

/** Operations that only training runs, TRAINING_OPS of src/ops/names.ts; the score build omits them. */
function executeTraining(): void {
  switch (opcode()) {
    case op.OP_ACTIVATION_GRAD: { runActivationGrad(); break; }
    case op.OP_CLAMP_GRAD: { runClampGrad(); break; }
    case op.OP_GAUSSIAN_LOG_PROB_GRAD_MEAN: { quaternary(gaussianLogProbGradMean); break; }
    case op.OP_GAUSSIAN_LOG_PROB_GRAD_LOG_VAR: { quaternary(gaussianLogProbGradLogVar); break; }
    case op.OP_BERNOULLI_LOG_PROB_GRAD: { ternary(bernoulliLogProbGrad); break; }
    case op.OP_SQUARED_NORM: { squaredNorm(at(0), at(1), size(1), at(2)); break; }
    case op.OP_CLIP_SCALE: { clipScale(at(0), at(1), float(0)); break; }
    case op.OP_ADAM_STEP: { runAdamStep(); break; }
    case op.OP_SGD_STEP: { runSgdStep(); break; }
    case op.OP_LOG_GAMMA_RATIO_SLOPE: { binary(logGammaRatioSlope); break; }
    default: unreachable();
  }
}

type Binary = (
  out: usize, rows: i32, cols: i32,
  a: usize, aRows: i32, aCols: i32,
  b: usize, bRows: i32, bCols: i32,
) => void;

type Ternary = (
  out: usize, rows: i32, cols: i32,
  a: usize, aRows: i32, aCols: i32,
  b: usize, bRows: i32, bCols: i32,
  c: usize, cRows: i32, cCols: i32,
) => void;

type Quaternary = (
  out: usize, rows: i32, cols: i32,
  a: usize, aRows: i32, aCols: i32,
  b: usize, bRows: i32, bCols: i32,
  c: usize, cRows: i32, cCols: i32,
  d: usize, dRows: i32, dCols: i32,
) => void;

function binary(kernel: Binary): void {
  kernel(at(0), rows(0), cols(0), at(1), rows(1), cols(1), at(2), rows(2), cols(2));
}

function ternary(kernel: Ternary): void {
  kernel(
    at(0), rows(0), cols(0), at(1), rows(1), cols(1), at(2), rows(2), cols(2),
    at(3), rows(3), cols(3),
  );
}

function quaternary(kernel: Quaternary): void {
  kernel(
    at(0), rows(0), cols(0), at(1), rows(1), cols(1), at(2), rows(2), cols(2),
    at(3), rows(3), cols(3), at(4), rows(4), cols(4),
  );
}

function runDense(): void {
  dense(at(0), rows(0), cols(0), at(1), cols(1), at(2), at(3), int(0), cols(2), int(op.TILES_ATTRIBUTE));
}

function runPackWeights(): void {
  if (int(0) == op.FORMAT_SORTED) sortColumns(at(0), at(1), at(2), rows(1), cols(1));
  else if (int(0) == op.FORMAT_TILES) packTiles(at(0), at(1), rows(1), cols(1));
  else packWeights(at(0), at(1), rows(1), cols(1), int(0));
}

function runPackedDense(): void {
  packedDense(at(0), rows(0), cols(0), at(1), cols(1), at(2), at(3), int(0), int(1));
}

function runSmallestDense(): void {
  smallestDense(at(0), rows(0), cols(0), at(1), cols(1), at(2), at(3), cols(2), int(0));
}

function runMatmul(): void {
  if (!isDefined(FORWARD_ONLY) && at(3)) {
    return productSum(at(0), rows(2), rows(0), cols(0), at(1), cols(1), at(2), at(3), cols(3), at(4));
  }
  const inner = int(0) ? rows(1) : cols(1), line = int(1) ? rows(2) : cols(2);
  matmul(
    at(0), rows(0), cols(0), inner, at(1), cols(1), int(0), at(2), cols(2), int(1), line,
    int(op.TILES_ATTRIBUTE),
  );
}

function runSumRows(): void {
  sumRows(at(0), at(1), rows(1), cols(0), int(0), cols(1));
}

function runActivationGrad(): void {
  activationGrad(
    at(0), rows(0), cols(0), at(1), rows(1), cols(1), at(2), rows(2), cols(2), int(0),
  );
}

function runClampGrad(): void {
  if (at(5)) {
    return posteriorGrad(
      at(0), size(0), at(1), at(2), at(3), at(4), at(5), int(op.WEIGHT_ATTRIBUTE), float(0), float(1),
    );
  }
  clampGrad(
    at(0), rows(0), cols(0), at(1), rows(1), cols(1), at(2), rows(2), cols(2), float(0), float(1),
  );
}

function runBroadcast(): void {
  broadcast(at(0), rows(0), cols(0), at(1), rows(1), cols(1), int(0));
}

function runRandomNormal(): void {
  randomNormal(at(0), rows(0), cols(0), int(0), at(1), int(1), int(2));
}

function runRandomUniform(): void {
  randomUniform(at(0), rows(0), cols(0), int(0), at(1), int(1), int(2));
}

function runAdamStep(): void {
  adamStep(
    at(0), size(0), at(1), at(2), at(3), at(4), at(5),
    float(0), float(1), float(2), float(3), float(4), float(5),
  );
}

function runSgdStep(): void {
  sgdStep(at(0), size(0), at(1), at(2), at(3), at(4), float(0));
}
