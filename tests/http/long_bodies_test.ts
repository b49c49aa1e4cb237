/**
 * Long bodies, which are read in steps. Oracles: `parseJson`, which reads them in one, and the answers to their rows in
 * short bodies.
 */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/random/philox.ts";
import { parseJson } from "../../src/http/body/json.ts";
import { LONG_BODY, parseJsonSteps } from "../../src/http/body/json_slices.ts";
import { numberRowSteps } from "../../src/http/rows/number_rows.ts";
import { RowArena } from "../../src/http/rows/row_arena.ts";
import { runSync } from "../../src/trained/steps.ts";
import { ask, post, problemOf } from "./util.ts";

const encoder = new TextEncoder();

/** The value, or what is wrong with the bytes. */
function outcomeOf(read: () => unknown): unknown {
  try {
    return { value: read() };
  } catch (error) {
    return `${error}`;
  }
}

function requireSame(bytes: Uint8Array): void {
  const steps = outcomeOf(() => runSync(parseJsonSteps(bytes)));
  assert.deepEqual(steps, outcomeOf(() => parseJson(bytes)));
}

/** Rows of every kind, well over a slice. */
const ROWS = Array.from({ length: 3000 }, (_, r) => {
  const text = `"],[{}\\, ${"é€𝄞".repeat(r % 5)}\\"`;
  return [[r, -r / 7, 1e300], { a: r, "b\\": text, __proto__: 1 }, [text, null, [true]], r][r % 4];
});
const LIST = JSON.stringify(ROWS);

Deno.test("a body read in steps is that of JSON.parse, or the same error", () => {
  const bodies = [
    `{"rows":${LIST}}`,
    ` {\n"falseAlarmRate" : 0.05 , "rows"\t:\r${LIST.replaceAll(",", " ,\n")} , "explain":2} `,
    `{"seed":"rows","rows":${LIST},"samples":{"a":[1,2]}}`,
    `{"rows":[1],"rows":${LIST}}`,
    `{"rows":${LIST},"rows":[1]}`,
    `{"rows":${LIST},"\\u0072ows":7}`,
    `{"a":{"rows":${LIST}}}`,
    `{"\\"rows":${LIST}}`,
    `{"__proto__":1,"rows":${LIST},"constructor":2}`,
    `{"rows":[${" ".repeat(LONG_BODY)}]}`,
    LIST,
    `["rows":${LIST}]`,
    `{"rows" ${LIST}}`,
    `{"rows":${LIST.slice(0, -1)},]}`,
    `{"rows":[,${LIST.slice(1)}}`,
    `{"rows":${LIST.slice(0, -1)}}}`,
    `{"rows":${LIST}]`,
    `{"rows":${LIST}}{}`,
    `{"rows":${LIST.replace("],[", "]\ufeff,[")}}`,
    `{"rows":${LIST.replaceAll("],{", "],\ufeff{")}}`,
    `\ufeff{"rows":${LIST}}`,
    `{"rows":[${"[[[[[[[".repeat(2)}]}`,
  ];
  for (const body of bodies) requireSame(encoder.encode(body));
});

Deno.test("long bodies with any byte changed are read alike", () => {
  const random = new HostRandom(5, 0, 0), whole = encoder.encode(`{"rows":${LIST},"samples":5}`);
  const bytes = encoder.encode('[]{},:"\\ 0\n\u00e9');
  let taken = 0;
  for (let i = 0; i < 300; i++) {
    const body = whole.slice(0, i % 9 === 0 ? random.below(whole.length) : whole.length);
    for (let changes = random.below(3); changes >= 0; changes--) {
      body[random.below(body.length)] = bytes[random.below(bytes.length)];
    }
    requireSame(body);
    taken += Number(typeof outcomeOf(() => parseJson(body)) !== "string");
  }
  assert.ok(taken > 5 && taken < 280, `${taken} of the bodies are JSON`);
});

Deno.test("a step reads a part of the body", () => {
  const numbers = encoder.encode(`{"rows":${JSON.stringify(Array(9000).fill([1.25, -3, 4]))}}`);
  const shape = { columns: ["a", "b", "c"], maxMagnitude: 1e9 };
  for (const steps of [parseJsonSteps(numbers), numberRowSteps(numbers, shape, new RowArena())]) {
    const { length } = [...steps as Iterable<unknown>];
    assert.ok(length >= Math.floor(numbers.length / 40_000), `${length} steps`);
  }
});

Deno.test("a long body gets the answers of its rows, and its faults are named alike", async () => {
  const rows = Array.from({ length: 6000 }, (_, r) => [500 + r % 13, 1 + r % 3, -3 - r % 7]);
  const scores = ({ rows }: Record<string, unknown>) => rows as unknown[];
  const parts = [];
  for (let first = 0; first < rows.length; first += 1000) {
    parts.push(...scores(await ask("table/score", { rows: rows.slice(first, first + 1000) })));
  }
  assert.deepEqual(scores(await ask("table/score", { rows })), parts);
  assert.deepEqual(scores(await ask("table/score", { rows, falseAlarmRate: 0.2 })).length, 6000);
  for (const [r, cell] of [[0, "x"], [255, {}], [256, "y"], [5999, []]] as const) {
    for (const options of [{}, { falseAlarmRate: 0.2 }]) {
      const wrong = rows.with(r, [500, cell as never, 1]);
      const problem = await problemOf(await post("table/score", { rows: wrong, ...options }));
      assert.equal(problem.errors?.[0].pointer, `/rows/${r}/1`);
      assert.match(
        problem.detail,
        new RegExp(`^Cannot read row ${r + 1}, column "[^"]+": expected`),
      );
    }
  }
});
