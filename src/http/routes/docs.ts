/** `/openapi.json` and `/docs`: what the app can be asked, for programs and for people. */
import type { Context, Hono } from "npm:hono@4.13.19";
import { respond, respondBody } from "../responses.ts";
import { route } from "../route.ts";
import type { Env, Service } from "../service.ts";

export function docsRoutes(app: Hono<Env>, service: Service): void {
  const isAdmin = service.registry !== undefined, hasTokens = service.tokens !== undefined;
  const isTraining = service.training !== undefined;
  // Loaded when first asked for: most apps never are.
  const documentOf = async (c: Context<Env>) => {
    const { openApi } = await import("../openapi.ts");
    const prefix = c.req.path.replace(/\/[^/]*$/, "");
    return openApi({ isAdmin, isTraining, hasTokens, prefix });
  };
  route(app, service, "/openapi.json", {
    get: { answer: async (c) => respond(await documentOf(c)) },
  });
  route(app, service, "/docs", {
    get: {
      async answer(c) {
        const { docsPage, PAGE_POLICY } = await import("../docs_page.ts");
        const headers = { "content-security-policy": PAGE_POLICY };
        return respondBody(docsPage(await documentOf(c)), "text/html; charset=utf-8", { headers });
      },
    },
  });
}
