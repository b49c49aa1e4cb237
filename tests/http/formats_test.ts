/** Rows that are not JSON: float32 in and out, JSON lines in and out, and long answers in pieces. */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { VERBS } from "../../src/http/verbs/mod.ts";
import { APP, ask, createApp, MODELS, PLAIN, problemOf, ROWS } from "./util.ts";

const FLOATS = "application/octet-stream";
const NDJSON = "application/x-ndjson";

/** Written with a DataView in a stated byte order, because the code under test uses typed arrays. */
function floats(rows: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  const numbers = rows.flat(), view = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((value, i) => view.setFloat32(4 * i, value, true));
  return new Uint8Array(view.buffer);
}

async function readFloats(response: Response): Promise<number[][]> {
  const [rows, columns] = response.headers.get("elbow-shape")!.split(",").map(Number);
  const view = new DataView(await response.arrayBuffer());
  assert.equal(view.byteLength, 4 * rows * columns);
  return Array.from(
    { length: rows },
    (_, r) =>
      Array.from({ length: columns }, (_, c) => view.getFloat32(4 * (r * columns + c), true)),
  );
}

function send(
  path: string,
  type: string,
  body: BodyInit,
  accept = "",
  app = APP,
): Promise<Response> {
  return Promise.resolve(
    app.request(`/v1/models/${path}`, {
      method: "POST",
      headers: { "content-type": type, accept },
      body,
    }),
  );
}

/** The numbers of a JSON value rounded to float32, booleans as 0 and 1, in the order of its members. */
function flat(value: unknown): number[] {
  if (typeof value === "number" || typeof value === "boolean") return [Math.fround(Number(value))];
  return Object.values(value as object).flatMap(flat);
}

Deno.test("float32 rows in: the answer is that of the same numbers in JSON", async () => {
  const rows = ROWS.slice(0, 5).map((row) => row.map(Math.fround));
  const cases: [verb: string, rows: number[][], query: string, options: object][] = [
    ["score", rows, "?falseAlarmRate=0.2", { falseAlarmRate: 0.2 }],
    ["encode", rows, "", {}],
    ["reconstruct", rows, "", {}],
    ["decode", [[0.5, -1], [0.25, 2]], "", {}],
    ["log-likelihood", rows, "?samples=7&seed=3", { samples: 7, seed: 3 }],
  ];
  for (const [verb, given, query, options] of cases) {
    const { version: _version, digest: _digest, ...answer } =
      await (await send(`table/${verb}${query}`, FLOATS, floats(given))).json();
    assert.deepEqual(answer, await ask(`table/${verb}`, { rows: given, ...options }), verb);
  }
});

Deno.test("float32 rows out: every number of the JSON answer, in order", async () => {
  const bodies: Record<string, unknown> = {
    sample: { count: 4, seed: 2 },
    decode: { rows: [[0.5, -1]] },
  };
  // Neither model has a classifier; tests/cli/spec_test.ts has one that does.
  for (const verb of Object.keys(VERBS).filter((name) => name !== "classify")) {
    for (const model of ["table", "plain"]) {
      const body = bodies[verb] ?? { rows: ROWS.slice(0, 3).map((row) => row.map(Math.fround)) };
      const response = await send(
        `${model}/${verb}`,
        "application/json",
        JSON.stringify(body),
        FLOATS,
      );
      assert.equal(response.headers.get("content-type"), FLOATS);
      assert.equal(response.headers.get("elbow-model"), model);
      const { rows } = await ask(`${model}/${verb}`, body);
      assert.deepEqual(
        await readFloats(response),
        (rows as unknown[]).map(flat),
        `${model} ${verb}`,
      );
    }
  }
});

Deno.test("Accept decides: JSON unless float32 is preferred", async () => {
  const wants: [accept: string, type: string][] = [
    ["", "application/json"],
    ["*/*", "application/json"],
    ["text/html", "application/json"],
    [`${FLOATS}, application/json`, "application/json"],
    [`${FLOATS};q=0`, "application/json"],
    [`${FLOATS};q=0.5, application/json`, "application/json"],
    [FLOATS, FLOATS],
    [`${FLOATS}, */*;q=0.1`, FLOATS],
    [`application/json;q=0.2, Application/Octet-Stream`, "application/json"],
  ];
  for (const [accept, type] of wants) {
    const response = await send("table/encode", FLOATS, floats(ROWS.slice(0, 1)), accept);
    assert.equal(response.headers.get("content-type"), type, accept);
    await response.arrayBuffer();
  }
});

