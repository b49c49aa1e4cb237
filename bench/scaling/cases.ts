/** The cases of `bench:scaling`: rows of a run, width of the hidden layers, threads. */
import { layersOf, type Workload, WORKLOADS } from "../lib/workloads.ts";

export interface ScalingCase {
  readonly axis: "rows" | "width" | "threads";
  readonly work: "score" | "train";
  readonly workload: Workload;
  readonly rows: number;
}

/** Requested threads; those in use may be fewer. */
export const THREADS: readonly number[] = [1, 2];

const ROWS = [1, 2, 4, 8, 16, 64, 256, 1024, 4096] as const;
const WIDTHS = [16, 32, 64, 128, 256, 512, 1024] as const;
const WIDTH_ROWS = 128;
const TWO = ["score", "train"] as const;

function wide(width: number): Workload {
  const name = `${width}`;
  const kind = { activation: "relu", likelihood: "gaussian" } as const;
  return { name, inputs: 128, hidden: [width], latent: 16, ...kind };
}

const named = (...names: string[]) => WORKLOADS.filter(({ name }) => names.includes(name));

export const CASES: readonly ScalingCase[] = [
  ...named("W1", "W2", "W3").flatMap((workload) =>
    ROWS.map((rows): ScalingCase => ({ axis: "rows", work: "score", workload, rows }))
  ),
  ...TWO.flatMap((work) =>
    WIDTHS.map((width): ScalingCase => ({
      axis: "width",
      work,
      workload: wide(width),
      rows: WIDTH_ROWS,
    }))
  ),
  ...WORKLOADS.flatMap((workload): ScalingCase[] => [
    { axis: "threads", work: "score", workload, rows: 1 },
    { axis: "threads", work: "score", workload, rows: 1024 },
    { axis: "threads", work: "train", workload, rows: 128 },
    { axis: "threads", work: "train", workload, rows: 512 },
  ]),
];

/** Operations of the products, two for each multiply-add; a step has three products for each one of a score. */
export function flopsOf({ work, workload, rows }: ScalingCase): number {
  const layers = layersOf(workload);
  const weights = layers.reduce((sum, [inputs, outputs]) => sum + inputs * outputs, 0);
  // The gradient by the data is not needed.
  const unneeded = layers[0][0] * layers[0][1];
  return 2 * rows * (work === "score" ? weights : 3 * weights - unneeded);
}
