/**
 * The span that the server's own instrumentation has opened for a request: Deno's with `OTEL_DENO=true`, or that of
 * OpenTelemetry's SDK on Node.js. Log and answer then name that span, and it learns the route, which the server cannot know.
 *
 * It is found where OpenTelemetry's API for JavaScript keeps it for all of its versions 1: an object at
 * `Symbol.for("opentelemetry.js.api.1")` of the global, and the span in its context under the key below. The package
 * would read the same two symbols, and be in every bundle.
 */
import { OTHER_METHOD } from "./metrics.ts";
import { flagsOf, type Trace } from "./trace.ts";

/** What is used of OpenTelemetry's `Span`. */
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
 * Tells the span of this request its route, as `http.route` and in its name.
 * Source: OpenTelemetry's semantic conventions for HTTP spans, "Name".
 * @param method one that is known, or `OTHER_METHOD`
 * @returns where it stands in its trace; nothing where no span is open
 */
export function tellActiveSpan(method: string, route: string): Trace | undefined {
  const { context } = (globalThis as { [API]?: Api })[API] ?? {};
  const span = context?.active().getValue(SPAN) as Span | undefined;
  if (!span) return undefined;
  span.setAttribute("http.route", route);
  span.updateName(`${method === OTHER_METHOD ? "HTTP" : method} ${route}`);
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceId, spanId, flags: flagsOf(traceFlags) };
}
