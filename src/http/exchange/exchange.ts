/**
 * Handles one request from its arrival to its answer: admission, the action, and what the log, the metrics and the
 * trace record. One function around every route does all of this, because each step of a middleware chain costs as much
 * as scoring a row.
 */
import { admit } from "../access/admit.ts";
import { answerStream, isLong } from "../answers/answer_stream.ts";
import type { Call } from "./call.ts";
import { corsReply, preflightReply } from "../access/cors.ts";
import { labelActiveSpan } from "../telemetry/active_span.ts";
import { knownMethod } from "../telemetry/metrics.ts";
import { logEntry } from "../telemetry/observe.ts";
import { Problem } from "../answers/problems.ts";
import { type Reply, respondProblem, toResponse, withLength } from "../answers/responses.ts";
import { type Action, type Service, SLOW_BYTES_PER_SECOND } from "../service.ts";
import { StorageBusyError } from "../../storage/storage_busy.ts";
import { StorageFullError } from "../../storage/storage_full.ts";
import { TRACE_HEADER, traceOf } from "../telemetry/trace.ts";

/** How many times longer than a body may take, a client may take too little of its answer. */
const STALL_FACTOR = 6;

export async function exchange(call: Call, service: Service, action: Action): Promise<Response> {
  const { metrics, log, origins } = service, { request: { method, url }, head, route } = call;
  const methodLabel = knownMethod(method), span = labelActiveSpan(methodLabel, route);
  metrics.inFlight++;
  let reply: Reply;
  try {
    reply = (origins && preflightReply(method, head, origins)) ??
      await answer(call, service, action);
  } catch (error) {
    reply = problemReply(error, service, route);
  } finally {
    metrics.inFlight--;
  }
  if (origins) reply = corsReply(reply, head, origins);
  // HEAD has the headers of GET, so its length is that of GET's body.
  if (method === "HEAD") reply = await withLength(reply);
  reply = whileRead(reply, call, service);
  const isTraced = log || !reply.isBare || head.has(TRACE_HEADER);
  const trace = span ?? (isTraced ? traceOf(head, service.digits) : undefined);
  const response = toResponse(reply, trace);
  const milliseconds = performance.now() - call.begun;
  metrics.request(url, methodLabel, route, reply.status, milliseconds / 1000);
  if (log && trace) log(logEntry(method, call, reply.status, milliseconds, trace));
  return response;
}

function answer(call: Call, service: Service, action: Action): Reply | Promise<Reply> {
  const admission = admit(call, service, action);
  return admission ? admission.then(() => action.answer(call)) : action.answer(call);
}

/** A long answer in pieces, so that what it holds is let go when it has been read or given up. */
function whileRead(reply: Reply, { release }: Call, { deadlineMs }: Service): Reply {
  const { body, headers } = reply;
  if (!isLong(body)) {
    release?.();
    return reply;
  }
  const isBytes = body instanceof Uint8Array, stallMs = deadlineMs * STALL_FACTOR;
  const length = isBytes ? { "content-length": `${body.length}` } : undefined;
  // Of an answer that is in memory: a client that takes a piece a minute would keep it for hours.
  const leastBytes = release || isBytes ? SLOW_BYTES_PER_SECOND * stallMs / 1000 : undefined;
  const pieces = answerStream(body, stallMs, () => release?.(), leastBytes);
  return { ...reply, body: pieces, headers: { ...headers, ...length } };
}

function problemReply(error: unknown, service: Service, route: string): Reply {
  const problem = problemOf(error, service);
  // Clients of the Open Inference Protocol look for this member.
  return respondProblem(problem, route.startsWith("/v2") ? { error: problem.message } : {});
}

/** An unexpected error is logged in full and hidden from the caller. */
function problemOf(error: unknown, service: Service): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof DOMException && error.name === "AbortError") {
    return new Problem("body-timeout", "Cannot answer: the client has disconnected");
  }
  service.onError(error);
  if (error instanceof StorageFullError) {
    const headers = { "retry-after": "60" };
    return new Problem("storage-full", "Cannot store: the server's disk is full", { headers });
  }
  if (error instanceof StorageBusyError) {
    const headers = { "retry-after": "5" };
    return new Problem("not-ready", `${error.message}`, { headers });
  }
  return new Problem("internal", "Cannot answer: internal error: see the server's log");
}
