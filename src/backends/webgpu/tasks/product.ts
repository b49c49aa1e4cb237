/**
 * Matrix products: `dense` (with bias and activation) and `matmul` in all four transpositions, which differ only in
 * strides: element (i, k) of the left operand is at i·down + k·along, and so on.
 *
 *   bindings  operands anywhere, result in scratch
 *   dispatch  one workgroup per tile of the output and part of its sums (`values.ts`)
 *   limits    the pool of a workgroup, (tileRows + tileCols) · depth floats (`tiles.ts`)
 *
 * Each thread keeps `high` × `wide` sums in registers. A tile with depth > 0 copies that many steps of the inner
 * dimension to workgroup memory at a time. With depth 0, threads read the operands directly: software adapters run a
 * workgroup on one core, where copying gains nothing.
 */
import type { Activation } from "../../../ops/names.ts";
import { rowsAt, sizeAt } from "../../../core/shape.ts";
import { ACTIVATE } from "../kernels/elementwise.ts";
import { WORKGROUP } from "../layout.ts";
import type { Operand, Step, Value } from "../values.ts";
import { type Extents, extentsOf } from "./extents.ts";
import { element, readElement, type Task, Words } from "./task.ts";

/** The tiling of a product: threads across, and registers per thread. */
export interface Tile {
  /** Threads along the columns; WORKGROUP / across along the rows. */
  readonly threadsAcross: number;
  readonly rowsPerThread: number;
  readonly colsPerThread: number;
  /** Steps of the inner dimension held in workgroup memory at a time; 0 for none. */
  readonly depth: number;
}

const tileRows = ({ threadsAcross, rowsPerThread }: Tile): number =>
  WORKGROUP / threadsAcross * rowsPerThread;
const tileCols = ({ threadsAcross, colsPerThread }: Tile): number => threadsAcross * colsPerThread;

/** Floats of workgroup memory needed by a tile. */
export const poolOf = (tile: Tile): number => (tileRows(tile) + tileCols(tile)) * tile.depth;

/** One operand of a product: its start, and its strides. */
interface Side {
  readonly value: Value;
  readonly start: string;
  readonly outer: string;
  readonly inner: string;
}

/** The number of parts of each sum, and the terms per part. */
function partsOf({ output }: Step, { rows, cols, inner }: Extents, capacity: number) {
  const parts = rows.batched ? 1 : sizeAt(output.shape, capacity) / (rows.rows * cols);
  return { parts, span: Math.ceil(rowsAt(inner, capacity) / parts) };
}

export function productTask(step: Step, tile: Tile, capacity: number): Task {
  const words = new Words();
  const { op, attrs, inputs, output } = step, extents = extentsOf(step);
  const { rows, cols, inner } = extents, { parts, span } = partsOf(step, extents, capacity);
  const [left, right] = [
    side(inputs[0], op === "matmul" && attrs.transposeA === true, words),
    side(inputs[1], !(op === "matmul" && attrs.transposeB === true), words),
  ];
  const tilesAcross = Math.ceil(cols / tileCols(tile));
  const height = rows.batched ? rows.rows * capacity : rows.rows;
  const tiles = tilesAcross * Math.ceil(height / tileRows(tile));
  const target = element(
    output.value,
    `${words.u32(output.value.offset)} + (part * rows + i) * cols + j`,
  );
  const source = `let rows = ${words.rows(rows)};
let cols = ${words.u32(cols)};
let tilesAcross = ${words.u32(tilesAcross)};
let part = group / ${words.u32(tiles)};
let tile = group % ${words.u32(tiles)};
let firstTerm = part * ${words.u32(span)};
let depth = min(${words.rows(inner)}, firstTerm + ${words.u32(span)});
let firstRow = tile / tilesAcross * ${tileRows(tile)}u;
let firstCol = tile % tilesAcross * ${tileCols(tile)}u;
if (firstRow >= rows) { return; }
let down = local / ${tile.threadsAcross}u;
let along = local % ${tile.threadsAcross}u;
${register(tile, (r, c) => `var s${r}${c} = 0.0;`)}
${tile.depth === 0 ? directSums(tile, left, right) : sharedMemorySums(tile, left, right, step)}
${write(tile, target, step, words)}`;
  return { source, words: words.list, groups: parts * tiles };
}

