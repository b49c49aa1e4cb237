/** Which cells are taken again. Oracle: rates of the probe made up so that the answer can be read off. */
import { deepEqual } from "node:assert/strict";
import { Collected } from "../../bench/lib/collected.ts";

Deno.test("a cell is disturbed while all of its runs met a slow machine", () => {
  const collected = new Collected<{ name: string }>();
  const run = (name: string, ...probes: number[]) => collected.add({ name }, { ms: [1], probes });
  run("quick", 50, 49, 20); // by the median
  run("slow", 50, 40, 40);
  run("nearly", 47);
  run("slow, then quick", 30);
  deepEqual(collected.disturbed().map(({ name }) => name), ["slow", "slow, then quick"]);
  run("slow, then quick", 48);
  deepEqual(collected.disturbed().map(({ name }) => name), ["slow"]);
});
