/** What the routes share: what they work with, who may pass, and how a path answers. */
import type { Context, Handler, Hono } from "npm:hono@4.13.19";
import { forbidden, type Scope, type Tokens, unauthorized } from "./auth.ts";
import type { BodyLimits } from "./body.ts";
import type { Catalogue, Served } from "./catalogue.ts";
import type { Metrics } from "./metrics.ts";
import { Pace, type Turns } from "./pace.ts";
import { Problem } from "./problems.ts";
import type { Training } from "./training.ts";
import type { RateLimiter } from "./rate_limit.ts";
import { type Registry, unknownModel } from "./registry.ts";
import { type Reply, toResponse } from "./responses.ts";
import { isModelName } from "../storage/model_store.ts";
import type { Trace } from "./trace.ts";
import type { Limits } from "./verbs.ts";

/** What every route works with. */
export interface Service {
  readonly catalogue: Catalogue;
  /** The catalogue once more, where it may be changed over HTTP. */
  readonly registry?: Registry;
  /** Where jobs go, where there may be any. */
  readonly training?: Training;
  readonly limits: Limits & { readonly maxModelBytes: number; readonly maxInFlight: number };
  readonly deadlineMs: number;
  readonly tokens?: Tokens;
  readonly limiter?: RateLimiter;
  readonly metrics: Metrics;
  readonly turns: Turns;
  readonly stopping?: AbortSignal;
  isStopping(): boolean;
  addressOf(c: Context): string;
  onError(error: unknown): void;
}

/** What the log and the metrics say of a request. */
export interface Seen {
  /** The template that answered. */
  route: string;
  model?: string;
  version?: number;
  rows?: number;
}

/** Hono's: what a request carries along. */
export interface Env {
  Variables: {
    seen: Seen;
    trace: Trace;
    /** Whose token it is: a name for it that tells nothing of it. Set once a request may pass. */
    caller: string;
  };
}

export type Method = "get" | "post" | "put" | "delete";

/** How a path answers to one method; without a scope, to anybody. */
export interface Action {
  readonly scope?: Scope;
  /** Which other one the token must have. */
  readonly also?: Scope;
  readonly answer: (c: Context<Env>) => Reply | Promise<Reply>;
}

/** An action that changes models; none where they may not be changed. */
export function adminAction(
  { registry }: Service,
  answer: (c: Context<Env>, registry: Registry) => Promise<Reply>,
): Action | undefined {
  return registry && { scope: "admin", answer: (c) => answer(c, registry) };
}

/** An action of jobs; none where there are no jobs. */
export function trainAction(
  { training }: Service,
  answer: (c: Context<Env>, training: Training) => Reply | Promise<Reply>,
  also?: Scope,
): Action | undefined {
  return training && { scope: "train", also, answer: (c) => answer(c, training) };
}

/** Characters that all headers of a request may have together. */
const MAX_HEADERS = 16_384;

/** Answers to some methods at a path, and refuses the others there. "get" answers HEAD too. */
export function route(
  app: Hono<Env>,
  service: Service,
  path: string,
  actions: Partial<Record<Method, Action | undefined>>,
): void {
  const allowed: string[] = [];
  for (const [method, action] of Object.entries(actions) as [Method, Action | undefined][]) {
    if (!action) continue;
    allowed.push(method === "get" ? "GET, HEAD" : method.toUpperCase());
    const handler: Handler<Env> = async (c) => {
      c.get("seen").route = path;
      await admit(c, service, action);
      return toResponse(await action.answer(c), c.get("trace"));
    };
    app[method](path, handler);
  }
  if (allowed.length === 0) return;
  const allow = allowed.join(", ");
  app.all(path, (c) => {
    c.get("seen").route = path;
    const detail = `Cannot answer: the method must be ${allow.replace(/, (\w+)$/, " or $1")}`;
    throw new Problem("method-not-allowed", detail, { headers: { allow } });
  });
}

/** @throws Problem unless the request may pass */
async function admit(c: Context<Env>, service: Service, { scope, also }: Action): Promise<void> {
  const { headers } = c.req.raw, { tokens, limiter, metrics, limits } = service;
  requireSmallHeaders(headers);
  if (scope === undefined) return;
  if (service.isStopping()) {
    const retry = { "retry-after": "1", connection: "close" };
    throw new Problem("stopping", "Cannot answer: the server is about to stop", { headers: retry });
  }
  if (metrics.inFlight > limits.maxInFlight) {
    const detail = `Cannot answer: at most ${limits.maxInFlight} requests are answered at once`;
    throw new Problem("overloaded", detail, { headers: { "retry-after": "1" } });
  }
  const token = await tokens?.find(headers);
  if (limiter) {
    const wait = Math.ceil(limiter.take(token?.hash ?? `address ${service.addressOf(c)}`));
    if (wait > 0) {
      const detail = `Cannot answer: there were too many requests: wait ${wait} seconds`;
      throw new Problem("too-many-requests", detail, { headers: { "retry-after": `${wait}` } });
    }
  }
  if (!tokens) return;
  if (!token) throw unauthorized(headers);
  if (!token.scopes.includes(scope)) throw forbidden(scope);
  if (also && !token.scopes.includes(also)) throw forbidden(also);
  c.set("caller", token.hash.slice(0, 32));
}

function requireSmallHeaders(headers: Headers): void {
  let size = 0;
  // A third of the time of `for … of`, on every request.
  headers.forEach((value, name) => size += name.length + value.length);
  if (size <= MAX_HEADERS) return;
  throw new Problem(
    "headers-too-large",
    `Cannot answer: headers must have at most ${MAX_HEADERS} characters`,
  );
}

/** The model that the path names; Hono has decoded the name, once. */
export async function servedModel(c: Context<Env>, { catalogue }: Service): Promise<Served> {
  const name = pathName(c, "name");
  const served = await catalogue.find(name, pathVersion(c));
  if (!served) throw unknownModel();
  const seen = c.get("seen");
  seen.model = served.name;
  seen.version = served.version;
  return served;
}

/** A name in the path. @throws Problem for what can be no name: it reaches no store */
export function pathName(c: Context<Env>, parameter: string): string {
  const name = c.req.param(parameter) ?? "";
  if (isModelName(name)) return name;
  throw unknownModel();
}

/** The version in the path, if it has one. */
export function pathVersion(c: Context<Env>): number | undefined {
  const text = c.req.param("version");
  if (text === undefined) return undefined;
  if (/^[1-9][0-9]{0,14}$/.test(text)) return Number(text);
  throw unknownModel();
}

/** The headers that say which model answered. */
export function modelHeaders({ name, version, digest }: Served): Record<string, string> {
  return {
    "elbow-model": name,
    "elbow-model-version": `${version}`,
    "elbow-model-digest": digest,
  };
}

/** The pace of one request's work; it ends when the caller has gone. */
export function paceOf(c: Context<Env>, { turns }: Service): Pace {
  return new Pace(turns, () => c.req.raw.signal.aborted);
}

/** What a body of rows may be. */
export function bodyLimits(c: Context<Env>, { limits, deadlineMs }: Service): BodyLimits {
  // Deno.serve hands over where the request comes from, and holds bodies to their Content-Length.
  const isFramed = (c.env as { remoteAddr?: unknown } | undefined)?.remoteAddr !== undefined;
  return { maxBytes: limits.maxBodyBytes, deadlineMs, isFramed };
}
