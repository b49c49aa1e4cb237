/**
 * Uploads of Parquet and NPZ. Oracle: the same table as CSV, which gives the same bytes in training and scoring.
 */
import assert from "node:assert/strict";
import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import { Detector } from "../../mod.ts";
import { encodeNpy, encodeNpz, readAnyTable } from "../../src/formats/mod.ts";
import { openUpload } from "../../src/jobs/open_upload.ts";
import { PART_ROWS, splitTable } from "../../src/jobs/score_job.ts";
import { YIELD_MS } from "../../src/trained/turns.ts";
import { COLUMNS, type JobsApp, jobsApp, QUICK, ROWS, TOKENS } from "./app.ts";

function parquetOf(
  columns: readonly (readonly number[])[],
  rowGroupSize?: number,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(parquetWriteBuffer({
    rowGroupSize,
    columnData: columns.map((data, c) => ({
      name: COLUMNS[c],
      data: [...data],
      type: "DOUBLE" as const,
    })),
  }));
}

function csvOf(columns: readonly string[]): Uint8Array<ArrayBuffer> {
  const lines = [columns, ...ROWS].map((row) => row.join());
  return new TextEncoder().encode(lines.join("\n") + "\n");
}

/** The caller with all scopes. */
const OWNER = TOKENS.at(-1)!.hash.slice(0, 32);

const COLUMN_DATA = COLUMNS.map((_, c) => ROWS.map((row) => row[c]));

/** What comes of an upload: the digest of the model that it trains, and its own scores. */
async function outcomeOf(app: JobsApp, name: string, bytes: Uint8Array): Promise<unknown> {
  const { client } = app;
  await client.putUpload(name, new Uint8Array(bytes));
  const { id } = await client.train("m", { upload: name }, QUICK);
  const trained = await client.waitForJob(id);
  assert.equal(trained.state, "succeeded", trained.error);
  const { digest } = await client.model("m");
  const scored = await client.waitForJob((await client.scoreUpload("m", name)).id);
  assert.equal(scored.state, "succeeded", scored.error);
  return [digest, await (await client.jobResult(scored.id)).text()];
}

Deno.test("Parquet, of any row groups, trains and scores like the same table in CSV", async () => {
  await using app = await jobsApp();
  app.work();
  const expected = await outcomeOf(app, "t.csv", csvOf(COLUMNS));
  for (const bytes of [parquetOf(COLUMN_DATA), parquetOf(COLUMN_DATA, 7)]) {
    assert.deepEqual(await outcomeOf(app, "t.parquet", bytes), expected);
  }
});

Deno.test("NPZ trains and scores like the same table in CSV", async () => {
  await using app = await jobsApp();
  app.work();
  const expected = await outcomeOf(app, "t.csv", csvOf(["x0", "x1", "x2"]));
  const rows = { data: Float64Array.from(ROWS.flat()), shape: [ROWS.length, 3] };
  const npz = encodeNpz(new Map([["X", rows]]));
  assert.deepEqual(await outcomeOf(app, "t.npz", npz), expected);
});

Deno.test("uploads of CSV and TSV may be in any charset that the request names; other files may not", async () => {
  await using app = await jobsApp();
  const text = "größe,名前\n1,鉄\n".repeat(40_000), tabs = text.replaceAll(",", "\t");
  const utf16 = new Uint8Array(new Uint16Array([...text].map((c) => c.charCodeAt(0))).buffer);
  // By hand, from the tables of the standards.
  const euc = Uint8Array.of(0xcc, 0xbe, 0xc1, 0xb0, 0x2c, 0x78, 10, 0xc5, 0xb4, 0x2c, 0x31, 10);
  const latin = (given: string) => Uint8Array.from(given, (c) => c.charCodeAt(0));
  const cases: [string, string, Uint8Array<ArrayBuffer>, string][] = [
    ["a.csv", "text/csv; charset=utf-16le", utf16, text],
    ["b.csv", 'text/csv;charset="EUC-JP"', euc, "名前,x\n鉄,1\n"],
    ["c.tsv", "text/tab-separated-values; charset=latin1", latin("größe\tx\n"), "größe\tx\n"],
    ["d.tsv", "text/tab-separated-values; charset=UTF8", new TextEncoder().encode(tabs), tabs],
  ];
  for (const [name, type, bytes, expected] of cases) {
    const put = await app.ask("PUT", `/v1/uploads/${name}`, bytes, { "content-type": type });
    assert.equal(put.status, 201, await put.text());
    const stored = await app.queue.uploads.read(OWNER, name);
    assert.ok(new TextDecoder().decode(stored) === expected, name);
  }
  const refused: [string, string, number][] = [
    ["a.csv", "text/csv; charset=klingon", 415],
    ["a.csv", "text/csv; charset=shift_jis", 422],
    ["a.csv", "application/octet-stream; charset=latin1", 415],
    ["a.npz", "text/csv; charset=latin1", 415],
    ["a.jsonl", "application/x-ndjson; charset=latin1", 415],
  ];
  for (const [name, type, status] of refused) {
    const bytes = Uint8Array.of(0x61, 0xff, 0xff);
    const put = await app.ask("PUT", `/v1/uploads/${name}`, bytes, { "content-type": type });
    assert.equal(put.status, status, `${name}, ${type}: ${await put.text()}`);
  }
});

