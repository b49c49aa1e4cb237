/**
 * The conformance suite: every operation of a backend against the float64 reference, element by element, within the
 * tolerance of its case; in place and not; with full and partial batches.
 *
 *     runConformance("wasm simd", () => openWasm({ build: "simd" }));
 */
import assert from "node:assert/strict";
import type { Backend } from "../../src/backends/backend.ts";
import { openReference } from "../util/reference.ts";
import { rowsAt, showShape } from "../../src/core/shape.ts";
import { OPS } from "../../src/ops/catalogue.ts";
import { OP_NAMES, type OpName } from "../../src/ops/names.ts";
import { ulpOf } from "../util/close.ts";
import type { Case, CaseGenerator, Matrix, Operand, Tolerance } from "./case.ts";
import { CASES } from "./cases.ts";
import { openCase, planCase } from "./harness.ts";
import { CAPACITY, RUNS } from "./shapes.ts";

/** Registers one test for each operation, or for those that the backend has. */
export function runConformance(
  label: string,
  openBackend: () => Backend | Promise<Backend>,
  ops: readonly OpName[] = OP_NAMES,
): void {
  for (const op of ops) {
    Deno.test(`${label}: ${op}() conforms to the float64 reference`, async () => {
      const backend = await openBackend();
      await checkOperation(op, backend);
      backend.dispose();
    });
  }
}

/** How the cases of an operation are run. */
export interface Ways {
  /** Whether a plan may overwrite operands in place; a backend with its own memory layout never does. */
  readonly inPlace: boolean;
}

/** Runs every case of an operation. @throws Error that names the case */
export async function checkOperation(
  op: OpName,
  backend: Backend,
  ways: Ways = { inPlace: true },
): Promise<void> {
  const oracle = openReference();
  const cases = (CASES[op] as unknown as CaseGenerator<OpName>)();
  // Together, so that an asynchronous backend is awaited rarely.
  await Promise.all(cases.map((each, i) => assertConforms(op, each, i, backend, oracle, ways)));
}

/** Runs one case in all possible ways. @throws Error that names the case */
export async function assertConforms(
  op: OpName,
  given: Case,
  index: number,
  backend: Backend,
  oracle: Backend,
  { inPlace }: Ways = { inPlace: true },
): Promise<void> {
  const batched = given.operands.some(({ shape }) => shape.batched) ||
    (given.attrs as { batched?: boolean }).batched === true;
  const copies = OPS[op].inPlace && inPlace ? [undefined, index % OPS[op].arity] : [undefined];
  for (const copied of copies) {
    const planned = planCase(op, given, copied);
    const tested = openCase(backend, given, planned), reference = openCase(oracle, given, planned);
    for (const rows of batched ? RUNS : [CAPACITY]) {
      const what = describeCase(op, given, index, rows, copied);
      try {
        const got = await tested.run(rows), want = await reference.run(rows);
        const colsOf = planned.plan.outputs.get("output")?.shape.cols ??
          given.operands[0].shape.cols;
        want.forEach((values, i) => {
          assertResult(got[i], values, given, given.tolerances[i], { rows, cols: colsOf });
        });
      } catch (error) {
        throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
      }
    }
    tested.dispose();
    reference.dispose();
  }
}

function assertResult(
  got: Float64Array,
  want: Float64Array,
  { operands, attrs }: Case,
  tolerance: Tolerance,
  { rows, cols }: { readonly rows: number; readonly cols: number },
): void {
  assert.equal(got.length, want.length);
  const matrices = operands.map((operand) => matrixOf(operand, rows));
  want.forEach((value, i) => {
    if (Object.is(got[i], value) || got[i] === Math.fround(value)) return;
    const [row, col] = [Math.floor(i / cols), i % cols];
    const paired = matrices.map((matrix) =>
      matrix.at(matrix.rows === 1 ? 0 : row, matrix.cols === 1 ? 0 : col)
    );
    const limit = tolerance({ want: value, row, col, paired, operands: matrices, attrs });
    const distance = Math.abs(got[i] - value);
    if (distance <= limit) return;
    const size = `${distance.toPrecision(3)} = ${(distance / ulpOf(value)).toPrecision(3)} ULP`;
    assert.fail(
      `[${row}, ${col}] got ${got[i]}, want ${value}, off by ${size}, tolerance ${
        limit.toPrecision(3)
      }, from ${paired.join(", ")}`,
    );
  });
}

function matrixOf({ shape, values }: Operand, batchRows: number): Matrix {
  const rows = rowsAt(shape, batchRows);
  return { rows, cols: shape.cols, at: (row, col) => values[row * shape.cols + col] };
}

function describeCase(op: OpName, given: Case, index: number, rows: number, copied?: number) {
  const shapes = given.operands.map(({ shape }) => showShape(shape)).join(", ");
  const inPlace = copied === undefined ? "" : `, operand ${copied} may be overwritten`;
  return `${op} case ${index}: ${shapes} ${JSON.stringify(given.attrs)}, B = ${rows}${inPlace}`;
}
