/**
 * A task: a part of a dispatch with its own workgroups. Its text is the body of a WGSL function of (base, group,
 * local): the start of its record, its workgroup, and the thread. The text refers to words of the record by position,
 * so tasks that differ only in sizes have the same text.
 */
import type { Shape } from "../../../core/shape.ts";
import type { Value } from "../values.ts";

export interface Task {
  readonly source: string;
  readonly words: readonly number[];
  /** Workgroups, for a full batch. */
  readonly groups: number;
}

/** Collects the words of a record while the text is written. */
export class Words {
  readonly list: number[] = [];

  /** The expression of a new word. */
  u32(value: number): string {
    this.list.push(value >>> 0);
    return `records[base + ${this.list.length - 1}u]`;
  }

  /** The expression of a new float32. */
  f32(value: number): string {
    return `bitcast<f32>(${this.u32(new Uint32Array(new Float32Array([value]).buffer)[0])})`;
  }

  /** The number of rows in the run, as an expression. */
  rows({ rows, batched }: Shape): string {
    const fixed = this.u32(batched ? 0 : rows), perBatchRow = this.u32(batched ? rows : 0);
    return `(${fixed} + ${perBatchRow} * control[0])`;
  }
}

/** An element of a value, by its index, as an expression that can be read and written. */
export function element({ home }: Value, index: string): string {
  return `${home}[${index}]`;
}

/** The same, read-only: float32 in either parameter format. */
export function readElement(value: Value, index: string): string {
  return value.home === "parameters" ? `parameter(${index})` : element(value, index);
}
