/** What the routes share: what they work with, and what they say of a request. */
import type { Scope, Tokens } from "./access/auth.ts";
import type { BodyLimits, BytesAhead } from "./body.ts";
import type { Call } from "./call.ts";
import type { Catalogue, Served } from "./models/catalogue.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import type { LogEntry } from "./telemetry/observe.ts";
import { Pace, type Turns } from "./pace.ts";
import type { JobIntake } from "./jobs/job_intake.ts";
import type { RateLimiter } from "./access/rate_limit.ts";
import { invalid } from "./problems.ts";
import { type Registry, unknownModel } from "./models/registry.ts";
import type { Reply } from "./responses.ts";
import { isModelName, NAME_RULE } from "../storage/model_store.ts";
import type { RandomDigits } from "./telemetry/trace.ts";
import type { Limits } from "./verbs/mod.ts";

/** What every route works with. */
export interface Service {
  readonly catalogue: Catalogue;
  /** The catalogue once more, where it may be changed over HTTP. */
  readonly registry?: Registry;
  /** Where jobs go, where there may be any. */
  readonly training?: JobIntake;
  readonly limits: Limits & { readonly maxModelBytes: number; readonly maxInFlight: number };
  readonly deadlineMs: number;
  readonly ahead: BytesAhead;
  readonly tokens?: Tokens;
  readonly limiter?: RateLimiter;
  readonly metrics: Metrics;
  readonly turns: Turns;
  readonly digits: RandomDigits;
  /** Origins whose pages may ask; without it there is no CORS. */
  readonly origins?: readonly string[];
  readonly log?: (entry: LogEntry) => void;
  readonly stopping?: AbortSignal;
  isStopping(): boolean;
  addressOf(call: Call): string;
  onError(error: unknown): void;
}

export type Method = "get" | "post" | "put" | "delete";

/** How a path answers to one method; without a scope, to anybody. */
export interface Action {
  readonly scope?: Scope;
  /** Which other one the token must have. */
  readonly also?: Scope;
  readonly answer: (call: Call) => Reply | Promise<Reply>;
}

/** An action that changes models; none where they may not be changed. */
export function adminAction(
  { registry }: Service,
  answer: (call: Call, registry: Registry) => Promise<Reply>,
): Action | undefined {
  return registry && { scope: "admin", answer: (call) => answer(call, registry) };
}

/** An action of jobs; none where there are no jobs. */
export function trainAction(
  { training }: Service,
  answer: (call: Call, training: JobIntake) => Reply | Promise<Reply>,
  also?: Scope,
): Action | undefined {
  return training && { scope: "train", also, answer: (call) => answer(call, training) };
}

/** The model that the path names, at once where it is at hand. */
export function servedModel(call: Call, { catalogue }: Service): Served | Promise<Served> {
  const found = catalogue.find(pathName(call, "name"), pathVersion(call));
  return found instanceof Promise ? found.then((each) => known(call, each)) : known(call, found);
}

function known(call: Call, served: Served | undefined): Served {
  if (!served) throw unknownModel(pathVersion(call));
  call.model = served.name;
  call.version = served.version;
  return served;
}

/** A name in the path. @throws Problem for what can be no name: it reaches no store */
export function pathName(call: Call, parameter: string): string {
  const name = call.param(parameter) ?? "";
  if (isModelName(name)) return name;
  throw unknownModel();
}

/** A name in the path that something is to bear. @throws Problem saying what a name is */
export function newName(call: Call, parameter: string): string {
  const name = call.param(parameter) ?? "";
  if (isModelName(name)) return name;
  throw invalid("", `Cannot take the name in the address: ${NAME_RULE}`);
}

/** The version in the path, if it has one. */
export function pathVersion(call: Call): number | undefined {
  const text = call.param("version");
  if (text === undefined) return undefined;
  if (/^[1-9][0-9]{0,14}$/.test(text)) return Number(text);
  throw unknownModel(text);
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
export function paceOf(call: Call, { turns }: Service): Pace {
  return new Pace(turns, () => call.request.signal.aborted, call.begun);
}

/** What a body of rows may be. */
export function bodyLimits(call: Call, { limits, deadlineMs, ahead }: Service): BodyLimits {
  // Deno.serve hands over where the request comes from, and holds bodies to their Content-Length.
  const { env } = call, isFramed = typeof env === "object" && env !== null && "remoteAddr" in env;
  return { maxBytes: limits.maxBodyBytes, deadlineMs, ...(isFramed && { ahead }) };
}
