/**
 * Shapes. Every tensor in Elbow is a matrix, and at most one dimension is symbolic: the rows of the minibatch. A
 * batched tensor has `rows` rows per batch row (K for K samples each), so one plan serves every batch up to its
 * capacity.
 */

/** A matrix shape. `rows` counts rows per batch row if `batched`, and plain rows otherwise. */
export interface Shape {
  readonly rows: number;
  readonly cols: number;
  readonly batched: boolean;
}

/** A shape that does not depend on the batch: weights `[I, O]`, biases `[1, O]`, scalars `[1, 1]`. */
export function fixed(rows: number, cols: number): Shape {
  return { rows, cols, batched: false };
}

/** `rowsPerBatchRow · B` rows of `cols` columns, for a batch of B rows. */
export function batched(cols: number, rowsPerBatchRow = 1): Shape {
  return { rows: rowsPerBatchRow, cols, batched: true };
}

/** The shape of a scalar, `[1, 1]`. */
export const SCALAR: Shape = fixed(1, 1);

/** The number of rows in a run over `batchRows` rows. */
export function rowsAt(shape: Shape, batchRows: number): number {
  return shape.batched ? shape.rows * batchRows : shape.rows;
}

/** The number of elements in a run over `batchRows` rows. */
export function sizeAt(shape: Shape, batchRows: number): number {
  return rowsAt(shape, batchRows) * shape.cols;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.rows === b.rows && a.cols === b.cols && a.batched === b.batched;
}

/** `[B, 4]`, `[3B, 4]` or `[2, 4]`, as plans and messages print it. */
export function showShape({ rows, cols, batched }: Shape): string {
  const first = batched ? (rows === 1 ? "B" : `${rows}B`) : `${rows}`;
  return `[${first}, ${cols}]`;
}

/**
 * The shape of an elementwise result: a dimension of one stretches to match the other.
 * @throws RangeError if two dimensions differ and neither is one
 */
export function broadcastShapes(action: string, shapes: readonly Shape[]): Shape {
  return shapes.reduce((a, b) => {
    const aRow = a.rows === 1 && !a.batched, bRow = b.rows === 1 && !b.batched;
    if (!aRow && !bRow && (a.rows !== b.rows || a.batched !== b.batched)) {
      throw mismatch(action, a, b);
    }
    if (a.cols !== 1 && b.cols !== 1 && a.cols !== b.cols) throw mismatch(action, a, b);
    const tall = aRow ? b : a;
    return { rows: tall.rows, batched: tall.batched, cols: Math.max(a.cols, b.cols) };
  });
}

function mismatch(action: string, a: Shape, b: Shape): RangeError {
  return new RangeError(
    `Cannot build ${action}: shapes must agree or be one, got ${showShape(a)} and ${showShape(b)}`,
  );
}
