/** The results as Markdown: a table for each metric, and a summary of the comparisons. */
import { mean } from "../lib/statistics.ts";
import { compare, type Comparison, deviation } from "./compare.ts";
import type { Setting } from "./protocol.ts";
import { type Published, readPublished } from "./published.ts";

/** Results of one method on one table, per cent; one for each seed. */
export interface Figures {
  readonly table: string;
  readonly method: string;
  readonly auroc: readonly number[];
  readonly aupr: readonly number[];
  readonly seconds: number;
}

/** Published columns beside ours. */
const SHOWN = ["kNN", "DTE-NP", "DTE-C", "IForest", "VAE"];

const METRICS = ["auroc", "aupr"] as const;
type Metric = typeof METRICS[number];

export async function report(
  setting: Setting,
  methods: readonly string[],
  results: readonly Figures[],
): Promise<string> {
  const parts = await Promise.all(METRICS.map(async (metric) => {
    const published = await readPublished(setting, metric);
    return section(metric, methods, results, published);
  }));
  return parts.join("\n\n");
}

function section(
  metric: Metric,
  methods: readonly string[],
  results: readonly Figures[],
  published: Published,
): string {
  const tables = [...new Set(results.map(({ table }) => table))];
  const of = (method: string, table: string) =>
    results.find((each) => each.method === method && each.table === table)![metric];
  const known = (method: string, table: string) => published.get(table)?.get(method) ?? NaN;
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rows = tables.map((table) => [
    table,
    ...methods.map((method) => withDeviation(of(method, table))),
    ...SHOWN.map((method) => fixed(known(method, table))),
  ]);
  const ours = (method: string) => tables.map((table) => mean(of(method, table)));
  const theirs = (method: string) => tables.map((table) => known(method, table));
  const means = [
    "**mean**",
    ...methods.map((method) => fixed(mean(ours(method)))),
    ...SHOWN.map((method) => fixed(mean(theirs(method)))),
  ];
  const best = bestPublished(tables, published);
  const against = methods.map((method) => {
    const besides = [
      ...SHOWN.slice(0, 2).map((name) => [`published ${name}`, theirs(name)] as const),
      ...methods.filter((name) => name !== method).map((name) => [name, ours(name)] as const),
    ];
    return besides.map(([name, values]) =>
      `- ${method} against ${name}: ${words(compare(ours(method), values))}`
    ).join("\n");
  });
  return [
    `### ${metric === "auroc" ? "AUROC" : "Average precision"}, percent`,
    "",
    line(["table", ...methods, ...SHOWN.map((name) => `${name} (published)`)]),
    line(["---", ...[...methods, ...SHOWN].map(() => "---:")]),
    ...[...rows, means].map(line),
    "",
    ...against,
    `- best published mean: ${best.method} ${fixed(best.mean)}`,
  ].join("\n");
}

function bestPublished(tables: readonly string[], published: Published) {
  const methods = new Set([...published.values()].flatMap((each) => [...each.keys()]));
  const means = [...methods].map((method) => ({
    method,
    mean: mean(tables.map((table) => published.get(table)?.get(method) ?? NaN)),
  })).filter((each) => Number.isFinite(each.mean));
  return means.reduce((a, b) => b.mean > a.mean ? b : a, { method: "none", mean: -Infinity });
}

function words({ mean, median, wins, losses, tables, interval: [low, high] }: Comparison): string {
  return `mean ${signed(mean)} (95 % ${signed(low)} to ${signed(high)}), median ${
    signed(median)
  }, ${wins} won, ${losses} lost of ${tables}`;
}

function withDeviation(values: readonly number[]): string {
  const spread = deviation(values);
  return spread < 0.005 ? fixed(mean(values)) : `${fixed(mean(values))} (${fixed(spread)})`;
}

const fixed = (value: number): string => Number.isFinite(value) ? value.toFixed(2) : "-";

const signed = (value: number): string => `${value < 0 ? "" : "+"}${value.toFixed(2)}`;
