/**
 * `/v1/models`: what there is, in short. `/v1/models/:name`: all that is known of one model, and where
 * the app may be changed, its uploads and its end.
 */
import type { Context, Hono } from "npm:hono@4.13.19";
import { latentSize } from "../../models/spec.ts";
import { isTable, unitsOf, vaeOf } from "../../scoring/units.ts";
import { readBytes, requireType } from "../body.ts";
import type { Served } from "../catalogue.ts";
import type { Precondition, Registry } from "../registry.ts";
import { type Reply, respond, respondNothing } from "../responses.ts";
import { route } from "../route.ts";
import {
  type Action,
  adminAction,
  type Env,
  modelHeaders,
  pathName,
  pathVersion,
  servedModel,
  type Service,
} from "../service.ts";

export function modelRoutes(app: Hono<Env>, service: Service): void {
  const { catalogue } = service;
  route(app, service, "/v1/models", {
    get: {
      scope: "score",
      answer: async () => respond({ models: (await catalogue.list()).map(summary) }),
    },
  });

  const describe: Action = {
    scope: "score",
    async answer(c) {
      const served = await servedModel(c, service);
      const headers = { ...modelHeaders(served), etag: `"${served.digest}"` };
      return respond(description(served), { headers });
    },
  };
  const remove = adminAction(service, async (c, registry) => {
    await registry.delete(pathName(c, "name"), pathVersion(c));
    return respondNothing();
  });
  route(app, service, "/v1/models/:name", {
    get: describe,
    put: adminAction(service, (c, registry) => upload(c, service, registry)),
    delete: remove,
  });
  route(app, service, "/v1/models/:name/versions", {
    get: {
      scope: "score",
      async answer(c) {
        const { name } = await servedModel(c, service);
        return respond({ model: name, versions: await catalogue.versions(name) });
      },
    },
  });
  route(app, service, "/v1/models/:name/versions/:version", { get: describe, delete: remove });
}

/** How much longer than other bodies a model file may take. */
export const UPLOAD_PATIENCE = 6;

async function upload(c: Context<Env>, service: Service, registry: Registry): Promise<Reply> {
  const name = pathName(c, "name");
  requireType(c.req.raw.headers, "application/octet-stream");
  const bytes = await readBytes(c.req.raw, {
    maxBytes: service.limits.maxModelBytes,
    deadlineMs: service.deadlineMs * UPLOAD_PATIENCE,
  });
  const { version, isNew } = await registry.put(name, bytes, precondition(c));
  Object.assign(c.get("seen"), { model: name, version: version.version });
  return respond({ model: name, ...version }, {
    status: isNew ? 201 : 200,
    headers: {
      // Relative to this very address, so that it holds under any prefix.
      location: `${name}/versions/${version.version}`,
      etag: `"${version.digest}"`,
    },
  });
}

/** RFC 9110, 13.1: `If-None-Match: *` creates, `If-Match` with a digest replaces just that. */
function precondition(c: Context<Env>): Precondition {
  const match = c.req.header("if-match"), noneMatch = c.req.header("if-none-match");
  if (noneMatch?.trim() === "*") return { absent: true };
  if (match === undefined) return {};
  return { digests: match.split(",").map((tag) => tag.trim().replace(/^"(.*)"$/, "$1")) };
}

function summary({ name, version, digest, model }: Served) {
  const { spec } = vaeOf(model);
  const kind = isTable(model) ? "detector" : "vae";
  return { name, version, digest, kind, inputs: spec.inputs, latent: latentSize(spec) };
}

function description(served: Served) {
  const { model } = served;
  const { spec, device } = vaeOf(model);
  const common = { ...summary(served), columns: unitsOf(model).columns, spec, device };
  if (!isTable(model)) return common;
  const { schema, falseAlarmRate, threshold, calibrationRows, warnings } = model;
  return { ...common, schema, falseAlarmRate, threshold, calibrationRows, warnings };
}
