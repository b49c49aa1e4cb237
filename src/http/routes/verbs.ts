/** `/v1/models/:name/VERB` for every verb of the table. */
import type { Hono } from "npm:hono@4.13.19";
import { readJson } from "../body.ts";
import { respond } from "../responses.ts";
import { route, servedModel, type Service } from "../service.ts";
import { VERBS } from "../verbs.ts";

export function verbRoutes(app: Hono, service: Service): void {
  const { limits } = service;
  for (const [name, verb] of Object.entries(VERBS)) {
    route(app, "post", `/v1/models/:name/${name}`, async (c) => {
      const served = await servedModel(c, service);
      const body = await readJson(c.req.raw, limits.maxBodyBytes);
      return respond({ model: served.name, ...await verb.answer(served.model, body, limits) });
    });
  }
}
