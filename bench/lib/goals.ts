/**
 * Elbow's goals against its peers, as ratios of times: quiet to quiet and typical to typical. A goal over several cells
 * is decided by the worst of them.
 */
import type { Kind } from "./workloads.ts";
import type { Cell } from "./statistics.ts";

/** A cell and its peer. */
export interface PeerCell extends Cell {
  readonly kind: Kind;
  /** Empty for products. */
  readonly workload: string;
  readonly case: string;
  readonly peer: string;
}

/** In every named cell, the rival takes at least `floor` times as long as `ours`. */
export interface Goal {
  readonly number: string;
  readonly what: string;
  readonly kind: Kind;
  readonly workloads: readonly string[];
  readonly cases: readonly string[];
  readonly rival: string;
  /** "elbow" by default. */
  readonly ours?: string;
  readonly floor: number;
}

const ALL = ["W1", "W2", "W3", "W3b"];
const GEMM = ["128x784x400", "128x400x784", "512x512x512", "1024x784x400", "128x128x256"];
const gemm = { kind: "gemm", workloads: [""], cases: GEMM } as const;
const one = { kind: "score", cases: ["1"] } as const;
const many = { kind: "score", cases: ["64", "1024"], workloads: ALL } as const;
const most = { kind: "score", cases: ["1024"] } as const;

/** Training steps against PyTorch, by workload: the floor for each batch. */
const TORCH_FLOORS: readonly (readonly [string, number, number, number])[] = [
  ["W1", 20, 6, 2.2],
  ["W2", 2.5, 1, 0.6],
  ["W3", 1, 0.5, 0.4],
  ["W3b", 1.2, 0.6, 0.45],
];
const BATCHES = ["32", "128", "512"];

function steps(rival: string, floor: number): Goal {
  const what = `training step / ${rival}, all`;
  return { number: "10", what, kind: "train", workloads: ALL, cases: BATCHES, rival, floor };
}

function step(number: string, workload: string, batch: string, floor: number, ours?: string): Goal {
  const what = `training step ${workload} batch ${batch} / torch-1t`;
  const cell = { kind: "train", workloads: [workload], cases: [batch] } as const;
  return { number, what, ...cell, rival: "torch-1t", floor, ours };
}

function iwae(number: string, floor: number, ours?: string): Goal {
  const cell = { kind: "iwae", workloads: ["W3b"], cases: ["20"] } as const;
  return { number, what: "IWAE step / torch-1t", ...cell, rival: "torch-1t", floor, ours };
}

function single(number: string, rival: string, floors: Readonly<Record<string, number>>): Goal[] {
  return Object.entries(floors).map(([workload, floor]) => {
    const what = `score ${workload} batch 1 / ${rival}`;
    return { number, what, ...one, workloads: [workload], rival, floor };
  });
}

// deno-fmt-ignore
export const GOALS: readonly Goal[] = [
  { number: "2", what: "products / tfjs-wasm", ...gemm, rival: "tfjs-wasm", floor: 1.7 },
  { number: "2", what: "products / ort-web-1t", ...gemm, rival: "ort-web-1t", floor: 1.9 },
  { number: "2", what: "products / jax-js-1t", ...gemm, rival: "jax-js-1t", floor: 1.6 },
  ...single("3", "ort-web-1t", { W1: 25, W2: 4, W3: 2.2, W3b: 2.2 }),
  ...single("4", "ort-node-1t", { W1: 25, W2: 3, W3: 1.4 }),
  { number: "6", what: "score batch 64 and 1024 / ort-web-1t, all", ...many, rival: "ort-web-1t", floor: 2 },
  { number: "6", what: "score batch 64 and 1024 / tfjs-wasm, all", ...many, rival: "tfjs-wasm", floor: 1.8 },
  { number: "7", what: "score batch 1024 / ort-node-1t, W1 W2", ...most, workloads: ["W1", "W2"], rival: "ort-node-1t", floor: 0.25 },
  { number: "7", what: "score batch 1024 / ort-node-1t, W3 W3b", ...most, workloads: ["W3", "W3b"], rival: "ort-node-1t", floor: 0.5 },
  ...TORCH_FLOORS.flatMap(([workload, ...floors]) => floors.map((floor, i) => step("8", workload, BATCHES[i], floor))),
  iwae("8", 0.45),
  step("9", "W3", "128", 0.9, "elbow-2t"),
  step("9", "W3", "512", 0.75, "elbow-2t"),
  iwae("9", 0.85, "elbow-2t"),
  steps("tfjs-wasm", 12),
  steps("jax-js-1t", 2),
  { number: "11", what: "score, all / plain-js", kind: "score", workloads: ALL, cases: ["1", "64", "1024"], rival: "plain-js", floor: 18 },
  { number: "11", what: "training step, all / plain-js", kind: "train", workloads: ALL, cases: BATCHES, rival: "plain-js", floor: 18 },
  { number: "12", what: "cold start to the first W3 score / ort-web-1t", kind: "cold", workloads: ["W3"], cases: ["first score"], rival: "ort-web-1t", floor: 10 },
  { number: "14", what: "score batch 1024, one thread / two, all", ...most, workloads: ALL, rival: "elbow", ours: "elbow-2t", floor: 1.7 },
];

/** Batch 1: the largest allowed ratio of the slowest call in a hundred to the median. */
export const TAIL = { number: "5", what: "score batch 1, p99 / p50, all", ceiling: 3 } as const;

/** The verdict on a goal; undefined without a cell of both sides. */
export interface Verdict {
  readonly quiet: number;
  readonly typical: number;
  readonly met: boolean;
}

export function judge(goal: Goal, cells: readonly PeerCell[]): Verdict | undefined {
  const find = (peer: string, workload: string, name: string) =>
    cells.find((each) =>
      each.kind === goal.kind && each.peer === peer && each.workload === workload &&
      each.case === name
    );
  const pairs = goal.workloads.flatMap((workload) =>
    goal.cases.flatMap((name) => {
      const ours = find(goal.ours ?? "elbow", workload, name);
      const rival = find(goal.rival, workload, name);
      return ours && rival ? [[rival, ours] as const] : [];
    })
  );
  if (pairs.length === 0) return undefined;
  const quiet = Math.min(...pairs.map(([rival, ours]) => rival.quiet / ours.quiet));
  const typical = Math.min(...pairs.map(([rival, ours]) => rival.typical / ours.typical));
  return { quiet, typical, met: quiet >= goal.floor };
}

/** p99 over p50 of our single-row scores: the worst of them. */
export function judgeTail(cells: readonly PeerCell[]): Verdict | undefined {
  const ours = cells.filter((each) =>
    each.peer === "elbow" && each.kind === "score" && each.case === "1"
  );
  if (ours.length === 0) return undefined;
  const typical = Math.max(...ours.map(({ p99, typical }) => p99 / typical));
  return { quiet: typical, typical, met: typical <= TAIL.ceiling };
}
