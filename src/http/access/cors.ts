/**
 * Cross-origin requests (Fetch standard, "CORS protocol"): refused unless origins are listed. An origin is allowed if
 * it is in the list exactly; never `*`, and never with credentials.
 */
import type { RequestHead } from "../head.ts";
import type { Reply } from "../answers/responses.ts";
import { show } from "../../core/validate.ts";

/** @throws TypeError for an entry that is not an origin */
export function requireOrigins(origins: readonly string[]): readonly string[] {
  for (const origin of origins) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue;
    throw new TypeError(
      `Cannot allow origin ${show(origin)}: expected only scheme, host and port`,
    );
  }
  return origins;
}

/** The answer to a preflight request from an allowed origin; undefined for any other request. */
export function preflightReply(
  method: string,
  head: RequestHead,
  origins: readonly string[],
): Reply | undefined {
  if (method !== "OPTIONS" || !head.has("access-control-request-method")) return undefined;
  if (!origins.includes(head.get("origin") ?? "")) return undefined;
  return { body: null, status: 204, headers: PREFLIGHT };
}

/** Adds the CORS headers to an answer if the origin is allowed. */
export function corsReply(reply: Reply, head: RequestHead, origins: readonly string[]): Reply {
  const origin = head.get("origin") ?? "";
  const headers = { ...reply.headers, vary: "origin" };
  if (!origins.includes(origin)) return { ...reply, headers };
  const allowed = {
    "access-control-allow-origin": origin,
    "access-control-expose-headers": EXPOSED,
  };
  return { ...reply, headers: { ...headers, ...allowed } };
}

const EXPOSED = [
  ...["elbow-model", "elbow-model-version", "elbow-model-digest", "elbow-shape"],
  ...["etag", "location", "retry-after", "traceparent", "inference-header-content-length"],
].join(", ");

const PREFLIGHT = {
  "access-control-allow-methods": "GET, HEAD, POST, PUT, DELETE",
  "access-control-allow-headers": [
    ...["authorization", "content-type", "accept", "if-match", "if-none-match", "traceparent"],
    ...["inference-header-content-length", "idempotency-key", "last-event-id"],
  ].join(", "),
  "access-control-max-age": "600",
};
