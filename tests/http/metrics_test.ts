/**
 * Metrics of what models answer. Oracle: the answers themselves, and Prometheus' rules for names and its text format
 * (https://prometheus.io/docs/practices/naming, …/instrumenting/exposition_formats).
 */
import assert from "node:assert/strict";
import { csvRows } from "../../src/http/csv_rows.ts";
import { createApp, type Fields, MODELS, ROWS } from "./util.ts";
import { jobsApp } from "../jobs/app.ts";
import { openSqlite } from "../../src/storage/sqlite/mod.ts";

type App = ReturnType<typeof createApp>;

/** Ordinary rows, and some that are far out; as float32 holds them, for the binary door. */
const GIVEN = [...ROWS.slice(0, 20), ...ROWS.slice(0, 5).map(([a, b, c]) => [a + 900, b - 9, c])]
  .map((row) => row.map(Math.fround));

async function textOf(app: App): Promise<string> {
  return await (await app.request("/metrics")).text();
}

async function send(app: App, path: string, type: string, body: BodyInit): Promise<Response> {
  const init = { method: "POST", headers: { "content-type": type }, body };
  const response = await app.request(path, init);
  assert.equal(response.status, 200);
  return response;
}

const SCORE = "/v1/models/table/score";
const FLAT = GIVEN.flat();
const DOORS: Readonly<Record<string, (app: App) => Promise<Response>>> = {
  json: (app) => send(app, SCORE, "application/json", JSON.stringify({ rows: GIVEN })),
  float32: (app) => send(app, SCORE, "application/octet-stream", new Float32Array(FLAT)),
  lines: (app) =>
    send(app, SCORE, "application/x-ndjson", GIVEN.map((row) => JSON.stringify(row)).join("\n")),
  csv: (app) =>
    send(app, SCORE, "text/csv", ["heat,flow,drift", ...GIVEN.map((row) => row.join())].join("\n")),
  protocol: (app) =>
    send(
      app,
      "/v2/models/table/infer",
      "application/json",
      JSON.stringify({
        inputs: [{ name: "x", datatype: "FP64", shape: [GIVEN.length, 3], data: FLAT }],
      }),
    ),
};

Deno.test("rows, anomalies and p-values are counted whichever door the rows come through", async () => {
  const { rows }: { rows: Fields[] } = await (await DOORS.json(createApp({ models: MODELS })))
    .json();
  const flagged = rows.filter(({ anomaly }) => anomaly).length;
  assert.ok(flagged >= 5 && flagged < rows.length);
  const atMost = (bound: number) => rows.filter(({ pValue }) => Number(pValue) <= bound).length;
  for (const [door, ask] of Object.entries(DOORS)) {
    const app = createApp({ models: MODELS, csvRows });
    await (await ask(app)).arrayBuffer();
    const lines = (await textOf(app)).split("\n");
    const expected = [
      `elbow_rows_total{model="table",verb="score"} ${rows.length}`,
      `elbow_anomalies_total{model="table"} ${flagged}`,
      ...[0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 1].map((bound) =>
        `elbow_p_value_bucket{model="table",le="${bound}"} ${atMost(bound)}`
      ),
      `elbow_p_value_bucket{model="table",le="+Inf"} ${rows.length}`,
      `elbow_p_value_count{model="table"} ${rows.length}`,
    ];
    for (const line of expected) assert.ok(lines.includes(line), `${door}: ${line}`);
    const sum = lines.find((line) => line.startsWith("elbow_p_value_sum"))!.split(" ")[1];
    const total = rows.reduce((all, { pValue }) => all + Number(pValue), 0);
    assert.ok(Math.abs(Number(sum) - total) < 1e-3, `${door}: ${sum}, expected ${total}`);
  }
});

Deno.test("every family follows Prometheus' rules, and its samples stand together", async () => {
  await using jobs = await jobsApp();
  await jobs.client.train("m", ROWS, { epochs: 1, hidden: [4], latent: 1 });
  const response = await jobs.ask("GET", "/metrics");
  const families: { name: string; type: string }[] = [], seen = new Set<string>();
  let help = "";
  for (const line of (await response.text()).trimEnd().split("\n")) {
    const [, told] = /^# HELP (\w+) [A-Z].*\.$/.exec(line) ?? [];
    const [, typed, type] = /^# TYPE (\w+) (\w+)$/.exec(line) ?? [];
    if (told) help = told;
    else if (typed) {
      assert.equal(typed, help, "the help stands before the type");
      assert.ok(!seen.has(typed), `${typed} stands twice`);
      seen.add(typed);
      families.push({ name: typed, type });
    } else {
      const { name, type } = families.at(-1)!;
      const endings = type === "histogram"
        ? "_(bucket|sum|count)"
        : type === "summary"
        ? "_(sum|count)"
        : "";
      const label = '[a-z_]+="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
      const form = new RegExp(`^${name}${endings}(\\{${label}(,${label})*\\})? [0-9.e+-]+$`);
      assert.match(line, form);
    }
  }
  for (const { name, type } of families) {
    assert.match(name, /^(elbow|http_server)_[a-z_]+$/);
    assert.equal(name.endsWith("_total"), type === "counter", name);
    // Base units only; a p-value, like a count, has none.
    assert.equal(name.endsWith("_seconds"), name.includes("duration"), name);
    assert.doesNotMatch(name, /_(ms|milliseconds|percent|kb|count|sum|bucket|gauge)$/);
  }
  assert.ok(families.length >= 9);
});

Deno.test("a queue that fails or hangs does not hide the server's own metrics", async () => {
  const faults: string[] = [];
  const { queue } = openSqlite(":memory:", { now: Date.now });
  for (const stats of [() => Promise.reject(new Error("down")), () => new Promise(() => {})]) {
    const failing = Object.create(queue, { stats: { value: stats } });
    await using jobs = await jobsApp({
      training: { queue: failing },
      onError: (error) => faults.push(`${error}`),
    });
    const response = await jobs.ask("GET", "/metrics"), text = await response.text();
    assert.equal(response.status, 200);
    assert.match(text, /\nelbow_requests_in_flight 1\n[^]*\nelbow_models 0\n/);
    assert.doesNotMatch(text, /elbow_jobs/);
  }
  await queue.close();
  assert.match(faults.join("\n"), /^Error: down\nTimeoutError: .*did not answer for 2 seconds$/);
});
