/** Goals on a GPU, from two files of results whose ratios are known. */
import { deepEqual, match, throws } from "node:assert/strict";
import type { GpuCell, GpuResults } from "../../bench/gpu/page.ts";
import { type TorchResults, verdictsOf, verdictTable } from "../../bench/gpu/verdicts.ts";

const cell = (batch: number, ms: number, gigaflops: number, samples: number | null = null) =>
  ({ workload: "W1", batch, samples, ms, gigaflops }) as GpuCell;

const elbow = {
  adapter: { name: "NVIDIA A100-SXM4" },
  cells: [cell(128, 2, 1), cell(1024, 2, 1), cell(8192, 4, 450), cell(20, 1, 1, 50)],
} as unknown as GpuResults;

const torch: TorchResults = {
  card: "NVIDIA A100-SXM4",
  cells: [
    { workload: "W1", batch: 128, samples: null, mode: "eager", ms: 6 },
    { workload: "W1", batch: 128, samples: 5, mode: "graphs", ms: 9 },
    { workload: "W1", batch: 128, samples: null, mode: "graphs", ms: 1 },
  ],
  products: [{ side: 4096, gigaflops: 1000 }, { side: 1024, gigaflops: 500 }],
};

Deno.test("goals are checked by ratios of times, and by a share of the largest product", () => {
  const verdicts = verdictsOf(elbow, torch);
  deepEqual(verdicts.map(({ batch, reached, least }) => [batch, reached, least]), [
    [128, 3, 3],
    [128, 0.5, 1],
    [8192, 0.45, 0.5],
  ]);
  deepEqual(
    verdictTable(verdicts).split("\n").slice(2).map((line) => line.split(" | ").at(-1)),
    ["held |", "not held |", "not held |"],
  );
});

Deno.test("a mode that failed counts as not measured, and results of another GPU are not compared", () => {
  const failed = { ...torch, cells: [], products: [] };
  match(verdictTable(verdictsOf(elbow, failed)), /128 \| of eager \| 3 \| - \| not measured/);
  throws(() => verdictsOf(elbow, { ...torch, card: "NVIDIA H200" }), /must be of one card/);
});
