/** Admission: the size of the headers, the requests in flight, the token and its scope, the rate limit. */
import type { Call } from "../exchange/call.ts";
import { forbidden, type Scope, type Token, unauthorized } from "./auth.ts";
import type { RequestHead } from "../head.ts";
import { Problem, stoppingProblem } from "../answers/problems.ts";
import type { Action, Service } from "../service.ts";

/** The most characters that all headers of a request may have together. */
const MAX_HEADERS = 16_384;

/**
 * @returns undefined, without a promise, if there are no tokens to look up
 * @throws Problem unless the request may pass
 */
export function admit(
  call: Call,
  service: Service,
  { scope, secondScope }: Action,
): Promise<void> | undefined {
  const { head } = call, { tokens, metrics, limits } = service;
  requireSmallHeaders(head);
  if (scope === undefined) return undefined;
  if (service.isStopping()) {
    throw stoppingProblem({ "retry-after": "1", connection: "close" });
  }
  if (metrics.inFlight > limits.maxInFlight) {
    const detail = `Cannot answer: at most ${limits.maxInFlight} requests are answered at once`;
    throw new Problem("overloaded", detail, { headers: { "retry-after": "1" } });
  }
  if (tokens) {
    return tokens.find(head).then((token) => admitToken(call, service, token, scope, secondScope));
  }
  requireRate(call, service);
  return undefined;
}

function admitToken(
  call: Call,
  service: Service,
  token: Token | undefined,
  scope: Scope,
  secondScope?: Scope,
): void {
  requireRate(call, service, token);
  if (!token) throw unauthorized(call.head);
  if (!token.scopes.includes(scope)) throw forbidden(scope);
  if (secondScope && !token.scopes.includes(secondScope)) throw forbidden(secondScope);
  call.caller = token.hash.slice(0, 32);
}

function requireRate(call: Call, service: Service, token?: Token): void {
  const { limiter } = service;
  if (!limiter) return;
  const wait = Math.ceil(limiter.take(token?.hash ?? `address ${service.addressOf(call)}`));
  if (wait <= 0) return;
  const detail = `Cannot answer: too many requests: wait ${wait} second${wait === 1 ? "" : "s"}`;
  throw new Problem("too-many-requests", detail, { headers: { "retry-after": `${wait}` } });
}

function requireSmallHeaders({ size }: RequestHead): void {
  if (size <= MAX_HEADERS) return;
  throw new Problem(
    "headers-too-large",
    `Cannot answer: headers must have at most ${MAX_HEADERS} characters`,
  );
}
