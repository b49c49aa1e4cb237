/** `/v1/models`: what there is, in short. `/v1/models/:name`: all that is known of one model. */
import type { Hono } from "npm:hono@4.13.19";
import { latentSize } from "../../models/vae_graph.ts";
import { respond } from "../responses.ts";
import { route, servedModel, type Service } from "../service.ts";
import type { Served } from "../store.ts";
import { isTable, unitsOf, vaeOf } from "../../scoring/units.ts";

export function modelRoutes(app: Hono, service: Service): void {
  route(app, "get", "/v1/models", async () => {
    const models = await service.store.list();
    return respond({ models: models.map(summary) });
  });

  route(app, "get", "/v1/models/:name", async (c) => {
    return respond(description(await servedModel(c, service)));
  });
}

function summary({ name, model }: Served) {
  const { spec } = vaeOf(model);
  const kind = isTable(model) ? "detector" : "vae";
  return { name, kind, inputs: spec.inputs, latent: latentSize(spec) };
}

function description(served: Served) {
  const { model } = served;
  const { spec, device } = vaeOf(model);
  const common = { ...summary(served), columns: unitsOf(model).columns, spec, device };
  if (!isTable(model)) return common;
  const { falseAlarmRate, threshold, calibrationRows, warnings } = model;
  return { ...common, falseAlarmRate, threshold, calibrationRows, warnings };
}
