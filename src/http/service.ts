/** What the routes share. */
import type { Context, Handler, Hono } from "npm:hono@4.13.19";
import { Problem } from "./problems.ts";
import { isModelName, type ModelStore, type Served } from "./store.ts";
import type { Limits } from "./verbs.ts";

/** What every route works with. */
export interface Service {
  readonly store: ModelStore;
  readonly limits: Limits;
}

/**
 * Answers to one method at a path, and refuses the others there.
 * @param method "get" answers HEAD too
 */
export function route(app: Hono, method: "get" | "post", path: string, handler: Handler): void {
  const allow = method === "get" ? "GET, HEAD" : "POST";
  app[method](path, handler);
  app.all(path, () => {
    const detail = `Cannot answer: the method must be ${allow.replace(", ", " or ")}`;
    throw new Problem("method-not-allowed", detail, { headers: { allow } });
  });
}

/** The model that the path names; Hono has decoded the name, once. */
export async function servedModel(c: Context, { store }: Service): Promise<Served> {
  const name = c.req.param("name") ?? "";
  const served = isModelName(name) ? await store.get(name) : undefined;
  if (served) return served;
  throw new Problem("unknown-model", "Cannot find model: GET /v1/models lists those there are");
}
