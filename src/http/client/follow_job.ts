/** The events of a job from one of them to its end, over as many requests as it takes. */
import { ApiError } from "./client_error.ts";
import { readEvents } from "./client_events.ts";
import type { Answers, JobEventInfo } from "./client_types.ts";
import type { Connection } from "./connection.ts";

/** Events after which there are no others. */
const ENDS: readonly string[] = ["succeeded", "failed", "cancelled"];

/** How often in a row a stream of events may fail, and how much longer each time to wait. */
const RECONNECTS = 10, RECONNECT_MS = 200;

/** @param after the last event that is known; a stream that breaks is taken up after the last one it told */
export async function* followJob(
  connection: Connection,
  id: string,
  after: number,
): AsyncGenerator<JobEventInfo> {
  const job = `/v1/jobs/${id}`;
  for (let last = after, failures = 0, silences = 0;;) {
    let isSilent = true;
    try {
      const response = await connection.ask("GET", `${job}/events`, {
        accept: "text/event-stream",
        headers: { "last-event-id": `${last}` },
      });
      for await (const event of readEvents(response.body!)) {
        yield event;
        [last, failures, silences, isSilent] = [event.id, 0, 0, false];
        if (ENDS.includes(event.type)) return;
      }
      // Nothing more, and the end was told before.
      if (isSilent && ENDS.includes((await connection.json<Answers["Job"]>("GET", job)).state)) {
        return;
      }
      // Whatever stands between may cut off what waits for long: that is no fault, however often it happens.
      if (isSilent) silences = Math.min(silences + 1, RECONNECTS);
    } catch (error) {
      const mayPass = !(error instanceof ApiError) || error.status >= 500;
      if (!mayPass || connection.isAborted || ++failures > RECONNECTS) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS * (failures + silences)));
  }
}