Deno.test("float32 rows that cannot be read are refused by row and column", async () => {
  const good = [500, 1, -3];
  const wrong: [body: Uint8Array<ArrayBuffer>, pointer: string, detail: RegExp][] = [
    [floats([]), "/rows", /a multiple of 12 bytes, above 0, got 0$/],
    [floats([good]).slice(1), "/rows", /a multiple of 12 bytes, above 0, got 11$/],
    [floats([[Infinity, 1, 2]]), "/rows/0/0", /got Infinity$/],
    [floats([good, good, [1, 2, -Infinity]]), "/rows/2/2", /row 3, column "drift"/],
  ];
  for (const [body, pointer, detail] of wrong) {
    const problem = await problemOf(await send("table/score", FLOATS, body), "invalid-body");
    assert.deepEqual(problem.errors?.map((each) => each.pointer), [pointer]);
    assert.match(problem.detail, detail);
  }
  // NaN is a missing cell, and this network has no posterior for such a row.
  const holed = await send("table/encode", FLOATS, floats([good, [1, NaN, 2]]));
  const { detail, errors } = await problemOf(holed, "invalid-body");
  assert.match(detail, /row 2, column "flow": .* got NaN$/);
  assert.deepEqual(errors?.map((each) => each.pointer), ["/rows/1/1"]);
  const few = createApp({ models: MODELS, maxRows: 2 });
  const three = await send("table/score", FLOATS, floats([good, good, good]), "", few);
  await problemOf(three, "invalid-body");
  const queries = [
    "falseAlarmRate=2",
    "falseAlarmRate=x",
    "rows=1",
    "falseAlarmRate=.1&falseAlarmRate=.2",
  ];
  for (const query of queries) {
    const response = await send(`table/score?${query}`, FLOATS, floats([good]));
    await problemOf(response, "invalid-body");
  }
  const both = await send(
    "table/score?falseAlarmRate=0.1",
    "application/json",
    `{"rows":[[1,2,3]]}`,
  );
  assert.match((await problemOf(both, "invalid-body")).detail, /options belong in the JSON body/);
  await problemOf(await send("table/sample", FLOATS, floats([good])), "unsupported-media-type");
});

Deno.test("a number beyond float32 cannot be answered in binary, but can in JSON", async () => {
  const body = JSON.stringify({ rows: [[500, 1, -3], [1e100, 1, -3]] });
  const json = await send("table/reconstruct", "application/json", body);
  assert.equal(json.status, 200);
  await json.body?.cancel();
  const far = JSON.stringify({ rows: [[3e38, 3e38, 3e38]] });
  const problem = await problemOf(await send("plain/score", "application/json", far, FLOATS));
  assert.match(problem.type, /result-not-finite/);
});

Deno.test("JSON lines: one answer for each line, the same as in a batch, and errors in the place of bad lines", async () => {
  const lines = ROWS.slice(0, 300 % ROWS.length || ROWS.length).concat(ROWS, ROWS, ROWS);
  for (
    const [verb, query, options] of [
      ["score", "?falseAlarmRate=0.25", { falseAlarmRate: 0.25 }],
      ["log-likelihood", "?samples=5", { samples: 5 }],
      ["encode", "", {}],
    ] as const
  ) {
    const body = lines.map((row) => JSON.stringify(row)).join("\n");
    const response = await send(`table/${verb}${query}`, NDJSON, body);
    assert.equal(response.headers.get("content-type"), NDJSON);
    const answers = (await response.text()).trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(answers, (await ask(`table/${verb}`, { rows: lines, ...options })).rows, verb);
  }
  const mixed = [
    `[500, 1, -3]`,
    `{"heat": 500, "flow": 1, "drift": -3}`,
    ``,
    `[500, 1]`,
    `nonsense`,
    `[500, "1 bar", -3]`,
    ` \r`,
    `[500, 1, -3]\r`,
  ];
  const text = await (await send("table/score", NDJSON, mixed.join("\n") + "\n")).text();
  const answers = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  const { rows: [good] } = await ask("table/score", { rows: [[500, 1, -3]] }) as {
    rows: unknown[];
  };
  assert.deepEqual([answers[0], answers[1], answers[5]], [good, good, good]);
  assert.deepEqual(answers.slice(2, 5).map(({ row, status }) => [row, status]), [
    [3, 422],
    [4, 422],
    [5, 422],
  ]);
  assert.match(answers[2].detail, /^Cannot read row 3: expected 3 values/);
  assert.match(answers[3].detail, /^Cannot read row 4: expected one JSON value/);
  assert.match(answers[4].detail, /^Cannot read row 5, column "flow"/);
  assert.equal(await (await send("table/score", NDJSON, "")).text(), "");
});

