/** The results for rows, width and threads in `docs/performance.md`. */
import { markdownTable, type Row } from "../../scripts/lib/table.ts";
import type { MachineReport } from "../lib/machine.ts";
import type { Cell } from "../lib/statistics.ts";
import { duration, figure, roundsText, times } from "../lib/units.ts";
import { CASES, flopsOf, type ScalingCase } from "./cases.ts";

/** What identifies a cell. */
export interface ScalingAt extends Omit<ScalingCase, "workload"> {
  readonly workload: string;
  readonly threads: number;
}

/** `bench/results/scaling.json`; times in milliseconds. */
export interface ScalingResults {
  readonly date: string;
  readonly machine: MachineReport;
  readonly rounds: number;
  readonly seconds: number;
  /** What was not measured, and why. */
  readonly absent: readonly string[];
  readonly cells: readonly (ScalingAt & Cell)[];
}

export function scalingPage(results: ScalingResults): string {
  const { date, machine, rounds, seconds, absent } = results;
  return [
    `${
      date.slice(0, 10)
    }, ${machine.cpu}, ${machine.cores} cores, ${machine.os}, Deno ${machine.deno}; ` +
    `${roundsText(rounds, seconds)}. Quiet figures: the best p10 of a round.` +
    (absent.length > 0 ? ` Left out: ${absent.join("; ")}.` : ""),
    `### Score by rows of a run, time of one row\n\n${rowsTable(results)}`,
    `### By width of the hidden layers: 128 inputs, 16 latent dimensions, 128 rows\n\n${
      widthTable(results)
    }`,
    `### By threads\n\n${threadsTable(results)}`,
  ].join("\n\n");
}

function find({ cells }: ScalingResults, wanted: ScalingCase, threads: number) {
  return cells.find((cell) =>
    cell.axis === wanted.axis && cell.work === wanted.work && cell.rows === wanted.rows &&
    cell.workload === wanted.workload.name && cell.threads === threads
  );
}

function casesOn(axis: ScalingCase["axis"]): ScalingCase[] {
  return CASES.filter((each) => each.axis === axis);
}

function rowsTable(results: ScalingResults): string {
  const cases = casesOn("rows");
  const names = [...new Set(cases.map(({ workload }) => workload.name))];
  const rows = [...new Set(cases.map(({ rows }) => rows))].map((count): Row => [
    `${count}`,
    ...names.map((name) => {
      const wanted = cases.find(({ rows, workload }) => rows === count && workload.name === name)!;
      const cell = find(results, wanted, 1);
      return cell ? duration(cell.quiet / count) : "–";
    }),
  ]);
  return markdownTable(["rows", ...names], rows, [0, ...names.map((_, i) => i + 1)]);
}

function widthTable(results: ScalingResults): string {
  const rows = casesOn("width").filter(({ work }) => work === "score").map((score): Row => {
    const both = [score, { ...score, work: "train" } as const];
    return [
      score.workload.name,
      ...both.flatMap((wanted) => {
        const cell = find(results, wanted, 1);
        return cell
          ? [duration(cell.quiet), figure(flopsOf(wanted) / cell.quiet / 1e6)]
          : ["–", "–"];
      }),
    ];
  });
  const head = ["width", "score", "GFLOP/s", "training step", "GFLOP/s"];
  return markdownTable(head, rows, [0, 1, 2, 3, 4]);
}

function threadsTable(results: ScalingResults): string {
  const rows = casesOn("threads").map((wanted): Row => {
    const [one, two] = [1, 2].map((threads) => find(results, wanted, threads));
    const what = wanted.work === "score" ? "score" : "training step";
    return [
      `${what} ${wanted.workload.name}, ${wanted.rows} rows`,
      one ? duration(one.quiet) : "–",
      two ? duration(two.quiet) : "–",
      one && two ? times(one.quiet / two.quiet) : "–",
    ];
  });
  return markdownTable(["work", "1 thread", "2 threads", "gain"], rows, [1, 2, 3]);
}
