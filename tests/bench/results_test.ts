/** From measured times to goals, selections, tables and blocks of a page. Expected values are worked out by hand. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { type Goal, judge, judgeTail, type PeerCell } from "../../bench/lib/goals.ts";
import { replaceBlock } from "../../bench/lib/publish.ts";
import { select } from "../../bench/lib/selection.ts";
import { duration, figure } from "../../bench/lib/units.ts";
import { layersOf, WORKLOADS } from "../../bench/lib/workloads.ts";
import { flopsOf } from "../../bench/scaling/cases.ts";
import { markdownTable } from "../../scripts/lib/table.ts";

function cell(peer: string, workload: string, quiet: number, typical: number): PeerCell {
  const probe = { typical: 1, best: 1 };
  return {
    kind: "score",
    case: "1",
    peer,
    workload,
    quiet,
    typical,
    p99: 5 * quiet,
    probe,
    runs: [],
  };
}

const GOAL: Goal = {
  number: "0",
  what: "a test",
  kind: "score",
  workloads: ["W1", "W2"],
  cases: ["1"],
  rival: "them",
  floor: 2,
};

Deno.test("judge() divides the rival's time by ours and takes the worst cell", () => {
  const cells = [cell("elbow", "W1", 1, 2), cell("elbow", "W2", 2, 2)];
  cells.push(cell("them", "W1", 8, 10), cell("them", "W2", 4, 3));
  deepEqual(judge(GOAL, cells), { quiet: 2, typical: 1.5, met: true });
  deepEqual(judge({ ...GOAL, floor: 2.01 }, cells), { quiet: 2, typical: 1.5, met: false });
});

Deno.test("judge() gives no verdict unless both sides of a cell were measured", () => {
  equal(judge(GOAL, [cell("elbow", "W1", 1, 1), cell("them", "W2", 9, 9)]), undefined);
});

Deno.test("judgeTail() is p99 over p50 of our worst workload", () => {
  const cells = [cell("elbow", "W1", 1, 2), cell("elbow", "W2", 2, 2), cell("them", "W1", 99, 1)];
  deepEqual(judgeTail(cells), { quiet: 5, typical: 5, met: false });
});

Deno.test("select() measures everything of a sort that is not named", () => {
  const vocabulary = { workload: ["W1", "W2"], kind: ["score", "train"] };
  const some = select(["W1"], vocabulary);
  deepEqual(["W1", "W2"].map((name) => some.has("workload", name)), [true, false]);
  deepEqual(["score", "train"].map((name) => some.has("kind", name)), [true, true]);
  throws(() => select(["W9"], vocabulary), /Cannot select "W9": there are W1, W2, score, train/);
});

Deno.test("figures have three significant digits and a unit", () => {
  deepEqual([0.012345, 1.2345, 12.345, 123.45, 1234.5, 0].map(figure), [
    "0.0123",
    "1.23",
    "12.3",
    "123",
    "1235",
    "0",
  ]);
  deepEqual([0.00042, 0.5, 1, 42, 1500, NaN].map(duration), [
    "0.420 µs",
    "500 µs",
    "1.00 ms",
    "42.0 ms",
    "1.50 s",
    "–",
  ]);
});

Deno.test("markdownTable() aligns its columns", () => {
  equal(
    markdownTable(["a", "bcde"], [["fg", "1"], ["h", "12"]], [1]),
    "| a   | bcde |\n| --- | ---: |\n| fg  |    1 |\n| h   |   12 |",
  );
});

Deno.test("replaceBlock() changes nothing outside the markers of its block", () => {
  const page = "before\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nafter\n";
  const want = "before\n<!-- bench:x -->\n\nnew\n\n<!-- /bench:x -->\nafter\n";
  equal(replaceBlock(page, "x", "new\n"), want);
  equal(replaceBlock(want, "x", "new"), want);
  throws(() => replaceBlock(page, "y", "new"), /must hold/);
});

Deno.test("the multiply-adds of a score are those of its layers; a step has three times as many, less one third of the first layer", () => {
  const [workload] = WORKLOADS; // W1: 32-64-(8, 8)-64-32
  deepEqual(layersOf(workload), [[32, 64], [64, 8], [64, 8], [8, 64], [64, 32]]);
  const weights = 2048 + 512 + 512 + 512 + 2048; // 5632
  equal(flopsOf({ axis: "rows", work: "score", workload, rows: 10 }), 20 * weights);
  equal(flopsOf({ axis: "rows", work: "train", workload, rows: 10 }), 20 * (3 * weights - 2048));
});
