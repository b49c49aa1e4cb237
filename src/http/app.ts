/**
 * The app: routes over a store of models. It opens no port, reads no file and keeps no state, so any
 * runtime that knows `Request` and `Response` can run it, under any prefix.
 *
 * Limits: no authentication, no rate limit and no CORS; put it behind what provides them.
 */
import { Hono } from "npm:hono@4.13.19";
import { requireNumber } from "../core/validate.ts";
import { Problem } from "./problems.ts";
import { respondProblem } from "./responses.ts";
import { healthRoutes } from "./routes/health.ts";
import { modelRoutes } from "./routes/models.ts";
import { verbRoutes } from "./routes/verbs.ts";
import type { Service } from "./service.ts";
import { memoryStore, type Models, type ModelStore } from "./store.ts";

/**
 * A Hono app (4.13.19): `app.fetch` for a server, `parent.route("/prefix", app)` to mount it, or
 * `parent.mount("/prefix", app.fetch)` where the parent is of another version.
 * @internal the tag only spares Hono's own types the documentation lint
 */
export type App = Hono;

/** What an app serves, and how much at once. */
export interface AppOptions {
  /** Loaded models by name, or a store of them. */
  readonly models: Models | ModelStore;
  /** Larger bodies are refused; 4 MiB. */
  readonly maxBodyBytes?: number;
  /** The most rows of one request, and draws of one `sample`; 10,000. */
  readonly maxRows?: number;
}

/**
 * The Hono app that serves the models.
 * @throws TypeError or RangeError for a model, name or limit that cannot be used
 */
export function createApp(options: AppOptions): App {
  const { models, maxBodyBytes = 4 * 2 ** 20, maxRows = 10_000 } = options;
  requireNumber("maxBodyBytes", maxBodyBytes, { min: 1, max: 2 ** 30, integer: true });
  requireNumber("maxRows", maxRows, { min: 1, max: 1e6, integer: true });
  const service: Service = {
    store: isStore(models) ? models : memoryStore(models),
    limits: { maxBodyBytes, maxRows },
  };
  const app = new Hono();
  app.onError((error) => respondProblem(error instanceof Problem ? error : internal(error)));
  app.notFound(() => respondProblem(unknownRoute()));
  healthRoutes(app, service);
  modelRoutes(app, service);
  verbRoutes(app, service);
  // An app that is mounted loses its notFound: within its own paths it still answers for itself.
  for (const path of ["/health/*", "/v1/*"]) app.all(path, () => respondProblem(unknownRoute()));
  return app;
}

function isStore(models: Models | ModelStore): models is ModelStore {
  return typeof (models as Partial<ModelStore>).list === "function";
}

function unknownRoute(): Problem {
  return new Problem("unknown-route", "Cannot find this address: paths end without a slash");
}

/** A fault of ours: the log gets it whole, the caller nothing of it. */
function internal(error: unknown): Problem {
  console.error(error);
  return new Problem("internal", "Cannot answer: the server's log says why");
}
