/** A request's line in the log. It holds no body, no query, no header and no address. */
import type { Trace } from "./trace.ts";

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

export function logEntry(
  method: string,
  { route, model, version, rows }: Pick<LogEntry, "route" | "model" | "version" | "rows">,
  status: number,
  milliseconds: number,
  { traceId, spanId }: Trace,
): LogEntry {
  return {
    time: new Date().toISOString(),
    level: status < 500 ? "info" : "error",
    method: method.slice(0, 16),
    route,
    ...(model !== undefined && { model }),
    ...(version !== undefined && { version }),
    ...(rows !== undefined && { rows }),
    status,
    milliseconds: Math.round(milliseconds * 1000) / 1000,
    traceId,
    spanId,
  };
}
