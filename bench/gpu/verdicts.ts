/**
 * Elbow's times on a GPU against PyTorch's on the same:
 *
 *   batch 128    a step 3 times as fast as eager, and as fast as a CUDA graph
 *   batch 8192   half of the GFLOP/s of PyTorch's largest plain float32 product
 */
import type { GpuResults } from "./page.ts";

/** The results that `pytorch.py` writes. */
export interface TorchResults {
  readonly card: string;
  readonly cells: readonly {
    readonly workload: string;
    readonly batch: number;
    readonly samples: number | null;
    readonly mode: string;
    /** Absent if the mode failed. */
    readonly ms?: number;
  }[];
  readonly products: readonly { readonly side: number; readonly gigaflops: number }[];
}

export interface Verdict {
  readonly workload: string;
  readonly batch: number;
  /** The required ratio. */
  readonly goal: string;
  readonly least: number;
  /** The ratio; absent if PyTorch has no figure. */
  readonly reached?: number;
}

/** @throws RangeError if the results are of different GPUs */
export function verdictsOf(
  { adapter, cells }: Pick<GpuResults, "adapter" | "cells">,
  torch: TorchResults,
): Verdict[] {
  if (!isSameCard(adapter.name, torch.card)) {
    throw new RangeError(
      `Cannot compare: both results must be of one card, got "${adapter.name}" and "${torch.card}"`,
    );
  }
  const largest = torch.products.toSorted((a, b) => a.side - b.side).at(-1)?.gigaflops;
  return cells.flatMap(({ workload, batch, samples, ms, gigaflops }): Verdict[] => {
    const against = (mode: string) => {
      const found = torch.cells.find((each) =>
        each.workload === workload && each.batch === batch && each.samples === samples &&
        each.mode === mode
      );
      return found?.ms === undefined ? {} : { reached: found.ms / ms };
    };
    if (batch === 128) {
      return [
        { workload, batch, goal: "of eager", least: 3, ...against("eager") },
        { workload, batch, goal: "of a CUDA graph", least: 1, ...against("graphs") },
      ];
    }
    if (batch !== 8192) return [];
    const reached = largest === undefined ? {} : { reached: gigaflops / largest };
    return [{ workload, batch, goal: "of a plain product", least: 0.5, ...reached }];
  });
}

function isSameCard(a: string, b: string): boolean {
  const [one, other] = [a.toLowerCase(), b.toLowerCase()];
  return one.includes(other) || other.includes(one);
}

/** A table with a line for each goal. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  return [
    "| Net | Batch | Speed | Goal | Reached | |",
    "| --- | ---: | --- | ---: | ---: | --- |",
    ...verdicts.map(({ workload, batch, goal, least, reached }) => {
      const held = reached === undefined ? "not measured" : reached >= least ? "held" : "not held";
      return `| ${
        [workload, batch, goal, least, reached?.toPrecision(3) ?? "-", held].join(" | ")
      } |`;
    }),
  ].join("\n");
}
