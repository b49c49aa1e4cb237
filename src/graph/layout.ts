/** Where values are stored: segments of memory, places within them, and layouts of named matrices. */
import type { Shape } from "../core/shape.ts";
import { Arena } from "./arena.ts";

/** Programs of one model share parameters and state; each program has its own scratch. */
export type SegmentName = "parameters" | "state" | "scratch";

/** Where a value is stored: `offset` counts elements from the start of the segment. */
export interface Place {
  readonly segment: SegmentName;
  readonly offset: number;
  readonly shape: Shape;
}

/** Names and places within a shared segment, and the segment's length in elements. */
export interface Layout {
  readonly length: number;
  readonly places: ReadonlyMap<string, Place>;
}

/** Lays out named matrices consecutively in a shared segment. */
export function layOut(
  segment: SegmentName,
  tensors: Iterable<{ readonly name: string; readonly rows: number; readonly cols: number }>,
): Layout {
  const arena = new Arena();
  const places = new Map(
    Array.from(tensors, ({ name, rows, cols }) => {
      const shape = { rows, cols, batched: false };
      return [name, { segment, offset: arena.allocate(rows * cols), shape }] as const;
    }),
  );
  return { length: arena.length, places };
}
