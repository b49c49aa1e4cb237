/**
 * The span that the server's own instrumentation opened for a request: Deno's with `OTEL_DENO=true`, or that of
 * OpenTelemetry's SDK on Node.js. The log and the answer then name that span, and the span gets the route, which the
 * server cannot know.
 *
 * It is found where OpenTelemetry's API for JavaScript keeps it in all 1.x versions: an object at
 * `Symbol.for("opentelemetry.js.api.1")` of the global, and the span in its context under the key below. The package
 * would read the same two symbols, but would be in every bundle.
 */
import { OTHER_METHOD } from "./metrics.ts";
import { flagsOf, type Trace } from "./trace.ts";

/** The part of OpenTelemetry's `Span` in use. */
interface Span {
  spanContext(): { readonly traceId: string; readonly spanId: string; readonly traceFlags: number };
  setAttribute(name: string, value: string): unknown;
  updateName(name: string): unknown;
}

interface Api {
  readonly context?: { active(): { getValue(key: symbol): unknown } };
}

const API = Symbol.for("opentelemetry.js.api.1");
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");

/**
 * Sets the route of this request's span, as `http.route` and in its name.
 * Source: OpenTelemetry's semantic conventions for HTTP spans, "Name".
 * @param method a known method, or `OTHER_METHOD`
 * @returns its position in its trace; undefined if no span is open
 */
export function labelActiveSpan(method: string, route: string): Trace | undefined {
  const { context } = (globalThis as { [API]?: Api })[API] ?? {};
  const span = context?.active().getValue(SPAN) as Span | undefined;
  if (!span) return undefined;
  span.setAttribute("http.route", route);
  span.updateName(`${method === OTHER_METHOD ? "HTTP" : method} ${route}`);
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceId, spanId, flags: flagsOf(traceFlags) };
}
