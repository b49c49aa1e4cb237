/**
 * Scores a file with all workers of a queue. The worker that claims the job splits the file, queues each part as a job
 * of its own, waits for the parts, and joins their lines in order.
 *
 * A part's id is derived from the job's id and the part's position. So a worker that takes over from a dead one finds
 * the parts that exist: each is accepted once, has one output, and appears once in the result. Parts have no owner who
 * could query them. Once the job has ended, the remaining parts are cancelled.
 *
 * A full queue accepts no part, so the part is then scored here. Otherwise jobs that fill the queue would wait for room
 * that only their own end would make.
 */
import { concatBytes } from "../core/bytes/bytes.ts";
import { type JobQueue, QueueFullError } from "../storage/job_queue.ts";
import { isOver } from "../storage/job_rules.ts";
import { digestOf } from "../storage/model_store.ts";
import type { Outcome } from "./messages.ts";
import { endWithoutResult, type LeasedJob, modelOf } from "./leased_job.ts";
import type { UploadedTable } from "./open_upload.ts";
import { PART_ROWS, type PartSpec, type ScoredPart, type ScoreSpec } from "./score_job.ts";
import { WorkThread } from "./work_thread.ts";

/** Parts of one job that are queued or running at once, so that room is left for other jobs. */
const PARTS_AHEAD = 32;

/** The owner of parts, which is not a caller's name. */
const NO_OWNER = "";

/** What parts have in common. */
type JobScoring = Omit<ScoreSpec, keyof UploadedTable>;

/** A part was not scored; the outcome says how the job ends. */
class NotScored extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super("Cannot score a part: its outcome says why");
    this.outcome = outcome;
  }
}

/** @param onSplit called when other jobs may use the thread */
export async function doScoring(
  leased: LeasedJob,
  thread: WorkThread,
  onSplit: () => void,
): Promise<void> {
  const { lease, options: { queue }, signal, log } = leased;
  const { source, header: hasHeader, ...scoring } = lease.job.spec as unknown as ScoreSpec;
  const input = await queue.input(lease), model = await modelOf(leased, scoring.digest);
  const { falseAlarmRate, secondLook } = scoring;
  const uploaded = { source, header: hasHeader };
  const outcome = await thread.do(
    { type: "split", uploaded, input, model, falseAlarmRate, secondLook },
    { signal },
  );
  onSplit();
  if (outcome.type !== "split") return await endWithoutResult(leased, outcome);
  log("split");
  const { header, parts, rows } = outcome.split;
  const jobParts = new JobParts(leased, scoring, model);
  try {
    const scored = await jobParts.score(parts);
    const text = concatBytes([header, ...scored.map(({ lines }) => lines)]);
    const anomalies = scored.reduce((sum, part) => sum + part.anomalies, 0);
    const result = { rows, anomalies, parts: parts.length, bytes: text.length, ...scoring };
    await queue.ack(lease, JSON.parse(JSON.stringify(result)), text);
    log("succeeded");
  } catch (error) {
    if (!(error instanceof NotScored)) throw error;
    await endWithoutResult(leased, error.outcome);
  } finally {
    await jobParts.close();
  }
}

/** The parts of one job. */
class JobParts {
  readonly #leased: LeasedJob;
  readonly #queue: JobQueue;
  readonly #scoring: JobScoring;
  readonly #model: Uint8Array;
  readonly #ids: string[] = [];
  #thread?: WorkThread;

  constructor(leased: LeasedJob, scoring: JobScoring, model: Uint8Array) {
    this.#leased = leased;
    this.#queue = leased.options.queue;
    this.#scoring = scoring;
    this.#model = model;
  }

  /**
   * The lines of all parts, in order.
   * @throws NotScored or LeaseLostError
   */
  async score(parts: readonly Uint8Array[]): Promise<ScoredPart[]> {
    const scoredHere: (ScoredPart | undefined)[] = [], scored: ScoredPart[] = [];
    const collectNext = async () => {
      const i = scored.length;
      scored.push(scoredHere[i] ?? await this.#outcome(this.#ids[i]));
      const progress = { parts: parts.length, partsDone: scored.length };
      await this.#queue.progress(this.#leased.lease, progress);
    };
    for (const [i, part] of parts.entries()) {
      if (i >= PARTS_AHEAD) await collectNext();
      scoredHere.push(await this.#enqueue(i, part));
    }
    while (scored.length < parts.length) await collectNext();
    return scored;
  }

  /** @returns the scored part, if the queue did not accept it */
  async #enqueue(i: number, input: Uint8Array): Promise<ScoredPart | undefined> {
    const { lease: { job }, signal, options: { device = {} } } = this.#leased;
    if (signal.aborted) throw new NotScored({ type: "stopped" });
    const firstRow = i * PART_ROWS, id = await partId(job.id, i);
    const spec: PartSpec = { whole: job.id, firstRow, ...this.#scoring };
    this.#ids.push(id);
    try {
      const part = { id, kind: "part", model: job.model, owner: NO_OWNER } as const;
      await this.#queue.enqueue({ ...part, spec: { ...spec } }, input);
      return undefined;
    } catch (error) {
      if (!(error instanceof QueueFullError)) throw error;
    }
    const { falseAlarmRate, secondLook } = this.#scoring, model = this.#model;
    const outcome = await (this.#thread ??= new WorkThread()).do(
      { type: "score", input, model, firstRow, falseAlarmRate, secondLook, device },
      { signal },
    );
    if (outcome.type === "scored") return outcome.scored;
    throw new NotScored(outcome);
  }

  async #outcome(id: string): Promise<ScoredPart> {
    const { signal } = this.#leased;
    for await (const _event of this.#queue.events(id, 0, signal));
    if (signal.aborted) throw new NotScored({ type: "stopped" });
    const job = await this.#queue.find(id), lines = await this.#queue.output(id);
    if (job?.state === "succeeded" && lines) {
      const { rows, anomalies } = job.result as Pick<ScoredPart, "rows" | "anomalies">;
      return { lines, rows, anomalies };
    }
    const reason = job?.error ?? `a part of the file is ${job?.state ?? "gone"}`;
    throw new NotScored({ type: "failed", reason, isRefusal: job?.state === "failed" });
  }

  /** Cancels the remaining parts of a job that has ended. */
  async close(): Promise<void> {
    this.#thread?.close();
    const job = await this.#queue.find(this.#leased.lease.job.id);
    if (job?.state === "succeeded" || !isOver(job?.state ?? "cancelled")) return;
    for (const id of this.#ids) await this.#queue.cancel(id);
  }
}

async function partId(job: string, part: number): Promise<string> {
  const text = JSON.stringify(["part", job, part]);
  return (await digestOf(new TextEncoder().encode(text))).slice(0, 32);
}
