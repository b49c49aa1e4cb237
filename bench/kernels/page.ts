/** The results for kernels in `docs/performance.md`. */
import { ROOT } from "../../scripts/lib/tree.ts";
import { markdownTable, type Row } from "../../scripts/lib/table.ts";
import type { MachineReport } from "../lib/machine.ts";
import type { Cell } from "../lib/statistics.ts";
import { figure, roundsText, times } from "../lib/units.ts";
import { GEMM_SHAPES } from "../lib/workloads.ts";
import { CASES, FUNCTIONS, type Group } from "./cases.ts";

/** What identifies a cell. */
export interface KernelAt {
  readonly build: "relaxed" | "simd";
  /** With the engine's bounds checks. */
  readonly checked: boolean;
  readonly group: Group;
  readonly case: string;
}

/** `bench/results/kernels.json`; times in milliseconds. */
export interface KernelsResults {
  readonly date: string;
  readonly machine: MachineReport;
  readonly rounds: number;
  readonly seconds: number;
  readonly cells: readonly (KernelAt & Cell)[];
}

/** The four processes, in the order of the columns. */
const COLUMNS = [
  { build: "relaxed", checked: true },
  { build: "simd", checked: true },
  { build: "relaxed", checked: false },
  { build: "simd", checked: false },
] as const;
type Column = typeof COLUMNS[number];
const HEADS = COLUMNS.map(({ build, checked }) => checked ? build : `${build}, unchecked`);
const RIGHT = [1, 2, 3, 4];

/** Shapes large enough to compare a product with the probe. */
const HELD_SHAPES = 5;

export function kernelsPage(results: KernelsResults): string {
  const { date, machine, rounds, seconds } = results;
  return [
    `${
      date.slice(0, 10)
    }, ${machine.cpu}, ${machine.os}, Deno ${machine.deno} (V8 ${machine.v8}), one core; ` +
    `${roundsText(rounds, seconds)}. Quiet figures: the best p10 of a round.`,
    goals(results),
    section("Products, GFLOP/s and share of the probe", "M x K x N", products(results)),
    section("Functions, M elements/s", "function", functions(results)),
    `Worst error in units in the last place: ${errors()} ([accuracy.md](accuracy.md)).`,
    section("Bound by memory, GB/s read and written", "what, elements", memory(results)),
  ].join("\n\n");
}

function section(title: string, head: string, rows: readonly Row[]): string {
  return `### ${title}\n\n${markdownTable([head, ...HEADS], rows, RIGHT)}`;
}

function find({ cells }: KernelsResults, column: Column, group: Group, name: string) {
  return cells.find((cell) =>
    cell.build === column.build && cell.checked === column.checked && cell.group === group &&
    cell.case === name
  );
}

/** Work per second, in billions, at the quietest moment. */
function rate(results: KernelsResults, column: Column, group: Group, name: string): number {
  const cell = find(results, column, group, name);
  const work = CASES.find((each) => each.group === group && each.case === name)!.work;
  return cell ? work / cell.quiet / 1e6 : NaN;
}

/** A product's rate over the probe's best in the same process. */
function share(results: KernelsResults, column: Column, name: string): number {
  const best = results.cells
    .filter(({ build, checked }) => build === column.build && checked === column.checked)
    .reduce((most, { probe }) => Math.max(most, probe.best), 0);
  return rate(results, column, "product", name) / best;
}

const percent = (value: number) => Number.isFinite(value) ? `${Math.round(100 * value)} %` : "–";

function products(results: KernelsResults): Row[] {
  return GEMM_SHAPES.map((shape) => {
    const name = shape.join("x");
    const cells = COLUMNS.map((column) =>
      `${figure(rate(results, column, "product", name))} (${percent(share(results, column, name))})`
    );
    return [name, ...cells];
  });
}

function functions(results: KernelsResults): Row[] {
  const per = (column: Column, group: Group, name: string) =>
    1000 * rate(results, column, group, name);
  const rows = FUNCTIONS.flatMap((name): Row[] => [
    [name, ...COLUMNS.map((column) => figure(per(column, "function", name)))],
    [`${name}, scalar`, ...COLUMNS.map((column) => figure(per(column, "mathf", name)))],
  ]);
  const [{ case: name }] = CASES.filter(({ group }) => group === "normals");
  return [...rows, [
    "normal draws",
    ...COLUMNS.map((column) => figure(per(column, "normals", name))),
  ]];
}

function memory(results: KernelsResults): Row[] {
  const titles = { adam: "Adam", write: "host to wasm", read: "wasm to host", copy: "copy kernel" };
  return Object.entries(titles).flatMap(([group, title]) =>
    CASES.filter((each) => each.group === group).map((each): Row => {
      const rates = COLUMNS.map((column) => rate(results, column, each.group, each.case));
      return [`${title}, ${each.case}`, ...rates.map(figure)];
    })
  );
}

function goals(results: KernelsResults): string {
  const [fast, , unchecked] = COLUMNS;
  const worst = (column: Column) =>
    Math.min(
      ...GEMM_SHAPES.slice(0, HELD_SHAPES).map((shape) => share(results, column, shape.join("x"))),
    );
  const gain = (name: string) =>
    rate(results, fast, "function", name) / rate(results, fast, "mathf", name);
  const [normals] = CASES.filter(({ group }) => group === "normals");
  const draws = 1000 * rate(results, fast, "normals", normals.case);
  const row = (
    number: string,
    what: string,
    value: number,
    floor: number,
    shown: (x: number) => string,
  ) => [number, what, shown(value), `≥ ${shown(floor)}`, value >= floor ? "yes" : "no"];
  const rows = [
    row("1", "worst of the first five products, share of the probe", worst(fast), 0.55, percent),
    row("1b", "the same, unchecked", worst(unchecked), 0.75, percent),
    row("13", "tanh, vector over scalar", gain("tanh"), 10, times),
    row("13", "exp, vector over scalar", gain("exp"), 3, times),
    row("13", "normal draws, M/s", draws, 100, figure),
  ];
  return markdownTable(["#", "goal", "found", "floor", "met"], rows, [2, 3]);
}

/** From the table that `scripts/accuracy.ts` wrote: name, …, simd, at, relaxed, at. */
function errors(): string {
  const page = Deno.readTextFileSync(`${ROOT}docs/accuracy.md`);
  const cells = page.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  return FUNCTIONS.map((name) => {
    const found = cells.find((row) => row[1] === name);
    return found ? `${name} ${found[7]} (simd ${found[5]})` : `${name} unknown`;
  }).join(", ");
}
