/** `/health/live`: the process answers. `/health/ready`: its store of models does. */
import type { Hono } from "npm:hono@4.13.19";
import { Problem } from "../problems.ts";
import { respond } from "../responses.ts";
import { route, type Service } from "../service.ts";

export function healthRoutes(app: Hono, { store }: Service): void {
  route(app, "get", "/health/live", () => respond({ status: "live" }));

  route(app, "get", "/health/ready", async () => {
    try {
      const models = await store.list();
      return respond({ status: "ready", models: models.length });
    } catch (error) {
      console.error(error);
      throw new Problem("not-ready", "Cannot serve: the store of models does not answer");
    }
  });
}
