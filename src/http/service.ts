/** What the routes share: their dependencies, their actions, and the parameters of their paths. */
import type { Scope, Tokens } from "./access/auth.ts";
import type { BodyLimits } from "./body/read_bytes.ts";
import type { ReservedBytes } from "./body/reserved_bytes.ts";
import type { Call } from "./exchange/call.ts";
import type { Catalogue, Served } from "./models/catalogue.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import type { LogEntry } from "./telemetry/observe.ts";
import { Pacer, type TurnQueue } from "./pacer.ts";
import type { JobIntake } from "./jobs/job_intake.ts";
import type { RateLimiter } from "./access/rate_limit.ts";
import { invalid, Problem } from "./answers/problems.ts";
import { type Registry, unknownModel } from "./models/registry.ts";
import type { Reply } from "./answers/responses.ts";
import { isModelName, NAME_RULE } from "../storage/model_store.ts";
import type { RandomDigits } from "./telemetry/trace.ts";
import type { Limits } from "./verbs/mod.ts";

/** The dependencies of every route. */
export interface Service {
  readonly catalogue: Catalogue;
  /** The same catalogue, if it may be changed over HTTP. */
  readonly registry?: Registry;
  /** Where jobs go, if they are accepted. */
  readonly training?: JobIntake;
  readonly limits: Limits & { readonly maxModelBytes: number; readonly maxInFlight: number };
  readonly deadlineMs: number;
  readonly reserved: ReservedBytes;
  /** Memory for long answers that are being computed or read. */
  readonly answers: ReservedBytes;
  readonly tokens?: Tokens;
  readonly limiter?: RateLimiter;
  readonly metrics: Metrics;
  readonly turns: TurnQueue;
  readonly digits: RandomDigits;
  /** Origins whose pages may call the app; undefined without CORS. */
  readonly origins?: readonly string[];
  readonly log?: (entry: LogEntry) => void;
  readonly stopping?: AbortSignal;
  isStopping(): boolean;
  addressOf(call: Call): string;
  onError(error: unknown): void;
}

export type Method = "get" | "post" | "put" | "delete";

/** How a path answers one method; without a scope, anybody may call it. */
export interface Action {
  readonly scope?: Scope;
  /** A second scope that the token must have. */
  readonly secondScope?: Scope;
  readonly answer: (call: Call) => Reply | Promise<Reply>;
}

/** An action that changes models; undefined if they may not be changed. */
export function adminAction(
  { registry }: Service,
  answer: (call: Call, registry: Registry) => Promise<Reply>,
): Action | undefined {
  return registry && { scope: "admin", answer: (call) => answer(call, registry) };
}

/** An action on jobs; undefined if jobs are not accepted. */
export function trainAction(
  { training }: Service,
  answer: (call: Call, training: JobIntake) => Reply | Promise<Reply>,
  secondScope?: Scope,
): Action | undefined {
  return training && { scope: "train", secondScope, answer: (call) => answer(call, training) };
}

/** The model that the path names; without a promise if it is loaded. */
export function servedModel(call: Call, { catalogue }: Service): Served | Promise<Served> {
  const found = catalogue.find(pathName(call, "name"), pathVersion(call));
  return found instanceof Promise
    ? found.then((each) => requireKnown(call, each))
    : requireKnown(call, found);
}

function requireKnown(call: Call, served: Served | undefined): Served {
  if (!served) throw unknownModel(pathVersion(call));
  call.model = served.name;
  call.version = served.version;
  return served;
}

/** A name in the path. @throws Problem for an invalid name, which never reaches the store */
export function pathName(call: Call, parameter: string): string {
  const name = call.param(parameter) ?? "";
  if (isModelName(name)) return name;
  throw unknownModel();
}

/** A new name in the path. @throws Problem that states the rule for names */
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

/** The pacer of one request's work, which ends when the caller disconnects. */
export function pacerOf(call: Call, { turns }: Service): Pacer {
  return new Pacer(turns, () => call.request.signal.aborted, call.begun);
}

/** Numbers in an answer that may be kept whatever else is. */
const SMALL_ANSWER = 20_000;

/**
 * Takes memory for the numbers of an answer, until it has been sent.
 * @throws Problem if other long answers take all there is
 */
export function holdAnswer(call: Call, { answers }: Service, numbers: number): void {
  if (numbers <= SMALL_ANSWER) return;
  const bytes = numbers * Float64Array.BYTES_PER_ELEMENT;
  if (!answers.reserve(bytes)) {
    const detail = "Cannot answer: too many long answers are not read yet";
    throw new Problem("overloaded", detail, { headers: { "retry-after": "1" } });
  }
  call.release = () => answers.release(bytes);
}

/** How many times longer than other bodies an upload may take to arrive. */
const UPLOAD_DEADLINE_FACTOR = 6;

/** The rate at which an upload or a long answer may take as long as it needs: 64 MiB in some 35 minutes. */
export const SLOW_BYTES_PER_SECOND = 32_768;

/** The limits of an upload. */
export function uploadLimits({ deadlineMs }: Service, maxBytes: number): BodyLimits {
  return {
    maxBytes,
    deadlineMs: deadlineMs * UPLOAD_DEADLINE_FACTOR,
    bytesPerSecond: SLOW_BYTES_PER_SECOND,
  };
}

/** The limits of a body of rows. */
export function bodyLimits(call: Call, { limits, deadlineMs, reserved }: Service): BodyLimits {
  // Deno.serve passes the remote address, and holds bodies to their Content-Length.
  const { env } = call, isFramed = typeof env === "object" && env !== null && "remoteAddr" in env;
  return { maxBytes: limits.maxBodyBytes, deadlineMs, ...(isFramed && { reserved }) };
}