Deno.test("a long Parquet file of few bytes is split as elbow score reads it, a row group at a time", async () => {
  const detector = await Detector.fit(ROWS.map(([a]) => [a]), {
    ...{ columns: [COLUMNS[0]], preset: "small", epochs: 1, hidden: [4], latent: 1 },
  });
  const rows = 2_000_000, bytes = parquetOf([Array(rows).fill(0)], 500_000);
  assert.ok(bytes.length < rows / 100);
  const { parts, rows: counted } = await splitTable(
    detector.save(),
    { source: "t.parquet" },
    bytes,
  );
  assert.deepEqual([counted, parts.length], [rows, Math.ceil(rows / PART_ROWS)]);
});

Deno.test("an upload that claims too many cells is refused before it is read", async () => {
  const rows = { data: new Float64Array(3000), shape: [1000, 3] };
  const files = {
    "t.npz": encodeNpz(new Map([["X", rows]])),
    "t.npy": encodeNpy(rows.data, rows.shape),
    "t.parquet": parquetOf(COLUMNS.map(() => Array(1000).fill(0)), 100),
  };
  for (const [name, bytes] of Object.entries(files)) {
    let seen = 0;
    const read = async (maxCells: number) => {
      const table = await openUpload({ source: name }, bytes);
      for await (const part of table.read({ maxCells }).parts) seen += part.rows;
    };
    await assert.rejects(read(2999), /Cannot read t\..* at most 2999 cells, got /);
    assert.equal(seen, 0);
    await read(3000);
    assert.equal(seen, 1000);
  }
});

Deno.test("a worker that is told to stop does so while it reads an upload", async () => {
  const lines = "1.25,2.5,3.125\n".repeat(300_000);
  const csv = new TextEncoder().encode(`${COLUMNS.join()}\n${lines}`);
  const data = new Float64Array(3 * 300_000);
  const npz = encodeNpz(new Map([["X", { data, shape: [300_000, 3] }]]));
  for (const [name, bytes] of [["t.csv", csv], ["t.npz", npz]] as const) {
    const stopping = new AbortController();
    const table = await openUpload({ source: name }, bytes, stopping.signal);
    let parts = 0;
    const reading = (async () => {
      for await (const _part of table.read({}).parts) {
        // A message to the thread arrives like this.
        if (++parts === 1) setTimeout(() => stopping.abort());
        // Long enough for messages to get their turn.
        for (const start = performance.now(); performance.now() - start <= YIELD_MS;);
      }
    })();
    // As a fault of the file, if a reader of its format met it; a thread that was stopped says only that.
    await assert.rejects(reading);
    assert.ok(parts >= 1 && parts < 5, `${parts}`);
  }
});

Deno.test("an array that is stored by columns is read without a timer for each of its columns", async () => {
  const columns = 4000, magic = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0];
  const header = `{'descr': '<f8', 'fortran_order': True, 'shape': (2, ${columns}), }`.padEnd(117) +
    "\n";
  const bytes = Uint8Array.from([
    ...magic,
    ...[header.length, 0],
    ...new TextEncoder().encode(header),
    ...new Uint8Array(new Float64Array(2 * columns).buffer),
  ]);
  const { setTimeout } = globalThis;
  let timers = 0, rows = 0;
  globalThis.setTimeout = ((...given: Parameters<typeof setTimeout>) => {
    timers++;
    return setTimeout(...given);
  }) as typeof setTimeout;
  try {
    const table = await openUpload({ source: "t.npy" }, bytes);
    for await (const part of table.read({}).parts) rows += part.rows;
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assert.equal(rows, 2);
  assert.ok(timers < columns / 4, `${timers} timers`);
});

Deno.test("a Parquet file that inflates beyond measure is refused before it is read", async () => {
  const rows = 1_300_000, bytes = parquetOf([Array(rows).fill(0)], rows);
  assert.ok(bytes.length < 3000, `${bytes.length} bytes`);
  // Flags that never change are an honest file.
  assert.equal((await readAnyTable("flags.parquet", bytes)).rows, rows);
  const claimed = 17_000_000;
  await assert.rejects(
    readAnyTable("bomb.parquet", withCount(bytes, rows, claimed)),
    /at most \d+ cells, got 17000000 rows of 1/,
  );
  const small = parquetOf([Array(1000).fill(0)]);
  assert.equal((await readAnyTable("t.parquet", small)).rows, 1000);
  await assert.rejects(readAnyTable("t.parquet", small, { maxCells: 999 }), /at most 999 cells/);
});

/** The file with this number wherever its metadata has the other; both take four bytes as zigzag varints. */
function withCount(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const varint = (value: number) =>
    [0, 7, 14, 21].map((shift) => (2 * value >> shift) & 127 | (shift < 21 ? 128 : 0));
  const [want, ...rest] = varint(from), forged = bytes.slice();
  let found = 0;
  for (let at = 0; (at = bytes.indexOf(want, at)) >= 0; at++) {
    if (!rest.every((byte, i) => bytes[at + 1 + i] === byte)) continue;
    forged.set(varint(to), at);
    found++;
  }
  assert.ok(found >= 2, "the file and its row group state the number");
  return forged;
}
