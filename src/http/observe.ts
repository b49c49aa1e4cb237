/**
 * Around every request: its trace, its time, its line in the log. None of these holds a body, a
 * query, a header or an address.
 */
import type { MiddlewareHandler } from "npm:hono@4.13.19";
import type { Metrics } from "./metrics.ts";
import type { Env } from "./service.ts";
import { RandomDigits, traceOf } from "./trace.ts";

/** One request, as the log tells of it. */
export interface LogEntry {
  /** ISO 8601. */
  readonly time: string;
  /** Errors are those of the server. */
  readonly level: "info" | "error";
  /** As it came, at most 16 letters. */
  readonly method: string;
  /** The template, not the path. */
  readonly route: string;
  /** Of the answer. */
  readonly status: number;
  /** To the head of the answer. */
  readonly milliseconds: number;
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** The model that was asked. */
  readonly model?: string;
  /** Its version. */
  readonly version?: number;
  /** Rows that were answered. */
  readonly rows?: number;
}

export function observe(
  metrics: Metrics,
  log: ((entry: LogEntry) => void) | undefined,
): MiddlewareHandler<Env> {
  const digits = new RandomDigits();
  return async (c, next) => {
    const start = performance.now(), trace = traceOf(c.req.raw.headers, digits);
    c.set("trace", trace);
    const seen: { route: string } = { route: "unknown" };
    c.set("seen", seen);
    metrics.inFlight++;
    try {
      await next();
    } finally {
      metrics.inFlight--;
    }
    // HEAD has the headers of GET: its length is that of the body that GET would have had.
    if (c.req.method === "HEAD") {
      const { byteLength } = await c.res.clone().arrayBuffer();
      c.res.headers.set("content-length", `${byteLength}`);
    }
    const milliseconds = performance.now() - start;
    const { req: { method }, res: { status } } = c;
    metrics.request(method, seen.route, status, milliseconds / 1000);
    log?.({
      time: new Date().toISOString(),
      level: status < 500 ? "info" : "error",
      method: method.slice(0, 16),
      ...seen,
      status,
      milliseconds: Math.round(milliseconds * 1000) / 1000,
      traceId: trace.traceId,
      spanId: trace.spanId,
    });
  };
}
