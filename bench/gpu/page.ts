/** The page of results for a GPU: training steps, scores, products. */
import type { AdapterReport } from "../../src/backends/open.ts";
import type { MachineReport } from "../lib/machine.ts";

export interface GpuCell {
  readonly workload: string;
  readonly batch: number;
  /** Draws per row of the importance-weighted bound, or null. */
  readonly samples: number | null;
  /** The largest difference of a loss from WebAssembly's. */
  readonly parity: number;
  /** Of one step: the median over submits. */
  readonly ms: number;
  /** The part of it that the host spends before it waits. */
  readonly hostMs: number;
  /** GFLOP/s of the products of a step. */
  readonly gigaflops: number;
  /** Of one step. */
  readonly dispatches: number;
  readonly submits: number;
}

/** Scores of many rows in one call, with rows and scores on the host. */
export interface ScoreCell {
  readonly workload: string;
  readonly rows: number;
  readonly rowsPerSecond: number;
}

/** A product of two square matrices on the device, with one wait for many of them. */
export interface ProductCell {
  readonly side: number;
  readonly ms: number;
  readonly gigaflops: number;
}

export interface GpuResults {
  readonly date: string;
  readonly machine: MachineReport;
  readonly adapter: AdapterReport;
  readonly seconds: number;
  readonly cells: readonly GpuCell[];
  readonly scores: readonly ScoreCell[];
  readonly products: readonly ProductCell[];
}

export function gpuPage(results: GpuResults): string {
  const { date, machine, adapter, cells, scores, products } = results;
  const lines = cells.map((cell) => {
    const { workload, batch, samples, parity, ms, hostMs, dispatches, gigaflops } = cell;
    const objective = samples === null ? "ELBO" : `IWAE, k = ${samples}`;
    const times = [ms.toFixed(3), hostMs.toFixed(4), gigaflops.toFixed(1)];
    return `| ${
      [workload, objective, batch, ...times, dispatches, parity.toExponential(1)].join(" | ")
    } |`;
  });
  return [
    `${adapter.name}${
      adapter.software ? " (software)" : ""
    }; ${machine.cpu}, Deno ${machine.deno}; ${
      date.slice(0, 10)
    }. Milliseconds of a training step, 64 to a submit.`,
    "",
    "| Net | Objective | Batch | Step, ms | of it host, ms | GFLOP/s | Dispatches | Parity of losses |",
    "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...lines,
    "",
    "| Net | Rows scored in a call | Rows/s |",
    "| --- | ---: | ---: |",
    ...scores.map(({ workload, rows, rowsPerSecond }) =>
      `| ${workload} | ${rows} | ${Math.round(rowsPerSecond)} |`
    ),
    "",
    "| Square product, side | ms | GFLOP/s |",
    "| ---: | ---: | ---: |",
    ...products.map(({ side, ms, gigaflops }) =>
      `| ${side} | ${ms.toFixed(3)} | ${gigaflops.toFixed(1)} |`
    ),
  ].join("\n");
}
