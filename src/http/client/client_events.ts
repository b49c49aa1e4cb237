/**
 * Parses server-sent events (WHATWG HTML, 9.2.6): one field per line, one event per blank line.
 * Limits: only the fields `id`, `event` and `data`, one line each, as this app writes them.
 */
import type { JobEventInfo } from "./client_types.ts";
import { readLines } from "./client_wire.ts";

/** The events of a stream, in order; leaving the loop ends the request. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<JobEventInfo> {
  let fields: Record<string, string> = {};
  // An event cut off before its blank line is dropped.
  for await (const line of readLines(body)) {
    if (line === "") {
      if (fields.data !== undefined) yield eventOf(fields);
      fields = {};
    }
    const [, name, text] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
    if (name !== undefined) fields[name] = text;
  }
}

function eventOf({ id, event, data }: Record<string, string>): JobEventInfo {
  return { id: Number(id), type: event as JobEventInfo["type"], data: JSON.parse(data) };
}