Deno.test("JSON lines: a line that nests too deep or is not UTF-8 is refused like a body, but a character cut in two is not", async () => {
  const encoder = new TextEncoder();
  const deep = encoder.encode(`${"[".repeat(400_000)}\n`);
  const bad = new Uint8Array([...encoder.encode('["'), 0xff, ...encoder.encode('"]\n')]);
  const good = encoder.encode(`{"heat": 500, "flow": 1, "drift": -3} \n`);
  const bytes = new Uint8Array([...deep, ...bad, ...good]);
  for (const size of [bytes.length, 1000, 7919]) {
    const pieces = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, i) => bytes.slice(i * size, (i + 1) * size),
    );
    const text = await (await send("table/score", NDJSON, ReadableStream.from(pieces))).text();
    const answers = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(answers.map(({ status }) => status), [422, 422, undefined]);
    assert.match(answers[0].detail, /row.* nests deeper than 8 levels/);
    assert.match(answers[1].detail, /row.* in UTF-8/);
  }
});

Deno.test("a stream of JSON lines that waits for its caller ends with a problem if the server stops", async () => {
  const controller = new AbortController();
  const app = createApp({ models: MODELS, stopping: controller.signal });
  const idle = new ReadableStream({
    start: (body) => body.enqueue(new TextEncoder().encode("[500,1,-3]\n")),
  });
  const response = await send("table/score", NDJSON, idle, "", app);
  controller.abort();
  const lines = (await response.text()).trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ type }) => type), [undefined, "urn:elbow:problem:stopping"]);
});

Deno.test("JSON lines are read only as fast as their answers are taken, so memory holds few of them", async () => {
  const piece = new TextEncoder().encode(`${JSON.stringify([500, 1, -3])}\n`.repeat(500));
  let taken = 0;
  const endless = new ReadableStream({
    pull(controller) {
      taken++;
      controller.enqueue(piece);
    },
  }, { highWaterMark: 0 });
  const response = await send("table/score", NDJSON, endless);
  const reader = response.body!.getReader();
  for (let i = 0; i < 40; i++) assert.equal((await reader.read()).done, false);
  await new Promise((resolve) => setTimeout(resolve, 20));
  // Four answers of 128 lines for a piece of 500: ten pieces and one being read.
  assert.ok(taken >= 10 && taken <= 12, `${taken} pieces were taken`);
  await reader.cancel();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(taken <= 12, "what nobody waits for is not read");
});

Deno.test("JSON lines end with a problem if a line is too long or the body stalls or breaks off", async () => {
  const last = async (response: Response) =>
    JSON.parse((await response.text()).trimEnd().split("\n").at(-1)!);
  const long = await last(
    await send("table/score", NDJSON, "[500,1,-3]\n" + "1".repeat(2 ** 20 + 5)),
  );
  assert.deepEqual([long.status, long.row], [413, 2]);
  const patient = createApp({ models: MODELS, bodySeconds: 0.05 });
  const stalled = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode("[500,1,-3]\n")),
  });
  assert.equal((await last(await send("table/score", NDJSON, stalled, "", patient))).status, 408);
  const broken = new ReadableStream({
    pull: (controller) => controller.error(new TypeError("the client went away")),
  });
  assert.equal((await last(await send("table/score", NDJSON, broken))).status, 400);
});

