/**
 * Long bodies, which are read in steps. Oracles: `parseJson`, which reads them in one, and the answers to their rows in
 * short bodies.
 */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/random/philox.ts";
import { parseJson } from "../../src/http/body/json.ts";
import {
  jsonTextSteps,
  LONG_BODY,
  type LongList,
  parseJsonSteps,
} from "../../src/http/body/json_slices.ts";
import { DATA, readInferRequest, readInput } from "../../src/http/oip/request.ts";
import { numberRowSteps } from "../../src/http/rows/number_rows.ts";
import { RowArena } from "../../src/http/rows/row_arena.ts";
import { runSync } from "../../src/trained/steps.ts";
import { unitsOf } from "../../src/scoring/units.ts";
import { ask, createApp, post, problemOf, TABLE } from "./util.ts";

const encoder = new TextEncoder();

/** The value, or what is wrong with the bytes. */
function outcomeOf(read: () => unknown): unknown {
  try {
    return { value: read() };
  } catch (error) {
    return `${error}`;
  }
}

function requireSame(bytes: Uint8Array, list?: LongList): void {
  const steps = outcomeOf(() => runSync(parseJsonSteps(bytes, list)));
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

Deno.test("the data of a tensor read in steps is that of JSON.parse, wherever else its key stands", () => {
  const empty = `"data"${" ".repeat(80)}:[]`;
  const bodies = [
    `{"inputs":[{"name":"x","data":${LIST},"shape":[3000,4]}],"outputs":[{"name":"score"}]}`,
    `{"inputs":[{"data":${LIST}},{"data":[1]}]}`,
    `{"inputs":[{"data":${LIST},"data":[1]}]}`,
    `{"inputs":[{"data":${LIST},"d\\u0061ta":[1]}]}`,
    `{"inputs":[{"d\\u0061ta":[]}],"others":[{"data":${LIST}}]}`,
    `{"inputs":[{${empty}}],"others":[{"data":${LIST}}]}`,
    `{"inputs":[{"shape":[]}],"others":[{"data":${LIST}}]}`,
    `{"inputs":[{"data":${LIST}}],"inputs":[{"data":7}]}`,
    `{"inputs":[{"data":${LIST}}],"inputs":[null]}`,
    `{"inputs":[{"data":${LIST}}],"inputs":null}`,
    `{"inputs":[{},{"data":${LIST}}]}`,
    `{"inputs":{"0":{"data":${LIST}}}}`,
    `{"outputs":[{"parameters":{"binary_data":true}}],"inputs":[{"data":${LIST}}]}`,
    `{"inputs":[{"data":${LIST.slice(0, -1)},]}]}`,
    `{"inputs":[{"data":${LIST}]}]}`,
    `{"rows":${LIST}}`,
  ];
  for (const body of bodies) requireSame(encoder.encode(body), DATA);
});

Deno.test("the text of a request's body is that of JSON.stringify, which names the jobs of earlier releases", () => {
  const bodies = [
    { rows: ROWS },
    { rows: ROWS, preset: "small", hidden: [8], spec: { rows: [] } },
    { rows: ROWS.slice(0, 256), seed: 1 },
    { rows: [], seed: 1 },
    { upload: "a.csv", label: 'é"' },
    {},
  ];
  for (const body of bodies) assert.equal(runSync(jsonTextSteps(body)), JSON.stringify(body));
});

Deno.test("long bodies with any byte changed are read alike", () => {
  const random = new HostRandom(5, 0, 0), whole = encoder.encode(`{"rows":${LIST},"samples":5}`);
  const tensor = encoder.encode(`{"inputs":[{"name":"x","data":${LIST},"shape":[3,4]}]}`);
  const bytes = encoder.encode('[]{},:"\\ 0\n\u00e9');
  let taken = 0;
  for (let i = 0; i < 300; i++) {
    const [given, list] = i % 2 ? [tensor, DATA] : [whole];
    const body = given.slice(0, i % 9 === 0 ? random.below(given.length) : given.length);
    for (let changes = random.below(3); changes >= 0; changes--) {
      body[random.below(body.length)] = bytes[random.below(bytes.length)];
    }
    requireSame(body, list);
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

const LONG_ROWS = Array.from({ length: 9000 }, (_, r) => [500 + r % 13, 1 + r % 3, -3 - r % 7]);

Deno.test("the tensor of a long body is read in steps: nested, flat, and binary of any type", () => {
  const shape = [9000, 3], count = 27_000, units = { ...unitsOf(TABLE), missing: 0 };
  const requests: [input: Record<string, unknown>, tail: number][] = [
    [{ datatype: "FP64", data: LONG_ROWS }, 0],
    [{ datatype: "INT64", data: LONG_ROWS.flat() }, 0],
    [{ datatype: "BOOL", data: Array(count).fill(true) }, 0],
    [{ datatype: "FP32", parameters: { binary_data_size: 4 * count } }, 4 * count],
    [{ datatype: "INT16", parameters: { binary_data_size: 2 * count } }, 2 * count],
  ];
  for (const [input, tail] of requests) {
    const json = encoder.encode(JSON.stringify({ inputs: [{ name: "x", shape, ...input }] }));
    const bytes = new Uint8Array(json.length + tail);
    bytes.set(json);
    const get = () => `${json.length}`, head = { get, has: () => true };
    const reading = function* () {
      const cells = yield* readInput(yield* readInferRequest(bytes, head), units, () => {});
      assert.equal(cells.rows, 9000);
    };
    const steps = [...reading()].length;
    assert.ok(
      steps >= Math.max(1, Math.floor(json.length / 40_000)),
      `${input.datatype}: ${steps} steps`,
    );
  }
});

Deno.test("a long body of the Open Inference Protocol gets the answers of its rows, in JSON and beside binary ones", async () => {
  const app = createApp({ models: { table: TABLE } });
  const infer = async (data: unknown, outputs: unknown[]) => {
    const response = await app.request("/v2/models/table/infer", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        inputs: [{ name: "x", shape: [9000, 3], datatype: "FP64", data }],
        outputs,
      }),
    });
    assert.equal(response.status, 200);
    return response;
  };
  const { rows } = await ask("table/score", { rows: LONG_ROWS });
  const scores = (rows as { score: number }[]).map(({ score }) => score);
  const score = { name: "score" };
  for (const data of [LONG_ROWS, LONG_ROWS.flat()]) {
    const { outputs } = await (await infer(data, [score])).json();
    assert.deepEqual(outputs, [{
      ...{ name: "score", datatype: "FP64", shape: [9000] },
      data: scores,
    }]);
  }
  const binary = { name: "anomaly", parameters: { binary_data: true } };
  const response = await infer(LONG_ROWS, [binary, score]);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const end = Number(response.headers.get("inference-header-content-length"));
  const { outputs } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  assert.deepEqual(outputs, [
    {
      ...{ name: "anomaly", datatype: "BOOL", shape: [9000] },
      parameters: { binary_data_size: 9000 },
    },
    { name: "score", datatype: "FP64", shape: [9000], data: scores },
  ]);
  assert.equal(bytes.length, end + 9000);
});
