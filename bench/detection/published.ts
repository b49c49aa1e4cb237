/** Published results of the protocol, percent: means over five seeds by table and method. */
import type { Setting } from "./protocol.ts";

const FOLDER = new URL("../../../shared/data/published/", import.meta.url);

/** Figures by method, for each table. */
export type Published = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** @param metric "auroc" or "aupr" */
export async function readPublished(
  setting: Setting,
  metric: "auroc" | "aupr",
): Promise<Published> {
  const text = await Deno.readTextFile(new URL(`dte_${setting}_${metric}.csv`, FOLDER));
  const tables = new Map<string, Map<string, number>>();
  for (const line of text.trim().split("\n").slice(1)) {
    const [table, method, mean] = line.split(",");
    const methods = tables.get(table) ?? new Map<string, number>();
    methods.set(method, Number(mean));
    tables.set(table, methods);
  }
  return tables;
}
