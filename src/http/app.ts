/**
 * The app: routes over models. It opens no port and reads no file, so any runtime with `Request` and `Response` can run
 * it, under any prefix.
 *
 * Features are off by default: without tokens anyone may query models and nobody may change them; there is no CORS, no
 * rate limit and no log.
 */
import { Hono } from "npm:hono@4.13.19";
import { requireNumber, show } from "../core/validate.ts";
import type { DeviceOptions } from "../trained/trained_vae.ts";
import { type Token, Tokens } from "./access/auth.ts";
import { MAX_NUMBERS } from "./answers/answers.ts";
import { ReservedBytes } from "./body/reserved_bytes.ts";
import { liveCatalogue, type Models } from "./models/catalogue.ts";
import { requireOrigins } from "./access/cors.ts";
import { withFastPath } from "./exchange/fast_path.ts";
import { Metrics } from "./telemetry/metrics.ts";
import type { LogEntry } from "./telemetry/observe.ts";
import { TurnQueue } from "./pacer.ts";
import { type RateLimit, RateLimiter } from "./access/rate_limit.ts";
import { Registry } from "./models/registry.ts";
import { notFoundRoutes } from "./exchange/route.ts";
import { aliasRoutes } from "./routes/aliases.ts";
import { docsRoutes } from "./routes/docs.ts";
import { healthRoutes } from "./routes/health.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { modelRoutes } from "./routes/models.ts";
import { oipRoutes } from "./routes/oip.ts";
import { scoreJobRoutes } from "./routes/score_jobs.ts";
import { trainRoutes } from "./routes/train.ts";
import { uploadRoutes } from "./routes/uploads.ts";
import { verbRoutes } from "./routes/verbs.ts";
import type { Service } from "./service.ts";
import type { ModelStore } from "../storage/model_store.ts";
import { RandomDigits } from "./telemetry/trace.ts";
import { intakeOf, type JobIntake, type TrainingOptions } from "./jobs/job_intake.ts";
import { VERBS } from "./verbs/mod.ts";
import type { ReadCsvRows, TakeSecondLook } from "./verbs/verb.ts";

/**
 * A Hono app (4.13.19): `app.fetch` for a server, `parent.route("/prefix", app)` to mount it, or
 * `parent.mount("/prefix", app.fetch)` if the parent uses another version.
 * @internal so that the documentation lint skips Hono's own types
 */
export type App = Hono;

/** What an app serves, to whom, and its limits. */
export interface AppOptions {
  /** Loaded models by name, or a store of model files. */
  readonly models: Models | ModelStore;
  /** Who may call the app (default: anyone). Changing a store over HTTP requires a token with the scope "admin". */
  readonly tokens?: readonly Token[];
  /** Accepts jobs that train models of the store (default: none). Requires a token with the scope "train". */
  readonly training?: TrainingOptions;
  /** Requests per token, or per address if there are no tokens (default: unlimited). */
  readonly rateLimit?: RateLimit;
  /** Origins whose pages may call the app, such as `https://example.org` (default: none). */
  readonly origins?: readonly string[];
  /** Larger bodies are refused (default: 4 MiB). */
  readonly maxBodyBytes?: number;
  /** Larger model files are refused (default: 64 MiB). */
  readonly maxModelBytes?: number;
  /** The most rows in one request, and draws in one `sample` (default: 10,000). */
  readonly maxRows?: number;
  /** The most concurrent requests (default: 1,000). */
  readonly maxInFlight?: number;
  /** Seconds that a body may take to arrive, or a stream may stall (default: 10). */
  readonly bodySeconds?: number;
  /** How many versions of each model to keep, besides those that an alias names (default: all). */
  readonly keepVersions?: number;
  /** `secondLook` of `second_look.ts`: lets callers ask for a second look at flagged rows (default: refused). */
  readonly secondLook?: TakeSecondLook;
  /** `csvRows` of `csv_rows.ts`: lets callers send rows as CSV (default: refused). */
  readonly csvRows?: ReadCsvRows;
  /** What models of a store run on. */
  readonly device?: DeviceOptions;
  /** Called for every request. */
  readonly log?: (entry: LogEntry) => void;
  /** Called for every server fault (default: `console.error`). */
  readonly onError?: (error: unknown) => void;
  /** Once aborted, the app reports not ready and refuses new requests. */
  readonly stopping?: AbortSignal;
  /**
   * Returns the address that a request comes from, for `rateLimit`: from what the server passes with it or, behind a
   * proxy, from the header that the proxy sets.
   */
  readonly addressOf?: (request: Request, env: unknown) => string;
}

