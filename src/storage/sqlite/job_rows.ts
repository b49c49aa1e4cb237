/**
 * Jobs as rows of a SQLite file, with their events: how a job ends, which events it gets, when it is deleted.
 * Everything runs inside the caller's transaction.
 */
import type { Job, JobData, JobEvent, JobKind, JobState, Lease, QueueStats } from "../job_queue.ts";
import { sweepBlobs } from "./blobs.ts";
import type { Database, Row } from "./database.ts";

/** Matches a job that has not ended. */
export const UNFINISHED = "state IN ('queued', 'running')";

export class JobRows {
  readonly #db: Database;
  readonly #now: () => number;
  readonly #keepMs: number;

  /** @param keepMs how long a finished job is kept */
  constructor(db: Database, now: () => number, keepMs: number) {
    this.#db = db;
    this.#now = now;
    this.#keepMs = keepMs;
  }

  find(id: string): Row | undefined {
    return this.#db.row("SELECT * FROM jobs WHERE id = ?", id);
  }

  isHeld({ job: { id }, attempt }: Lease): boolean {
    const row = this.find(id);
    return row?.state === "running" && row.attempt === attempt;
  }

  finish(
    row: Row,
    state: JobState,
    end: { readonly result?: JobData; readonly error?: string; readonly output?: string },
  ): void {
    const now = this.#now(), { result, error = null, output = null } = end;
    // A total never falls, even if the clock was set back.
    const seconds = row.started === null ? 0 : Math.max(0, now - Number(row.started)) / 1000;
    this.#db.run(
      `UPDATE jobs SET state = ?, finished = ?, result = ?, error = ?, output = ?,
         input = NULL, checkpoint = NULL WHERE number = ?`,
      ...[state, now, result ? JSON.stringify(result) : null, error, output, row.number],
    );
    this.#db.run(
      `INSERT INTO totals VALUES (?, ?, 1, ?)
       ON CONFLICT DO UPDATE SET count = count + 1, seconds = seconds + excluded.seconds`,
      ...[row.kind, state, seconds],
    );
    sweepBlobs(this.#db, [row.input, row.checkpoint]);
    this.addEvent(String(row.id), state as JobEvent["type"], result ?? (error ? { error } : {}));
  }

  addEvent(id: string, type: JobEvent["type"], data: JobData = {}): void {
    this.#db.run(
      `INSERT INTO events VALUES
       (?1, 1 + coalesce((SELECT max(number) FROM events WHERE job = ?1), 0), ?2, ?3)`,
      ...[id, type, JSON.stringify(data)],
    );
  }

  /** Deletes finished jobs after their time. */
  forgetOld(): void {
    const expiry = this.#now() - this.#keepMs;
    const old = this.#db.rows("SELECT id, output FROM jobs WHERE finished < ? LIMIT 100", expiry);
    for (const { id, output } of old) {
      this.#db.run("DELETE FROM jobs WHERE id = ?", id);
      this.#db.run("DELETE FROM events WHERE job = ?", id);
      sweepBlobs(this.#db, [output]);
    }
  }

  stats(): QueueStats {
    const counts = new Map(
      this.#db.rows(`SELECT state, count(*) AS count FROM jobs WHERE ${UNFINISHED} GROUP BY state`)
        .map(({ state, count }) => [state, Number(count)]),
    );
    const totals = this.#db.rows("SELECT kind, state, count, seconds FROM totals");
    return {
      queued: counts.get("queued") ?? 0,
      running: counts.get("running") ?? 0,
      finished: totals.map(({ kind, state, count, seconds }) => ({
        kind: kind as JobKind,
        state: state as JobState,
        count: Number(count),
        seconds: Number(seconds),
      })),
    };
  }
}

/** The public part of a row. */
export function jobOf(row: Row): Job {
  const { id, kind, model, owner, spec, state, attempt, created, started, finished } = row;
  const { progress, result, error } = row;
  return {
    id: String(id),
    kind: kind as JobKind,
    model: String(model),
    owner: String(owner),
    spec: JSON.parse(String(spec)),
    state: state as JobState,
    attempt: Number(attempt),
    created: timeOf(created),
    ...(started !== null && { started: timeOf(started) }),
    ...(finished !== null && { finished: timeOf(finished) }),
    ...(progress !== null && { progress: JSON.parse(String(progress)) }),
    ...(result !== null && { result: JSON.parse(String(result)) }),
    ...(error !== null && { error: String(error) }),
  };
}

function timeOf(ms: Row[string]): string {
  return new Date(Number(ms)).toISOString();
}
