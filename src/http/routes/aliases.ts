/** `/v1/aliases`: other names for models. They can be set only if models may be changed. */
import type { Hono } from "npm:hono@4.13.19";
import { readJson } from "../body/json.ts";
import { respond, respondNothing } from "../answers/responses.ts";
import { aliasBody, checkBody } from "../schemas.ts";
import { route } from "../exchange/route.ts";
import { adminAction, bodyLimits, newName, pathName, type Service } from "../service.ts";

export function aliasRoutes(app: Hono, service: Service): void {
  const { registry } = service;
  route(app, service, "/v1/aliases", {
    get: registry && {
      scope: "score",
      async answer() {
        const aliases = Array.from(await registry.aliases(), ([alias, of]) => ({ alias, ...of }));
        return respond({ aliases });
      },
    },
  });
  route(app, service, "/v1/aliases/:alias", {
    put: adminAction(service, async (call, registry) => {
      const alias = newName(call, "alias");
      const target = checkBody(aliasBody, await readJson(call, bodyLimits(call, service)));
      const isNew = await registry.setAlias(alias, target);
      return respond({ alias, ...target }, { status: isNew ? 201 : 200 });
    }),
    delete: adminAction(service, async (call, registry) => {
      await registry.deleteAlias(pathName(call, "alias"));
      return respondNothing();
    }),
  });
}