/** @param isInnerFirst whether the inner dimension is the rows of the operand */
function side({ value, shape: { cols } }: Operand, isInnerFirst: boolean, words: Words): Side {
  const start = words.u32(value.offset);
  const outer = words.u32(isInnerFirst ? 1 : cols), inner = words.u32(isInnerFirst ? cols : 1);
  return { value, start, outer, inner };
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

function register(
  { rowsPerThread, colsPerThread }: Tile,
  write: (r: number, c: number) => string,
): string {
  return range(rowsPerThread).map((r) => range(colsPerThread).map((c) => write(r, c)).join(" "))
    .join("\n");
}

const rowOf = ({ threadsAcross }: Tile, r: number) =>
  `firstRow + down + ${r * WORKGROUP / threadsAcross}u`;
const colOf = ({ threadsAcross }: Tile, c: number) => `firstCol + along + ${c * threadsAcross}u`;

/** Rows and columns past the end read the last ones; their sums are not written. */
function directSums(tile: Tile, left: Side, right: Side): string {
  const { rowsPerThread, colsPerThread } = tile;
  const starts = range(rowsPerThread).map((r) =>
    `let a${r} = ${left.start} + min(${rowOf(tile, r)}, rows - 1u) * ${left.outer};`
  ).concat(
    range(colsPerThread).map((c) =>
      `let b${c} = ${right.start} + min(${colOf(tile, c)}, cols - 1u) * ${right.outer};`
    ),
  );
  const loads = range(rowsPerThread).map((r) =>
    `let x${r} = ${readElement(left.value, `a${r} + k * aStep`)};`
  )
    .concat(
      range(colsPerThread).map((c) =>
        `let y${c} = ${readElement(right.value, `b${c} + k * bStep`)};`
      ),
    );
  return `${starts.join("\n")}
let aStep = ${left.inner};
let bStep = ${right.inner};
for (var k = firstTerm; k < depth; k++) {
${loads.join("\n")}
${register(tile, (r, c) => `s${r}${c} = fma(x${r}, y${c}, s${r}${c});`)}
}`;
}

function sharedMemorySums(tile: Tile, left: Side, right: Side, { op, attrs }: Step): string {
  const { depth, rowsPerThread, colsPerThread, threadsAcross } = tile;
  const height = tileRows(tile), width = tileCols(tile), rightStart = height * depth;
  // Neighbouring threads read neighbouring elements, in either orientation of the operand.
  const leftAlong = !(op === "matmul" && attrs.transposeA === true);
  const rightAlong = op === "matmul" && attrs.transposeB === true;
  const copy = (
    to: number,
    size: number,
    isAlong: boolean,
    from: Side,
    first: string,
    end: string,
  ) =>
    `for (var e = local; e < ${size * depth}u; e += WORKGROUP) {
let k = ${isAlong ? `e % ${depth}u` : `e / ${size}u`};
let o = ${isAlong ? `e / ${depth}u` : `e % ${size}u`};
var value = 0.0;
if (k0 + k < depth && ${first} + o < ${end}) {
value = ${
      readElement(
        from.value,
        `${from.start} + (${first} + o) * ${from.outer} + (k0 + k) * ${from.inner}`,
      )
    };
}
pool[${to}u + k * ${size}u + o] = value;
}`;
  const threadsDown = WORKGROUP / threadsAcross;
  const loads = range(rowsPerThread).map((r) =>
    `let x${r} = pool[k * ${height}u + down + ${r * threadsDown}u];`
  ).concat(
    range(colsPerThread).map((c) =>
      `let y${c} = pool[${rightStart}u + k * ${width}u + along + ${c * threadsAcross}u];`
    ),
  );
  return `for (var k0 = firstTerm; k0 < depth; k0 += ${depth}u) {
${copy(0, height, leftAlong, left, "firstRow", "rows")}
${copy(rightStart, width, rightAlong, right, "firstCol", "cols")}
workgroupBarrier();
for (var k = 0u; k < ${depth}u; k++) {
${loads.join("\n")}
${register(tile, (r, c) => `s${r}${c} = fma(x${r}, y${c}, s${r}${c});`)}
}
workgroupBarrier();
}`;
}

/** Bias, activation and store, in a loop over the sums: unrolled, they would be most of the text. */
function write(tile: Tile, target: string, { op, attrs, inputs }: Step, words: Words): string {
  const { rowsPerThread, colsPerThread, threadsAcross } = tile,
    count = rowsPerThread * colsPerThread;
  const sums = range(count).map((e) => `s${Math.floor(e / colsPerThread)}${e % colsPerThread}`);
  const bias = op === "dense" &&
    readElement(inputs[2].value, `${words.u32(inputs[2].value.offset)} + j`);
  const result = bias ? ACTIVATE[attrs.activation as Activation](`(sums[e] + ${bias})`) : "sums[e]";
  return `var sums = array<f32, ${count}>(${sums.join(", ")});
for (var e = 0u; e < ${count}u; e++) {
let i = firstRow + down + e / ${colsPerThread}u * ${WORKGROUP / threadsAcross}u;
let j = firstCol + along + e % ${colsPerThread}u * ${threadsAcross}u;
if (i < rows && j < cols) { ${target} = ${result}; }
}
`;
}
