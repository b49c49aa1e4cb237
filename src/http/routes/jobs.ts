/**
 * `/v1/jobs`: the caller's unfinished jobs. `/v1/jobs/:id`: a job's state, its cancellation, its result, and its
 * history as server-sent events (WHATWG HTML, 9.2). Each event has a number; a client that sends it as `Last-Event-ID`
 * gets the later ones. Callers see only their own jobs; another caller's id is unknown.
 */
import type { Hono } from "npm:hono@4.13.19";
import type { Job } from "../../storage/job_queue.ts";
import { prefers } from "../answers/accept.ts";
import { streamOf } from "../answers/answers.ts";
import type { Call } from "../exchange/call.ts";
import { NDJSON } from "../rows/ndjson.ts";
import { invalid, Problem } from "../answers/problems.ts";
import { respond, respondBody } from "../answers/responses.ts";
import { resultLines } from "../jobs/result_lines.ts";
import { route } from "../exchange/route.ts";
import { type Service, trainAction } from "../service.ts";
import type { JobIntake } from "../jobs/job_intake.ts";

/** Milliseconds of silence after which a comment keeps the connection alive. */
const KEEP_ALIVE_MS = 15_000;

/** The most concurrent streams of events. */
const MAX_WATCHERS = 1000;

export function jobRoutes(app: Hono, service: Service): void {
  const watchers = { count: 0 };
  route(app, service, "/v1/jobs", {
    get: trainAction(service, async (call, { queue }) => {
      const jobs = await queue.unfinished(call.caller);
      return respond({ jobs: jobs.map(jobAnswer) });
    }),
  });
  route(app, service, "/v1/jobs/:id", {
    get: trainAction(
      service,
      async (call, training) => respond(jobAnswer(await ownJob(call, training))),
    ),
    delete: trainAction(service, async (call, training) => {
      const { id } = await ownJob(call, training);
      const job = await training.queue.cancel(id);
      if (!job) throw unknownJob();
      return respond(jobAnswer(job));
    }),
  });
  route(app, service, "/v1/jobs/:id/result", {
    get: trainAction(service, async (call, { queue }) => {
      const { id, kind, state } = await ownJob(call, { queue });
      const bytes = state === "succeeded" ? await queue.output(id) : undefined;
      if (bytes) {
        const isLines = prefers(call.head.get("accept") ?? "", NDJSON, "text/csv");
        return isLines
          ? respondBody(streamOf(resultLines(bytes)), NDJSON)
          : respondBody(bytes as Uint8Array<ArrayBuffer>, "text/csv; charset=utf-8");
      }
      const why = kind === "score" ? `it is ${state}` : "it is not a scoring job";
      throw new Problem("no-result", `Cannot fetch the result of the job: ${why}`);
    }),
  });
  route(app, service, "/v1/jobs/:id/events", {
    get: trainAction(service, async (call, training) => {
      const { id } = await ownJob(call, training);
      const after = lastEventId(call);
      if (watchers.count >= MAX_WATCHERS) {
        const retry = { "retry-after": "5" };
        const detail = `Cannot answer: at most ${MAX_WATCHERS} jobs are watched at once`;
        throw new Problem("overloaded", detail, { headers: retry });
      }
      return respondBody(
        eventStream(training, id, after, service.stopping, watchers),
        "text/event-stream",
      );
    }),
  });
}

/** What a caller may know about a job. */
export function jobAnswer(job: Job): Record<string, unknown> {
  const { owner: _owner, spec: _spec, ...rest } = job;
  return rest;
}

async function ownJob(call: Call, { queue }: Pick<JobIntake, "queue">): Promise<Job> {
  const id = call.param("id") ?? "";
  const job = /^[0-9a-f]{32}$/.test(id) ? await queue.find(id) : undefined;
  if (job?.owner !== call.caller) throw unknownJob();
  call.model = job.model;
  return job;
}

function unknownJob(): Problem {
  return new Problem(
    "unknown-job",
    "Cannot find job: a job is visible to its owner only, for a week",
  );
}

function lastEventId(call: Call): number {
  const text = call.head.get("last-event-id")?.trim() ?? "0";
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw invalid("", "Cannot read last-event-id: expected the id of an event");
}

/** Ends with the job, with the server, or when the client disconnects. */
function eventStream(
  { queue }: JobIntake,
  id: string,
  after: number,
  stopping: AbortSignal | undefined,
  watchers: { count: number },
): ReadableStream<Uint8Array> {
  const disconnected = new AbortController(), encoder = new TextEncoder();
  const events = queue.events(
    id,
    after,
    AbortSignal.any(stopping ? [disconnected.signal, stopping] : [disconnected.signal]),
  );
  let alive: ReturnType<typeof setInterval> | undefined, isOpen = true;
  watchers.count++;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    watchers.count--;
    clearInterval(alive);
  };
  return new ReadableStream({
    start(controller) {
      alive = setInterval(() => controller.enqueue(encoder.encode(":\n\n")), KEEP_ALIVE_MS);
    },
    async pull(controller) {
      try {
        const { done, value } = await events.next();
        if (!isOpen) return;
        if (done) {
          close();
          return controller.close();
        }
        const { id, type, data } = value;
        const text = `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
        controller.enqueue(encoder.encode(text));
      } catch (error) {
        close();
        controller.error(error);
      }
    },
    cancel() {
      close();
      disconnected.abort();
    },
  }, { highWaterMark: 0 });
}
