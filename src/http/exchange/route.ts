/** Registers the actions of a path, and refuses its other methods. */
import type { Context, Hono } from "npm:hono@4.13.19";
import { Call } from "./call.ts";
import { exchange } from "./exchange.ts";
import { Problem } from "../answers/problems.ts";
import type { Action, Method, Service } from "../service.ts";

/** Answers these methods at a path, and refuses the others. "get" also answers HEAD. */
export function route(
  app: Hono,
  service: Service,
  path: string,
  actions: Partial<Record<Method, Action | undefined>>,
): void {
  const allowed: string[] = [];
  for (const [method, action] of Object.entries(actions) as [Method, Action | undefined][]) {
    if (!action) continue;
    allowed.push(method === "get" ? "GET, HEAD" : method.toUpperCase());
    app[method](path, handlerOf(service, path, action));
  }
  if (allowed.length === 0) return;
  const allow = allowed.join(", ");
  const detail = `Cannot answer: the method must be ${allow.replace(/, (\w+)$/, " or $1")}`;
  const answer = () => {
    throw new Problem("method-not-allowed", detail, { headers: { allow } });
  };
  app.all(path, handlerOf(service, path, { answer }));
}

/** Answers "not found" wherever no other route matches. */
export function notFoundRoutes(
  app: Hono,
  service: Service,
  { paths, verbs }: { readonly paths: readonly string[]; readonly verbs: readonly string[] },
): void {
  const answer: Action["answer"] = (call) => {
    const isVerb = /\/v1\/models\/[^/]+\/(?:versions\/\d+\/)?[^/]+$/.test(call.path);
    const hint = isVerb
      ? `the verbs of a model are ${verbs.join(", ")}`
      : "GET /docs lists all addresses, none of which ends with a slash";
    throw new Problem("unknown-route", `Cannot find this address: ${hint}`);
  };
  app.notFound(handlerOf(service, "unknown", { answer }));
  // A mounted app loses its notFound handler, but still answers for its own paths.
  for (const path of paths) app.all(path, handlerOf(service, path, { answer }));
}

/** The Hono handler of a path template. */
function handlerOf(
  service: Service,
  path: string,
  action: Action,
): (c: Context) => Promise<Response> {
  return ({ req, env }) => exchange(new Call(req.raw, env, path, req), service, action);
}
