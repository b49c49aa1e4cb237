/** `/openapi.json` and `/docs`: what the app offers, for programs and for people. */
import type { Hono } from "npm:hono@4.13.19";
import { type Reply, respond, respondBody } from "../answers/responses.ts";
import { route } from "../exchange/route.ts";
import type { Action, Service } from "../service.ts";

export function docsRoutes(app: Hono, service: Service): void {
  const isAdmin = service.registry !== undefined, hasTokens = service.tokens !== undefined;
  const isTraining = service.training !== undefined;
  const takesCsv = service.limits.csvRows !== undefined;
  // Loaded on first use: most apps never need it.
  const documentOf = async (prefix: string) => {
    const { openApi } = await import("../openapi/openapi.ts");
    return openApi({ isAdmin, isTraining, takesCsv, hasTokens, prefix });
  };
  const json = cachedByPrefix(async (prefix) => respond(await documentOf(prefix)));
  const page = cachedByPrefix(async (prefix) => {
    const { docsPage, PAGE_POLICY } = await import("../openapi/docs_page.ts");
    const headers = { "content-security-policy": PAGE_POLICY };
    return respondBody(docsPage(await documentOf(prefix)), "text/html; charset=utf-8", { headers });
  });
  route(app, service, "/openapi.json", { get: { answer: json } });
  route(app, service, "/docs", { get: { answer: page } });
}

/** Made once per prefix that the app is mounted under: anybody may ask for it, as often as they like. */
function cachedByPrefix(make: (prefix: string) => Promise<Reply>): Action["answer"] {
  let last: { readonly prefix: string; readonly reply: Promise<Reply> } | undefined;
  return ({ path }) => {
    const prefix = path.replace(/\/[^/]*$/, "");
    if (last?.prefix !== prefix) last = { prefix, reply: make(prefix) };
    return last.reply;
  };
}
