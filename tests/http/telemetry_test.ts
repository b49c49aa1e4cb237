/**
 * One trace: what Deno exports of a request, what the log says and what its answer names are the same span, which
 * carries the route. `elbow serve` in its own process sends its spans to a collector here, by OTLP over HTTP.
 */
import assert from "node:assert/strict";
import { PLAIN, ROWS } from "./util.ts";
import { serveElbow } from "../util/elbow_server.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c", SPAN = "b7ad6b7169203331";

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly {
    readonly key: string;
    readonly value: { readonly stringValue?: string };
  }[];
}

/** OTLP's number for server spans. */
const SERVER = 2;

/** Receives what an exporter sends, and keeps the server spans. */
class Collector {
  readonly spans: Span[] = [];
  readonly #server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (r) => {
    const sent = await r.json();
    for (const { scopeSpans } of sent.resourceSpans ?? []) {
      for (const { spans } of scopeSpans) {
        this.spans.push(...spans.filter(({ kind }: Span) => kind === SERVER));
      }
    }
    return Response.json({});
  });

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  close(): Promise<void> {
    return this.#server.shutdown();
  }
}

Deno.test("with OTEL_DENO, the log, the answer and the exported span of a request are one, with its route", async () => {
  const folder = Deno.makeTempDirSync(), collector = new Collector();
  Deno.writeFileSync(`${folder}/plain.safetensors`, PLAIN.save());
  const { child, url, errors } = await serveElbow(["--models", folder, "--log"], {
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    // Its own console, whose lines it would export too.
    OTEL_DENO_CONSOLE: "ignore",
  });
  const asked = [
    ["POST", "/v1/models/plain/score", { rows: ROWS.slice(0, 1) }],
    ["POST", "/v1/models/plain/score?samples=x", { rows: ROWS.slice(0, 1) }],
    ["GET", "/v1/models/nobody", undefined],
    ["BREW", "/health/live", undefined],
  ] as const;
  const named: string[][] = [];
  for (const [method, path, body] of asked) {
    const response = await fetch(url + path, {
      method,
      headers: { "content-type": "application/json", traceparent: `00-${TRACE}-${SPAN}-01` },
      body: body && JSON.stringify(body),
    });
    await response.body?.cancel();
    named.push(response.headers.get("traceparent")!.split("-"));
  }
  child.kill("SIGTERM");
  const log = (await errors).split("\n").filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  await child.status;
  await collector.close();
  Deno.removeSync(folder, { recursive: true });

  const score = "/v1/models/:name/score";
  const names = [
    ["POST", score],
    ["POST", score],
    ["GET", "/v1/models/:name"],
    ["HTTP", "/health/live"],
  ];
  for (const [i, [verb, route]] of names.entries()) {
    const [, traceId, spanId, flags] = named[i];
    assert.deepEqual([traceId, flags], [TRACE, "01"]);
    assert.deepEqual([log[i].traceId, log[i].spanId], [traceId, spanId], "the log");
    const span = collector.spans.find((each) => each.spanId === spanId);
    assert.ok(span, `${verb} ${route} was exported`);
    assert.deepEqual([span.traceId, span.parentSpanId], [TRACE, SPAN]);
    assert.equal(span.name, `${verb} ${route}`);
    const said = span.attributes.find(({ key }) => key === "http.route");
    assert.equal(said?.value.stringValue, route);
  }
  assert.equal(log.length, names.length);
});
