/**
 * Server-sent events as a client reads them (WHATWG HTML, 9.2.6): fields by line, an event at each blank
 * line. Limits: of the fields, `id`, `event` and `data`, one line of each, as this app writes them.
 */
import type { JobEventInfo } from "./client_types.ts";
import { readLines } from "./client_wire.ts";

/** The events of a stream, in order; leaving the loop ends the request. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<JobEventInfo> {
  let fields: Record<string, string> = {};
  // What breaks off before its blank line is no event.
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
