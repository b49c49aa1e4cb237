/**
 * The record being executed: its opcode, attributes and operands (src/backends/wasm/abi.ts). Everything is in the
 * record except the number of batch rows, which belongs to the run. Each thread has its own current record.
 */
import * as op from "./opcodes.gen";

let current: usize = 0;
let batchRows: i32 = 0;
/** The list that this thread walks alone, one record after the other; beyond all records for none. */
let listStart: usize = 0xffffffff;

/** Sets the current record. */
export function setRecord(address: usize, batch: i32): void {
  current = address;
  batchRows = batch;
}

/** Sets the list that this thread walks alone; -1 for none. */
@inline
export function setListStart(list: usize): void {
  listStart = list;
}

/** Whether the record is a dense layer of the same rows as the one that this thread has just executed. */
export function hasSameRows(): bool {
  const x = operand(1), previous = x - op.RECORD_BYTES;
  return current > listStart && opcode() == op.OP_DENSE &&
    load<i32>(current - op.RECORD_BYTES) == op.OP_DENSE &&
    load<i64>(x) == load<i64>(previous) && load<i64>(x, 8) == load<i64>(previous, 8);
}

@inline
export function record(): usize {
  return current;
}

@inline
export function opcode(): i32 {
  return load<i32>(current);
}

/** Attribute `i` as an integer. */
@inline
export function int(i: i32): i32 {
  return load<i32>(current + (<usize>i << 2), op.ATTRIBUTE_BYTE);
}

/** Attribute `i` as a float32. */
@inline
export function float(i: i32): f32 {
  return load<f32>(current + (<usize>i << 2), op.ATTRIBUTE_BYTE);
}

/** Address of an operand's words; slot 0 is the output. */
@inline
export function operand(slot: i32): usize {
  return current + <usize>slot * op.OPERAND_BYTES + op.OPERAND_BYTE;
}

/** The address of an operand. */
@inline
export function at(slot: i32): usize {
  return load<usize>(operand(slot));
}

export function rows(slot: i32): i32 {
  return load<i32>(operand(slot), 4) + load<i32>(operand(slot), 8) * batchRows;
}

@inline
export function cols(slot: i32): i32 {
  return load<i32>(operand(slot), 12);
}

@inline
export function size(slot: i32): i32 {
  return rows(slot) * cols(slot);
}
