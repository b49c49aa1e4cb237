/**
 * The instruction loop: walks a list of records (src/backends/wasm/abi.ts) and calls one kernel each.
 * A record holds everything but the number of batch rows, which is the run's.
 *
 * Cost: some 40 comparisons and a call, about 20 ns an instruction.
 */
import * as ops from "./opcodes.gen";
import { bernoulliLogProb, bernoulliLogProbGrad } from "./bernoulli";
import { dense, matmul } from "./dense";
import * as elementwise from "./elementwise";
import * as gaussian from "./gaussian";
import { concatCols, padCols, sliceCols } from "./layout";
import { adamStep, clipScale, sgdStep } from "./optimizer";
import { randomNormal } from "./random";
import * as reductions from "./reductions";

// The record being executed, and the rows of the batch.
let record: usize = 0;
let batchRows: i32 = 0;

/** Executes `count` records at `list` over `rows` batch rows. */
export function run(list: usize, count: i32, rows: i32): void {
  batchRows = rows;
  record = list;
  for (const end = list + <usize>count * ops.RECORD_BYTES; record < end;) {
    const opcode = load<i32>(record);
    if (!runLinear(opcode) && !runElementwise(opcode) && !runDensity(opcode)) {
      if (!runReduction(opcode) && !runLayout(opcode) && !runOptimizer(opcode)) unreachable();
    }
    record += ops.RECORD_BYTES;
  }
}

/** Attribute `i` as an integer. */
@inline
function int(i: i32): i32 {
  return load<i32>(record + (<usize>i << 2), ops.ATTRIBUTE_BYTE);
}

/** Attribute `i` as a float32. */
@inline
function float(i: i32): f32 {
  return load<f32>(record + (<usize>i << 2), ops.ATTRIBUTE_BYTE);
}

/** Operand 0 is the output. */
@inline
function operand(slot: i32): usize {
  return record + <usize>(slot * ops.OPERAND_BYTES) + ops.OPERAND_BYTE;
}

@inline
function pointer(slot: i32): usize {
  return load<usize>(operand(slot));
}

function rows(slot: i32): i32 {
  return load<i32>(operand(slot), 4) + load<i32>(operand(slot), 8) * batchRows;
}

@inline
function cols(slot: i32): i32 {
  return load<i32>(operand(slot), 12);
}

@inline
function size(slot: i32): i32 {
  return rows(slot) * cols(slot);
}
