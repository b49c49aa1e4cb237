/**
 * The messages that say that there is work: one for each job that has not ended. The server gives a message to one
 * worker at a time, and to another one if it is neither acknowledged nor renewed.
 */
import type { Consumer, JsMsg } from "npm:@nats-io/jetstream@3.4.0";
import type { NewJob, QueueStats } from "../job_queue.ts";
import { type Namespace, WORKERS } from "./namespace.ts";
import { withRetries } from "./retries.ts";

/** The longest single wait for a message, in milliseconds; an abort takes effect after it. */
const WAIT_MS = 1000;

type JobKey = Pick<NewJob, "owner" | "id">;

/** A message as it was delivered: its text is the job's id. */
export type WorkMessage = Pick<JsMsg, "string" | "ack" | "nak" | "working">;

/** Publishes and receives messages, and holds those of the jobs under way here. */
export class WorkMessages {
  readonly #namespace: Namespace;
  #consumer?: Consumer;
  readonly #held = new Map<string, WorkMessage>();

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
  }

  /** @throws the server's error if there are too many: `isFull` */
  async publish(job: JobKey): Promise<void> {
    const { js, workSubject } = this.#namespace;
    await withRetries(() => js.publish(workSubject(job), job.id, { msgID: job.id }));
  }

  /** The ids of an owner's jobs. */
  async ofOwner(owner: string): Promise<string[]> {
    const { jsm, work, workSubject } = this.#namespace;
    const options = { subjects_filter: workSubject({ owner, id: "*" }) };
    const { state } = await withRetries(() => jsm.streams.info(work, options));
    return Object.keys(state.subjects ?? {}).map((subject) => subject.split(".").at(-1)!);
  }

  /** Waits for a message. @returns undefined if none came, or the signal is aborted */
  async next(signal: AbortSignal): Promise<WorkMessage | undefined> {
    const { js, work } = this.#namespace;
    const consumer = this.#consumer ??= await withRetries(() => js.consumers.get(work, WORKERS));
    const message = await withRetries(() => consumer.next({ expires: WAIT_MS }));
    if (!signal.aborted) return message ?? undefined;
    message?.nak();
  }

  /** Holds the message of a claimed job. */
  hold(message: WorkMessage): void {
    this.#held.set(message.string(), message);
  }

  /** Keeps a held message from being given to another worker for now. */
  renew(id: string): void {
    this.#held.get(id)?.working();
  }

  /** The job is done: its message is gone. */
  acknowledge(id: string): void {
    this.#held.get(id)?.ack();
    this.#held.delete(id);
  }

  /** The job is for another worker, from then on. */
  giveBack(id: string, delayMs: number): void {
    this.#held.get(id)?.nak(delayMs);
    this.#held.delete(id);
  }

  /** Removes a job's message. Does not purge: in NATS 2.9 the consumer then skips other messages. */
  async remove(job: JobKey): Promise<void> {
    const { jsm, work, workSubject } = this.#namespace;
    const message = await withRetries(() =>
      jsm.streams.getMessage(work, { last_by_subj: workSubject(job) })
    );
    // If it was acknowledged in the meantime, it is gone.
    if (message) {
      await withRetries(() => jsm.streams.deleteMessage(work, message.seq)).catch(() => {});
    }
  }

  /** Messages that wait, and messages that a worker holds. */
  async counts(): Promise<Pick<QueueStats, "queued" | "running">> {
    const { jsm, work } = this.#namespace;
    const stream = await withRetries(() => jsm.streams.info(work));
    const { num_ack_pending: running } = await withRetries(() => jsm.consumers.info(work, WORKERS));
    return { queued: Math.max(0, stream.state.messages - running), running };
  }
}
