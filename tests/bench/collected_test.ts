/** Which cells are measured again. Oracle: probe rates chosen so that the answer is obvious. */
import { deepEqual } from "node:assert/strict";
import { Collected } from "../../bench/lib/collected.ts";

Deno.test("a cell is disturbed if all its runs met a slow machine", () => {
  const collected = new Collected<{ name: string }>();
  const run = (name: string, ...rates: number[]) =>
    collected.add({ name }, { ms: [1], probes: rates.map((rate) => [rate, rate - 5] as const) });
  run("quick", 50, 49, 20);
  run("slow", 50, 40, 40, 40, 40);
  run("nearly", 47);
  run("slow, then quick", 30);
  deepEqual(collected.disturbed().map(({ name }) => name), ["slow", "slow, then quick"]);
  run("slow, then quick", 48);
  deepEqual(collected.disturbed().map(({ name }) => name), ["slow"]);
});

Deno.test("either probe can mark a cell as disturbed; a quarter of quiet windows is enough for a quiet one", () => {
  const collected = new Collected<{ name: string }>();
  const run = (name: string, ...probes: (readonly [number, number])[]) =>
    collected.add({ name }, { ms: [1], probes });
  run("quiet", [50, 46], [50, 46]);
  run("shared core", [50, 27], [49, 27]);
  run("slow clock", [30, 46], [30, 46]);
  run("never both", [50, 27], [30, 46]);
  run("a quarter", [50, 46], [50, 27], [50, 27], [50, 27]);
  run("a fifth", [50, 46], [50, 27], [50, 27], [50, 27], [50, 27]);
  deepEqual(
    collected.disturbed().map(({ name }) => name),
    ["shared core", "slow clock", "never both", "a fifth"],
  );
});

Deno.test("cells are compared with the probes of their own host", () => {
  const collected = new Collected<{ name: string; checked: boolean }>(({ checked }) =>
    `${checked}`
  );
  const run = (name: string, checked: boolean, loads: number) =>
    collected.add({ name, checked }, { ms: [1], probes: [[50, loads]] });
  run("unchecked", false, 48);
  run("checked", true, 40);
  run("checked, slow", true, 25);
  deepEqual(collected.disturbed().map(({ name }) => name), ["checked, slow"]);
});
