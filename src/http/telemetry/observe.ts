/** The log entry of a request. It holds no body, query, header or address. */
import type { Trace } from "./trace.ts";

/** One request in the log. */
export interface LogEntry {
  /** ISO 8601. */
  readonly time: string;
  /** "error" only for faults of the server. */
  readonly level: "info" | "error";
  /** As it was sent, at most 16 characters. */
  readonly method: string;
  /** The template, not the path. */
  readonly route: string;
  /** The status of the answer. */
  readonly status: number;
  /** Time to the headers of the answer. */
  readonly milliseconds: number;
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** The model queried. */
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
