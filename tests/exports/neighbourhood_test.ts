/**
 * The distance to the nearest references as a graph, with and without an operator for the k smallest, also if several
 * are equally far. Oracle: `NeighbourStatistic`.
 */
import { batched } from "../../src/core/shape.ts";
import { Emitter } from "../../src/exports/primitives/emitter.ts";
import { programOf } from "../../src/exports/primitives/lowered.ts";
import { neighbourhood } from "../../src/exports/primitives/neighbourhood.ts";
import { writeOnnx } from "../../src/exports/onnx.ts";
import type { Fused, Value } from "../../src/exports/primitives/primitives.ts";
import { writeTfjs } from "../../src/exports/tfjs.ts";
import {
  candidatesPerRow,
  NeighbourStatistic,
  type References,
} from "../../src/scoring/ensemble/neighbours.ts";
import { assertRelative } from "../util/close.ts";
import { planeRows } from "../util/data.ts";
import { NODE, runOnnx, runTfjs, WEB } from "./runtimes.ts";

const FEATURES = 3;

/** References that each occur several times, all equally far from their own neighbours. */
function references(count: number, times: number): References {
  const rows = planeRows(count, FEATURES, 4);
  const all = Array.from({ length: times }, () => rows).flat();
  return {
    rows: Float32Array.from(all.flat()),
    spread: Float64Array.from(all, (_, i) => 0.2 + (i % count) / count),
    features: FEATURES,
  };
}

/** t(x), and the shares of the features in it. */
function expected(known: References, x: Float32Array, rows: number) {
  const count = known.spread.length, given = candidatesPerRow(count);
  const places = new Float32Array(rows * given), nearest = new NeighbourStatistic(known, rows);
  for (let slot = 0; slot < rows; slot++) {
    const squares = Array.from({ length: count }, (_, r) => {
      let sum = 0;
      for (let f = 0; f < FEATURES; f++) {
        sum += (x[slot * FEATURES + f] - known.rows[r * FEATURES + f]) ** 2;
      }
      return sum;
    });
    const order = squares.map((_, r) => r).sort((a, b) => squares[a] - squares[b]);
    places.set(order.slice(0, given), slot * given);
  }
  const distance: number[] = [], share: number[] = [];
  for (let slot = 0; slot < rows; slot++) {
    distance.push(nearest.compute({ candidates: places, x }, slot));
    const own = new Float64Array(FEATURES);
    nearest.share({ candidates: places, x }, slot, own);
    share.push(...own);
  }
  return { distance, share };
}

function program(known: References, fused: readonly Fused[]) {
  const e = new Emitter(fused);
  const rows: Value = { name: "rows", shape: batched(FEATURES), double: true };
  return programOf("near", e, [rows], { ...neighbourhood(e, "near", rows, known) });
}

for (
  const [what, known] of [
    ["apart", references(40, 1)],
    ["three at each place", references(15, 3)],
    ["fewer than are wanted", references(4, 1)],
  ] as const
) {
  Deno.test(`a graph finds the nearest references: ${what}`, async () => {
    const rows = 6, x = Float32Array.from(planeRows(rows, FEATURES, 9).flat());
    const want = expected(known, x, rows);
    const inputs = { rows: { data: Float64Array.from(x), cols: FEATURES } };
    for (const fused of [[], ["kthLeast"]] as const) {
      const bytes = writeOnnx(program(known, fused), "0");
      for (const runtime of [WEB, NODE]) {
        const got = await runOnnx(runtime, bytes, inputs);
        // ONNX Runtime fuses the division by ten with the preceding product, as a float32 factor.
        assertRelative([...got.distance.data], want.distance, 2 ** -26, 1e-12);
        // Squares of distances are differences of squares, all in float64.
        assertRelative([...got.share.data], want.share, 1e-12, 1e-12);
      }
    }
    const files = writeTfjs(program(known, []), "0");
    const got = await runTfjs(
      new Map([
        ["near/model.json", new TextEncoder().encode(files["model.json"])],
        ["near/weights.bin", files["weights.bin"]],
      ]),
      "near",
      inputs,
    );
    // In float32: 2^-24 of squares of about 10, within the square root of numbers of about 0.1.
    assertRelative([...got.distance.data], want.distance, 1e-4, 1e-4);
    assertRelative([...got.share.data], want.share, 1e-4, 1e-4);
  });
}
