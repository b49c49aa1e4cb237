/** What the page of results says of training steps on a GPU. */
import type { AdapterReport } from "../../src/backends/open.ts";
import type { MachineReport } from "../lib/machine.ts";

export interface GpuCell {
  readonly workload: string;
  readonly batch: number;
  /** Draws a row of the importance-weighted bound, or null. */
  readonly samples: number | null;
  /** The largest difference of a loss to WebAssembly's. */
  readonly parity: number;
  /** Of one step: the median over submits. */
  readonly ms: number;
  /** Of these what the host spends before it waits. */
  readonly hostMs: number;
  readonly submits: number;
}

export interface GpuResults {
  readonly date: string;
  readonly machine: MachineReport;
  readonly adapter: AdapterReport;
  readonly seconds: number;
  readonly cells: readonly GpuCell[];
}

export function gpuPage({ date, machine, adapter, cells }: GpuResults): string {
  const lines = cells.map(({ workload, batch, samples, parity, ms, hostMs }) => {
    const objective = samples === null ? "ELBO" : `IWAE, k = ${samples}`;
    const figures = [ms.toFixed(3), hostMs.toFixed(4), parity.toExponential(1)];
    return `| ${[workload, objective, batch, ...figures].join(" | ")} |`;
  });
  return [
    `${adapter.name}${
      adapter.software ? " (software)" : ""
    }; ${machine.cpu}, Deno ${machine.deno}; ${
      date.slice(0, 10)
    }. Milliseconds of a training step, 64 to a submit.`,
    "",
    "| Net | Objective | Batch | Step, ms | of it host, ms | Parity of losses |",
    "| --- | --- | ---: | ---: | ---: | ---: |",
    ...lines,
  ].join("\n");
}
