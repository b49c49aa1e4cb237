/** Bodies of CSV. Oracle: the same rows in JSON. tests/e2e/doors_test.ts covers how cells are read. */
import assert from "node:assert/strict";
import { csvRows } from "../../src/http/csv_rows.ts";
import { secondLook } from "../../src/http/second_look.ts";
import { Detector } from "../../src/detection/mod.ts";
import { unitsOf } from "../../src/scoring/units.ts";
import { APP, ask, COLUMNS, createApp, MODELS, problemOf, ROWS } from "./util.ts";

const SERVED = createApp({ models: MODELS, csvRows, secondLook, maxRows: 50 });

async function send(
  path: string,
  body: BodyInit,
  app = SERVED,
  type = "text/csv",
): Promise<Response> {
  const headers = { "content-type": type };
  return await app.request(`/v1/models/${path}`, { method: "POST", headers, body });
}

/** Each pair of bytes in the other order. */
const swapped = (bytes: Uint8Array) => bytes.map((_, i) => bytes[i ^ 1]);

const lines = (...rows: readonly (readonly unknown[])[]) =>
  rows.map((row) => row.join()).join("\n");

Deno.test("rows of CSV are found by name, among other columns, for every verb that takes rows", async () => {
  const rows = ROWS.slice(0, 20),
    shuffled = rows.map(([heat, flow, drift], r) => [r, drift, heat, flow]);
  const csv = lines(["id", "drift", "heat", "flow"], ...shuffled) + "\n";
  for (
    const [verb, query, options] of [
      ["score", "?falseAlarmRate=0.25&explain=1", { falseAlarmRate: 0.25, explain: 1 }],
      ["score", "?secondLook=true&fdr=0.5", { secondLook: true, fdr: 0.5 }],
      ["log-likelihood", "?samples=5", { samples: 5 }],
      ["encode", "", {}],
      ["reconstruct", "", {}],
    ] as const
  ) {
    const response = await send(`table/${verb}${query}`, csv);
    assert.equal(response.status, 200, await response.clone().text());
    const want = await ask(`table/${verb}`, { rows, ...options }, SERVED);
    assert.deepEqual((await response.json()).rows, want.rows, verb);
  }
  const quoted = 'heat;"flow";drift\r\n"500,5";1;-3\r\n';
  assert.deepEqual(
    (await (await send("table/score", quoted, SERVED, "text/csv; charset=utf-8")).json()).rows,
    (await ask("table/score", { rows: [[500.5, 1, -3]] }, SERVED)).rows,
  );
  const most = ROWS.slice(0, 50), text = `\ufeff${lines(COLUMNS, ...most)}\n`;
  const utf16 = new Uint8Array(Uint16Array.from(text, (char) => char.charCodeAt(0)).buffer);
  assert.deepEqual(
    (await (await send("table/score", utf16)).json()).rows,
    (await ask("table/score", { rows: most }, SERVED)).rows,
  );
  // A bare VAE takes columns by position, as in its files.
  assert.deepEqual(
    (await (await send("plain/score", "x0,x1,x2\n1,2,3\n")).json()).rows,
    (await ask("plain/score", { rows: [[1, 2, 3]] }, SERVED)).rows,
  );
});