Deno.test("a body that takes too long is abandoned", async () => {
  const app = createApp({ models: MODELS, bodySeconds: 0.05 });
  let cancelled = false;
  const slow = new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      controller.enqueue(new TextEncoder().encode(" "));
    },
    cancel: () => void (cancelled = true),
  });
  await problemOf(await send("table/score", "application/json", slow, "", app), "body-timeout");
  assert.ok(cancelled);
});

Deno.test("a body in more than 65,536 pieces is abandoned, however small", async () => {
  let taken = 0;
  const dust = new ReadableStream({
    pull: (controller) => {
      taken++;
      controller.enqueue(Uint8Array.of(0x20));
    },
  });
  await problemOf(await send("table/score", "application/json", dust), "body-too-large");
  assert.ok(taken <= 65_540, `${taken}`);
});

Deno.test("a long answer arrives in pieces, and equals the short ones joined", async () => {
  const rows = Array.from({ length: 5000 }, (_, i) => [Math.fround(Math.sin(i)), i % 7, 0.5]);
  const response = await send("plain/score", "application/json", JSON.stringify({ rows }));
  const answer = await response.json();
  assert.deepEqual(answer.rows.map(({ score }: { score: number }) => score), [
    ...await PLAIN.score(rows),
  ]);
  const count = 9000, drawn = await ask("plain/sample", { count, seed: 4 });
  const pieces = await send("plain/sample", "application/json", JSON.stringify({ count, seed: 4 }));
  assert.equal(pieces.headers.get("content-length"), null, "a piece at a time");
  assert.deepEqual((await pieces.json()).rows, drawn.rows);
  const whole = await PLAIN.sample(count, { seed: 4 });
  assert.deepEqual((drawn.rows as number[][]).flat(), [...whole.data]);
  const binary = await ask("binary/sample", { count: 1000, seed: 4 });
  assert.deepEqual((binary.rows as number[][]).flat(), [
    ...(await MODELS.binary.sample(1000, { seed: 4 })).data,
  ]);
  const some = rows.slice(0, 700), nats = await PLAIN.logLikelihood(some, { samples: 70, seed: 5 });
  const answered = await ask("plain/log-likelihood", { rows: some, samples: 70, seed: 5 });
  assert.deepEqual(answered.rows, [...nats].map((logLikelihood) => ({ logLikelihood })));
});

Deno.test("mixed columns: cells that a column cannot take are named in every format, and draws in parts equal those at once", async () => {
  const mixed = VAE.create({
    inputs: 3,
    latent: [{ size: 2 }, { size: 1 }],
    likelihood: {
      type: "mixed",
      columns: [{ type: "poisson" }, { type: "categorical", classes: 2 }],
    },
  }, { seed: 6 });
  const app = createApp({ models: { mixed } });
  const rows = [[3, 1, 0], [2.5, 0, 1]];
  const refused = await problemOf(
    await send("mixed/encode", FLOATS, floats(rows), "", app),
    "invalid-body",
  );
  assert.deepEqual(refused.errors?.map((each) => each.pointer), ["/rows/1/0"]);
  const lines = await send("mixed/encode", NDJSON, rows.map((r) => `[${r}]\n`).join(""), "", app);
  const [first, second] = (await lines.text()).trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual([first.mean.length, second.row], [2, 2]);
  assert.match(second.detail, /row 2, column "x0": expected a whole number/);
  const tensor = { name: "x", datatype: "FP64", shape: [2, 3], data: rows };
  const infer = await app.request("/v2/models/mixed/infer", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ inputs: [tensor] }),
  });
  assert.equal(infer.status, 422);
  assert.match((await infer.json()).error, /row 2, column "x0": expected a whole number/);

  const drawn = await ask("mixed/sample", { count: 700, seed: 4 }, app);
  const whole = await mixed.sample(700, { seed: 4 });
  assert.deepEqual((drawn.rows as number[][]).flat(), [...whole.data]);
  const options = { samples: 70, seed: 5 }, taken = drawn.rows as number[][];
  const answered = await ask("mixed/log-likelihood", { rows: taken, ...options }, app);
  const nats = await mixed.logLikelihood(taken, options);
  assert.deepEqual(answered.rows, [...nats].map((logLikelihood) => ({ logLikelihood })));
});
