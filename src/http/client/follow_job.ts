/** Follows the events of a job to its end, over as many requests as that takes. */
import { ApiError } from "./client_error.ts";
import { readEvents } from "./client_events.ts";
import type { Answers, JobEventInfo } from "./client_types.ts";
import type { Connection } from "./connection.ts";

/** Final events. */
const ENDS: readonly string[] = ["succeeded", "failed", "cancelled"];

/** How often in a row a stream of events may fail, and how much longer to wait each time. */
const RECONNECTS = 10, RECONNECT_MS = 200;

/** @param after the last event already known; a broken stream resumes after the last event it delivered */
export async function* followJob(
  connection: Connection,
  id: string,
  after: number,
): AsyncGenerator<JobEventInfo> {
  const job = `/v1/jobs/${id}`;
  for (let last = after, failures = 0, silentStreams = 0;;) {
    let isSilent = true;
    try {
      const response = await connection.send("GET", `${job}/events`, {
        accept: "text/event-stream",
        headers: { "last-event-id": `${last}` },
      });
      for await (const event of readEvents(response.body!)) {
        yield event;
        [last, failures, silentStreams, isSilent] = [event.id, 0, 0, false];
        if (ENDS.includes(event.type)) return;
      }
      // No new events, and the final one was delivered before.
      if (isSilent && ENDS.includes((await connection.json<Answers["Job"]>("GET", job)).state)) {
        return;
      }
      // A proxy may close idle connections: that is not a failure, however often it happens.
      if (isSilent) silentStreams = Math.min(silentStreams + 1, RECONNECTS);
    } catch (error) {
      const isTemporary = !(error instanceof ApiError) || error.status >= 500;
      if (!isTemporary || connection.isAborted || ++failures > RECONNECTS) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS * (failures + silentStreams)));
  }
}
