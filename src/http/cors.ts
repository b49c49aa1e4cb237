/**
 * Cross-origin requests (Fetch standard, "CORS protocol"): none, unless origins are listed. An origin
 * is allowed if it stands in the list, letter for letter; never `*`, and never with credentials.
 */
import type { MiddlewareHandler } from "npm:hono@4.13.19";
import { show } from "../core/validate.ts";

/** @throws TypeError for an entry that is no origin */
export function cors(origins: readonly string[]): MiddlewareHandler {
  for (const origin of origins) {
    if (URL.parse(origin)?.origin === origin) continue;
    throw new TypeError(
      `Cannot allow origin ${show(origin)}: expected scheme, host and port alone`,
    );
  }
  return async (c, next) => {
    const origin = c.req.header("origin") ?? "", allowed = origins.includes(origin);
    const preflight = c.req.method === "OPTIONS" && c.req.header("access-control-request-method");
    if (allowed && preflight) c.res = new Response(null, { status: 204, headers: PREFLIGHT });
    else await next();
    c.res.headers.append("vary", "origin");
    if (!allowed) return;
    c.res.headers.set("access-control-allow-origin", origin);
    c.res.headers.set("access-control-expose-headers", EXPOSED);
  };
}

const EXPOSED = [
  ...["elbow-model", "elbow-model-version", "elbow-model-digest", "elbow-shape"],
  ...["etag", "location", "retry-after", "traceparent", "inference-header-content-length"],
].join(", ");

const PREFLIGHT = {
  "access-control-allow-methods": "GET, HEAD, POST, PUT, DELETE",
  "access-control-allow-headers":
    "authorization, content-type, accept, if-match, if-none-match, traceparent, inference-header-content-length",
  "access-control-max-age": "600",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};