Deno.test("invalid CSV is refused by row and column, and so are more rows than a request may have", async () => {
  const head = COLUMNS.join();
  const faults: [verb: string, body: string, pointer: string, words: RegExp][] = [
    [
      "score",
      `${head}\n1,2,3\n4,5\n`,
      "/rows/1",
      /^Cannot read row 2 \(line 3\): expected 3 cells.*, got 2/,
    ],
    [
      "score",
      `heat,flow\n1,2\n`,
      "",
      /^Cannot read body: expected the model's column "drift", got "heat", "flow"$/,
    ],
    ["score", "", "", /^Cannot read body: expected a header line.*, got an empty file$/],
    ["score", `${head}\n`, "", /^Cannot read body: expected .*, got a header line only$/],
    [
      "score",
      "1,2,3\n4,5,6\n",
      "",
      /, got "1", .* \(if the first line is a row: text\/csv; header=absent\)$/,
    ],
    [
      "score",
      `${head}\n1,2,x\n`,
      "/rows/0/drift",
      /^Cannot read row 1 \(line 2\), column "drift": /,
    ],
    [
      "log-likelihood",
      `${head}\n1,,3\n`,
      "/rows/0/flow",
      /row 1, column "flow": expected a value \(missing/,
    ],
    [
      "score",
      lines(COLUMNS, ...ROWS.slice(0, 51)),
      "/rows",
      /more than 50 rows in one request, got 51$/,
    ],
  ];
  faults.push(
    // Refused before they are read, which would take seconds.
    ["score", `${head}\n${"\n".repeat(4e6)}`, "/rows", /more than 50 rows in one request/],
    [
      "score",
      ",".repeat(4e6),
      "",
      /^Cannot read body: expected at most 65536 columns, got 4000001$/,
    ],
  );
  for (const [verb, body, pointer, words] of faults) {
    const problem = await problemOf(await send(`table/${verb}`, body), "invalid-body");
    assert.match(problem.detail, words);
    assert.deepEqual(problem.errors?.map((each) => each.pointer), [pointer], problem.detail);
  }
  await problemOf(await send("table/sample", "count\n3\n"), "unsupported-media-type");
  const { detail } = await problemOf(
    await send("table/score", head, APP),
    "unsupported-media-type",
  );
  assert.match(detail, /content-type must be application\/json or .* or application\/x-ndjson$/);
});

Deno.test("CSV may be in any encoding that its header names", async () => {
  const names = ["Wärme", "Durchfluß", "drift"], rows = ROWS.slice(0, 20);
  const model = await Detector.fit(ROWS, {
    preset: "small",
    epochs: 2,
    hidden: [4],
    seed: 1,
    columns: names,
  });
  const app = createApp({ models: { model }, csvRows }), text = lines(names, ...rows);
  const want = (await (await send("model/score", text, app)).json()).rows;
  const latin = Uint8Array.from(text, (char) => char.charCodeAt(0));
  const utf16 = new Uint8Array(Uint16Array.from(text, (char) => char.charCodeAt(0)).buffer);
  const bodies: [string, Uint8Array<ArrayBuffer>][] = [
    ["text/csv; charset=windows-1252", latin],
    ['text/csv;header=present; charset="ISO-8859-1"', latin],
    ["text/csv; charset=UTF8", new TextEncoder().encode(text)],
    ["text/csv; charset=utf-16le", utf16],
    // The mark says what the name leaves open.
    ["text/csv; charset=utf-16", new Uint8Array([0xfe, 0xff, ...swapped(utf16)])],
  ];
  for (const [type, body] of bodies) {
    const response = await send("model/score", body, app, type);
    assert.deepEqual((await response.json()).rows, want, type);
  }
  const unknown = await send("model/score", latin, app, "text/csv; charset=klingon");
  const { detail } = await problemOf(unknown, "unsupported-media-type");
  assert.equal(detail, 'Cannot read body: the charset "klingon" is not known');
  const wrong = await send("model/score", latin, app, "text/csv; charset=euc-jp");
  assert.match(
    (await problemOf(wrong, "invalid-body")).detail,
    /expected text in euc-jp, as its header says$/,
  );
  const json = await send("model/score", latin, app, "application/json; charset=windows-1252");
  assert.match((await problemOf(json, "unsupported-media-type")).detail, /must be in UTF-8$/);
  model.dispose();
});

Deno.test("a long body is read with pauses, and a row of more than a mebibyte is refused", async () => {
  const units = unitsOf(MODELS.table);
  let pauses = 0;
  const reading = {
    units,
    maxRows: 50_000,
    head: new Headers(),
    pacer: { yieldIfDue: async () => void pauses++ },
  };
  const body = lines(COLUMNS, ...Array.from({ length: 50_000 }, () => '"500","1","-3"'.split(",")));
  const bytes = new TextEncoder().encode(body);
  assert.equal((await csvRows(bytes, reading)).rows, 50_000);
  assert.ok(pauses >= bytes.length / 65_536, `${pauses}`);
  const long = `${COLUMNS.join()}\n1,2,3\n1,2,"${"x".repeat(2 ** 20 + 2 ** 17)}"\n`;
  await assert.rejects(csvRows(new TextEncoder().encode(long), reading), (error: Error) => {
    assert.equal(
      error.message,
      "Cannot read row 2: expected at most 1048576 bytes (is a closing quote missing?)",
    );
    return true;
  });
});

Deno.test("CSV without a header line, by the parameter of its type, is read by position", async () => {
  const rows = ROWS.slice(0, 50), absent = "text/csv; header=absent";
  for (const [type, end] of [[absent, ""], ['text/csv;charset=utf-8;Header="absent"', "\n"]]) {
    const response = await send("table/score", lines(...rows) + end, SERVED, type);
    assert.deepEqual(
      (await response.json()).rows,
      (await ask("table/score", { rows }, SERVED)).rows,
    );
  }
  assert.deepEqual(
    (await (await send("plain/score", "1,2,3\n", SERVED, absent)).json()).rows,
    (await ask("plain/score", { rows: [[1, 2, 3]] }, SERVED)).rows,
  );
  const faults: [body: string, pointer: string, words: RegExp][] = [
    ["1,2,3\n4,5\n", "/rows/1", /row 2 \(line 2\): expected 3 cells, as in the first row, got 2$/],
    ["1,2\n", "", /^Cannot read body: expected 3 columns, as in the model, got 2$/],
    [lines(...rows, rows[0]), "/rows", /^Cannot take more than 50 rows .*, got 51$/],
    [`1,2,"${"x".repeat(2 ** 20 + 2 ** 17)}"\n`, "/rows/0", /^Cannot read row 1: .* 1048576 bytes/],
  ];
  for (const [body, pointer, words] of faults) {
    const problem = await problemOf(
      await send("table/score", body, SERVED, absent),
      "invalid-body",
    );
    assert.match(problem.detail, words);
    assert.deepEqual(problem.errors?.map((each) => each.pointer), [pointer], problem.detail);
  }
});
