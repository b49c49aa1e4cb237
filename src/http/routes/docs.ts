/** `/openapi.json` and `/docs`: what the app can be asked, for programs and for people. */
import type { Hono } from "npm:hono@4.13.19";
import type { Call } from "../call.ts";
import { respond, respondBody } from "../responses.ts";
import { route } from "../route.ts";
import type { Service } from "../service.ts";

export function docsRoutes(app: Hono, service: Service): void {
  const isAdmin = service.registry !== undefined, hasTokens = service.tokens !== undefined;
  const isTraining = service.training !== undefined;
  // Loaded when first asked for: most apps never are.
  const documentOf = async (call: Call) => {
    const { openApi } = await import("../openapi.ts");
    const prefix = call.path.replace(/\/[^/]*$/, "");
    return openApi({ isAdmin, isTraining, hasTokens, prefix });
  };
  route(app, service, "/openapi.json", {
    get: { answer: async (call) => respond(await documentOf(call)) },
  });
  route(app, service, "/docs", {
    get: {
      async answer(call) {
        const { docsPage, PAGE_POLICY } = await import("../docs_page.ts");
        const headers = { "content-security-policy": PAGE_POLICY };
        return respondBody(docsPage(await documentOf(call)), "text/html; charset=utf-8", {
          headers,
        });
      },
    },
  });
}