/** Bytes of bodies that all callers together may announce and read at once: see `readBytes`. */
const RESERVED_BYTES = 64 * 2 ** 20;

/** Bytes of long answers that all callers together may wait for: those of eight of the longest. */
const ANSWER_BYTES = 8 * MAX_NUMBERS * Float64Array.BYTES_PER_ELEMENT;

/**
 * The Hono app that serves the models.
 * @throws TypeError or RangeError for a model, name, token or limit that cannot be used
 */
export function createApp(options: AppOptions): App {
  const service = serviceOf(options);
  const app = new Hono();
  healthRoutes(app, service);
  modelRoutes(app, service);
  aliasRoutes(app, service);
  const verbs = verbRoutes(app, service);
  trainRoutes(app, service);
  scoreJobRoutes(app, service);
  jobRoutes(app, service);
  uploadRoutes(app, service);
  oipRoutes(app, service);
  docsRoutes(app, service);
  notFoundRoutes(app, service, {
    paths: ["/health/*", "/v1/*", "/v2/*"],
    verbs: Object.keys(VERBS),
  });
  app.fetch = withFastPath(app.fetch, service, verbs);
  return app;
}

function serviceOf(options: AppOptions): Service {
  const { models, rateLimit, stopping, device, keepVersions } = options ?? {};
  if (typeof models !== "object" || models === null) {
    throw new TypeError(
      `Cannot serve: expected models, loaded ones by name or a store, got ${show(models)}`,
    );
  }
  if (keepVersions !== undefined) whole("keepVersions", keepVersions, 1e6);
  if (rateLimit && !options.tokens && !options.addressOf && !("Deno" in globalThis)) {
    throw new TypeError("Cannot limit rates: needs addressOf, which says where requests come from");
  }
  const tokens = options.tokens && new Tokens(options.tokens);
  const registry = isStore(models) ? new Registry(models, device, keepVersions) : undefined;
  const mayChange = tokens?.anyHas("admin") ?? false;
  if (mayChange && !registry) {
    throw new TypeError('Cannot serve models to "admin": models must be a store');
  }
  const training = options.training && mayTrain(options.training, registry, tokens);
  return {
    catalogue: registry ?? liveCatalogue(models as Models),
    registry: mayChange ? registry : undefined,
    training,
    limits: {
      maxBodyBytes: whole("maxBodyBytes", options.maxBodyBytes ?? 4 * 2 ** 20, 2 ** 30),
      maxModelBytes: whole("maxModelBytes", options.maxModelBytes ?? 64 * 2 ** 20, 2 ** 30),
      maxRows: whole("maxRows", options.maxRows ?? 10_000, 1e6),
      maxInFlight: whole("maxInFlight", options.maxInFlight ?? 1000, 1e6),
      secondLook: options.secondLook,
      csvRows: options.csvRows,
    },
    deadlineMs: requireNumber("bodySeconds", options.bodySeconds ?? 10, { above: 0, max: 3600 }) *
      1000,
    reserved: new ReservedBytes(RESERVED_BYTES),
    answers: new ReservedBytes(ANSWER_BYTES),
    tokens,
    limiter: rateLimit && new RateLimiter(rateLimit),
    metrics: new Metrics(),
    turns: new TurnQueue(),
    digits: new RandomDigits(),
    origins: options.origins && requireOrigins(options.origins),
    log: options.log,
    stopping,
    isStopping: () => stopping?.aborted ?? false,
    addressOf: ({ request, env }) => (options.addressOf ?? denoAddress)(request, env),
    onError: options.onError ?? ((error) => console.error(error)),
  };
}

function mayTrain(options: TrainingOptions, registry?: Registry, tokens?: Tokens): JobIntake {
  if (!registry) throw new TypeError("Cannot train: models must be a store");
  if (tokens?.anyHas("train")) return intakeOf(options, registry);
  throw new TypeError('Cannot train: tokens must hold one for "train"');
}

function whole(name: string, value: number, max: number): number {
  return requireNumber(name, value, { min: 1, max, integer: true });
}

function isStore(models: Models | ModelStore): models is ModelStore {
  return typeof (models as Partial<ModelStore>).replaceIndex === "function";
}

/** The client's address, which Deno.serve passes with each request. */
function denoAddress(_request: Request, env: unknown): string {
  const { remoteAddr } = (env ?? {}) as { remoteAddr?: { hostname?: string } };
  return remoteAddr?.hostname ?? "unknown";
}
