/**
 * The events of jobs, as messages of a stream: an event's id is its position in the stream. A message id names the
 * claim and the event, so an end that is reported twice is stored once.
 */
import type { JobData, JobEvent } from "../job_queue.ts";
import { withRetries } from "./retries.ts";
import type { Namespace } from "./namespace.ts";

const ENDS: readonly string[] = ["succeeded", "failed", "cancelled"];

/** Writes and reads the events of jobs. */
export class Events {
  readonly #namespace: Namespace;

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
  }

  /** @param key identifies the event: the same for every repetition */
  async publish(id: string, type: JobEvent["type"], data: JobData, key: string): Promise<void> {
    const { js, eventsSubject } = this.#namespace, text = JSON.stringify({ type, data });
    await withRetries(() => js.publish(eventsSubject(id), text, { msgID: `${id} ${key}` }));
  }

  /** The events after that one, until an end or the signal. The job must have been accepted. */
  async *after(id: string, after: number, signal: AbortSignal): AsyncGenerator<JobEvent> {
    const { js, events, eventsSubject } = this.#namespace;
    const last = await this.#last(id);
    if (last && last.id <= after && ENDS.includes(last.type)) return;
    const consumer = await withRetries(() =>
      js.consumers.get(events, { filter_subjects: eventsSubject(id), opt_start_seq: after + 1 })
    );
    const messages = await withRetries(() => consumer.consume());
    const stop = () => messages.stop();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    try {
      for await (const message of messages) {
        const { type, data } = message.json<Pick<JobEvent, "type" | "data">>();
        yield { id: message.seq, type, data };
        if (ENDS.includes(type)) return;
      }
    } finally {
      signal.removeEventListener("abort", stop);
      await messages.close();
    }
  }

  async #last(id: string): Promise<JobEvent | undefined> {
    const { jsm, events, eventsSubject } = this.#namespace;
    const message = await withRetries(() =>
      jsm.streams.getMessage(events, { last_by_subj: eventsSubject(id) })
    );
    return message
      ? { id: message.seq, ...message.json<Pick<JobEvent, "type" | "data">>() }
      : undefined;
  }
}
