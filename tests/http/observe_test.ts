/** Observability: traces, metrics, logs. */
import assert from "node:assert/strict";
import type { App, LogEntry } from "../../src/http/mod.ts";
import { Metrics } from "../../src/http/telemetry/metrics.ts";
import { parseTraceparent } from "../../src/http/telemetry/trace.ts";
import { createApp, MODELS, post, ROWS } from "./util.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c", SPAN = "b7ad6b7169203331";

Deno.test("a valid traceparent is continued; otherwise a new trace begins", async () => {
  // Examples and rules of W3C Trace Context, sections 3.2 and 4.3.
  const valid = [
    `00-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-00`,
    `00-${TRACE}-${SPAN}-ff`,
    `00-${TRACE}-${SPAN}-fe`,
    `01-${TRACE}-${SPAN}-01`,
    `cc-${TRACE}-${SPAN}-01-what-the-future-brings`,
    `fe-${TRACE}-${SPAN}-01-`,
  ];
  const invalid = [
    "",
    "00",
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}0-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-0g`,
    `0-${TRACE}-${SPAN}-01`,
    `00_${TRACE}_${SPAN}_01`,
    `01-${TRACE}-${SPAN}-01x`,
    `${TRACE}-${SPAN}`,
  ];
  const app = createApp({ models: MODELS });
  for (const text of [...valid, ...invalid]) {
    const isValid = valid.includes(text);
    assert.equal(parseTraceparent(text)?.traceId, isValid ? TRACE : undefined, text);
    const response = await app.request("/health/live", { headers: { traceparent: text } });
    const [version, traceId, spanId, flags] = response.headers.get("traceparent")!.split("-");
    assert.equal(version, "00");
    assert.equal(traceId === TRACE, isValid, text);
    assert.notEqual(spanId, SPAN);
    // Level 1 defines one flag; the others "MUST be set to zero" (3.2.2.5).
    const isRecorded = isValid && (Number.parseInt(text.split("-")[3], 16) & 1) === 1;
    assert.equal(flags, isRecorded ? "01" : "00");
  }
});

Deno.test("a verb's answer has only its type header, plus the trace if the caller sent one or there is a log", async () => {
  const ask = (app: App, headers: Record<string, string> = {}) =>
    app.request("/v1/models/table/score", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ rows: ROWS.slice(0, 1) }),
    });
  const names = async (
    response: Response | Promise<Response>,
  ) => [...(await response).headers.keys()];
  const quiet = createApp({ models: MODELS }), logged = createApp({ models: MODELS, log() {} });
  assert.deepEqual(await names(ask(quiet)), ["content-type"]);
  assert.deepEqual(await names(ask(logged)), ["content-type", "traceparent"]);
  const traced = await ask(quiet, { traceparent: `00-${TRACE}-${SPAN}-01` });
  assert.deepEqual(await names(traced), ["content-type", "traceparent"]);
  assert.match(traced.headers.get("traceparent")!, new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
  const wrong = await ask(quiet, { "content-type": "text/html" });
  assert.deepEqual(await names(wrong), [
    ...["accept", "cache-control", "content-type", "traceparent", "x-content-type-options"],
  ]);
});

/** Lines of the text format, by name and labels. */
function parseMetrics(text: string): Map<string, number> {
  const samples = new Map<string, number>(), typed = new Map<string, string>();
  assert.ok(text.endsWith("\n"));
  for (const line of text.trimEnd().split("\n")) {
    const type = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line);
    if (type) {
      assert.ok(!typed.has(type[1]), "a family stands once");
      typed.set(type[1], type[2]);
    }
    if (line.startsWith("#")) continue;
    const [, name, labels = "", value] =
      /^([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? ([0-9.e+-]+)$/.exec(line) ??
        assert.fail(line);
    const family = name.replace(/_(bucket|sum|count)$/, "");
    assert.ok(typed.has(name) || typed.get(family) === "histogram", line);
    assert.ok(!samples.has(name + labels), `${line} stands twice`);
    samples.set(name + labels, Number(value));
  }
  return samples;
}

Deno.test("/metrics counts requests, times and rows, in Prometheus' text format", async () => {
  const app = createApp({ models: MODELS });
  const metrics = async () => {
    const response = await app.request("/metrics");
    assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    return parseMetrics(await response.text());
  };
  const first = await metrics();
  assert.equal(first.get("elbow_models"), 5);
  const info = [...first.keys()].filter((key) =>
    /^elbow_model_info\{model="table",version="1",digest="[0-9a-f]{64}"\}$/.test(key)
  );
  assert.equal(info.length, 1);
  for (let i = 0; i < 7; i++) await post("table/score", { rows: ROWS.slice(0, 3) }, app);
  await post("table/score", { rows: [[1e9, 1e9, 1e9]] }, app);
  await post("table/score", { rows: [] }, app);
  await app.request("/v1/models/table/score", { method: "BREW" });
  await app.request("/no/such/place");
  const after = await metrics();
  const count = (method: string, route: string, status: number) =>
    after.get(
      `http_server_request_duration_seconds_count{http_request_method="${method}",http_route="${route}",http_response_status_code="${status}",url_scheme="http"}`,
    );
  const route = "/v1/models/:name/score";
  assert.deepEqual([count("POST", route, 200), count("POST", route, 422)], [8, 1]);
  assert.equal(count("_OTHER", route, 405), 1);
  assert.equal(count("GET", "unknown", 404), 1);
  assert.equal(after.get('elbow_rows_total{model="table",verb="score"}'), 22);
  assert.ok(after.get('elbow_anomalies_total{model="table"}')! >= 1);
  assert.equal(after.get("elbow_requests_in_flight"), 1);
  // An internal error is counted with its status, too.
  const faults = new Metrics();
  faults.request("https://localhost/health/ready", "GET", "/health/ready", 503, 0.1);
  assert.ok(
    parseMetrics(faults.text([])).has(
      `http_server_request_duration_seconds_count{http_request_method="GET",http_route="/health/ready",http_response_status_code="503",url_scheme="https",error_type="503"}`,
    ),
  );
  for (const [key, value] of first) {
    if (/_total|_count|_bucket/.test(key)) assert.ok(after.get(key)! >= value, key);
  }

  const labels =
    `http_request_method="POST",http_route="${route}",http_response_status_code="200",url_scheme="http"`;
  const buckets = [...after].filter(([key]) =>
    key.startsWith(`http_server_request_duration_seconds_bucket{${labels}`)
  );
  const values = buckets.map(([, value]) => value);
  assert.deepEqual(values, values.toSorted((a, b) => a - b), "buckets are cumulative");
  assert.match(buckets.at(-1)![0], /le="\+Inf"/);
  assert.equal(values.at(-1), 8);
  const sum = after.get(`http_server_request_duration_seconds_sum{${labels}}`)!;
  assert.ok(sum > 0 && sum < 60);
});

Deno.test("the contents of requests create no new series", async () => {
  const app = createApp({ models: MODELS });
  const series = async () => parseMetrics(await (await app.request("/metrics")).text()).size;
  const ask = async (i: number) => {
    await app.request(`/v1/models/nobody-${i}/score`, { method: "POST" });
    await app.request(`/nowhere/${i}`, { method: `X${i}` });
    await app.request(`/v1/models/table/versions/${i + 7}`);
    await app.request(`/v2/x/${i}`);
  };
  await ask(0);
  await series();
  const before = await series();
  for (let i = 1; i < 300; i++) await ask(i);
  assert.equal(await series(), before);
});

Deno.test("the log has one entry for each request, without its contents", async () => {
  const entries: LogEntry[] = [];
  const app = createApp({ models: MODELS, log: (entry) => entries.push(entry) });
  const secret = "s3cret";
  await app.request(`/v1/models/table/score?secret=${secret}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${secret}`,
      "x-api": secret,
      traceparent: `00-${TRACE}-${SPAN}-01`,
    },
    body: JSON.stringify({ rows: [[500, 1, -3]], [secret]: secret }),
  });
  await post("table/score", { rows: ROWS.slice(0, 4) }, app);
  await app.request(`/${secret}`);
  assert.doesNotMatch(JSON.stringify(entries), new RegExp(secret));
  const route = "/v1/models/:name/score";
  assert.deepEqual(
    entries.map((
      { level, method, route, status, model, version, rows },
    ) => [level, method, route, status, model, version, rows]),
    [
      ["info", "POST", route, 422, "table", 1, undefined],
      ["info", "POST", route, 200, "table", 1, 4],
      ["info", "GET", "unknown", 404, undefined, undefined, undefined],
    ],
  );
  assert.equal(entries[0].traceId, TRACE);
  for (const { time, milliseconds, spanId } of entries) {
    assert.ok(Date.parse(time) > 0 && milliseconds >= 0);
    assert.match(spanId, /^[0-9a-f]{16}$/);
  }
});
