/**
 * Server-sent events as a client reads them (WHATWG HTML, 9.2.6): fields by line, an event at each blank
 * line. Limits: of the fields, `id`, `event` and `data`, one line of each, as this app writes them.
 */
import type { JobEventInfo } from "./client_types.ts";

/** The events of a stream, in order; leaving the loop ends the request. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<JobEventInfo> {
  const reader = body.getReader(), decoder = new TextDecoder();
  let rest = "", fields: Record<string, string> = {};
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + decoder.decode(value, { stream: !done })).split("\n");
      // What breaks off in the middle of an event is no event.
      rest = lines.pop()!;
      for (const line of lines) {
        if (line === "") {
          if (fields.data !== undefined) yield eventOf(fields);
          fields = {};
        }
        const [, name, text] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
        if (name !== undefined) fields[name] = text;
      }
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function eventOf({ id, event, data }: Record<string, string>): JobEventInfo {
  return { id: Number(id), type: event as JobEventInfo["type"], data: JSON.parse(data) };
}
