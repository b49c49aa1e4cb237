/**
 * One request from its arrival to its answer: whether it may pass, what it is answered, and what the log,
 * the metrics and the trace say of it. All of that in one function around every route, as each turn of a
 * chain of middleware costs as much as the score of a row.
 */
import type { Context } from "npm:hono@4.13.19";
import { admit } from "./admit.ts";
import { corsReply, preflightReply } from "./cors.ts";
import { RequestHead } from "./head.ts";
import { logEntry } from "./observe.ts";
import { Problem } from "./problems.ts";
import { type Reply, respondProblem, toResponse, withLength } from "./responses.ts";
import type { Action, Env, Seen, Service } from "./service.ts";
import { TRACE_HEADER, traceOf } from "./trace.ts";

/** @param route the template that answers, as log and metrics know it */
export async function exchange(
  c: Context<Env>,
  service: Service,
  route: string,
  action: Action,
): Promise<Response> {
  const { metrics, log, origins } = service, { headers, method } = c.req.raw;
  const begun = performance.now(), head = new RequestHead(headers);
  const seen: Seen = { route, head, begun };
  c.set("seen", seen);
  metrics.inFlight++;
  let reply: Reply;
  try {
    reply = (origins && preflightReply(method, head, origins)) ?? await answer(c, service, action);
  } catch (error) {
    reply = refusal(error, service, route);
  } finally {
    metrics.inFlight--;
  }
  if (origins) reply = corsReply(reply, head, origins);
  // HEAD has the headers of GET: its length is that of the body that GET would have had.
  if (method === "HEAD") reply = await withLength(reply);
  const isTraced = log || !reply.isBare || head.has(TRACE_HEADER);
  const trace = isTraced ? traceOf(head, service.digits) : undefined;
  const response = toResponse(reply, trace);
  const milliseconds = performance.now() - begun;
  metrics.request(method, route, reply.status, milliseconds / 1000);
  if (log && trace) log(logEntry(method, seen, reply.status, milliseconds, trace));
  return response;
}

function answer(c: Context<Env>, service: Service, action: Action): Reply | Promise<Reply> {
  const passing = admit(c, service, action);
  return passing ? passing.then(() => action.answer(c)) : action.answer(c);
}

function refusal(error: unknown, service: Service, route: string): Reply {
  const problem = problemOf(error, service);
  // Clients of the Open Inference Protocol look for this member.
  return respondProblem(problem, route.startsWith("/v2") ? { error: problem.message } : {});
}

/** A fault of ours: the log gets it whole, the caller nothing of it. */
function problemOf(error: unknown, service: Service): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof DOMException && error.name === "AbortError") {
    return new Problem("body-timeout", "Cannot answer: nobody waits for the answer any more");
  }
  service.onError(error);
  return new Problem("internal", "Cannot answer: the server's log says why");
}
