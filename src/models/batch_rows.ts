/**
 * The rows that programs read, and their parts: [x | c | m]. The rows of a conditional model contain the condition c
 * after the data. If cells may be missing, every row has a mask m: 1 where a cell is present, 0 where it is missing
 * (made by `trained/rows/model_rows.ts`).
 */
import { batched } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import { filled } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import { latentSize, type ModelSpec, rowWidth } from "./spec.ts";

/** A batch of rows, and its parts. */
export interface BatchRows {
  /** The encoder's input: `[B, D + C]`, or with a mask `[B, D + C + D]`. */
  readonly all: Node;
  /** `[B, D]` */
  readonly x: Node;
  /** `[B, C]`; absent if the model has no condition. */
  readonly condition?: Node;
  /** 1 where a cell of x is present, 0 where it is missing, `[B, D]`; absent if the model takes no missing cells. */
  readonly observed?: Node;
}

/** The rows that a program reads: the input `x`. */
export function rowsInput(g: Graph, spec: ModelSpec): BatchRows {
  return batchRows(g, spec, g.input("x", batched(rowWidth(spec))));
}

export function batchRows(
  g: Graph,
  { inputs, condition: classes, missing }: ModelSpec,
  given: Node,
) {
  if (!missing) return splitRows(g, given, inputs);
  const withoutMask = inputs + classes;
  const rows = splitRows(g, g.sliceCols(given, { start: 0, count: withoutMask }), inputs);
  const observed = g.sliceCols(given, { start: withoutMask, count: inputs });
  return { ...rows, ...(missing === "mask" && { all: given }), observed };
}

/** The same rows with x replaced. */
export function withCells(g: Graph, rows: BatchRows, x: Node, spec: ModelSpec): BatchRows {
  const { condition, observed } = rows;
  const withoutMask = condition ? g.concatCols(x, condition) : x;
  const all = observed && spec.missing === "mask"
    ? g.concatCols(withoutMask, observed)
    : withoutMask;
  return { ...rows, x, all };
}

/** The decoder's input `z`, `[B, L]`, and the condition after it. */
export function latentInput(g: Graph, spec: ModelSpec): { z: Node; condition?: Node } {
  const size = latentSize(spec);
  const { x: z, condition } = splitRows(g, g.input("z", batched(size + spec.condition)), size);
  return { z, condition };
}

function splitRows(g: Graph, all: Node, columns: number): BatchRows {
  const conditionColumns = all.shape.cols - columns;
  if (conditionColumns === 0) return { all, x: all };
  return {
    all,
    x: g.sliceCols(all, { start: 0, count: columns }),
    condition: g.sliceCols(all, { start: columns, count: conditionColumns }),
  };
}

/** Rows `[r, D + C]` without missing cells, in the form of the encoder's input. */
export function completeRows(g: Graph, { inputs, missing }: ModelSpec, rows: Node): Node {
  if (missing !== "mask") return rows;
  const { rows: count, batched } = rows.shape;
  return g.concatCols(rows, filled(g, 1, { rows: count, cols: inputs, batched }));
}
