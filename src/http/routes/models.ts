/**
 * `/v1/models`: a summary of every model. `/v1/models/:name`: one model in full and, if models may be changed, its
 * upload and deletion.
 */
import type { Hono } from "npm:hono@4.13.19";
import { isTable, unitsOf, vaeOf } from "../../scoring/units.ts";
import { requireType } from "../body/content_type.ts";
import { readBytes } from "../body/read_bytes.ts";
import type { Call } from "../exchange/call.ts";
import type { Served } from "../models/catalogue.ts";
import { holds, preconditionOf } from "../exchange/precondition.ts";
import type { Registry } from "../models/registry.ts";
import { type Reply, respond, respondNothing, respondUnchanged } from "../answers/responses.ts";
import { route } from "../exchange/route.ts";
import {
  type Action,
  adminAction,
  modelHeaders,
  newName,
  pathName,
  pathVersion,
  servedModel,
  type Service,
  uploadLimits,
} from "../service.ts";
import { summaries, summaryOf } from "../models/summaries.ts";

export function modelRoutes(app: Hono, service: Service): void {
  const { catalogue } = service, list = summaries(catalogue, service.onError);
  route(app, service, "/v1/models", {
    get: {
      scope: "score",
      answer: async () => respond({ models: await list() }),
    },
  });

  const describe: Action = {
    scope: "score",
    async answer(call) {
      const served = await servedModel(call, service);
      const headers = { ...modelHeaders(served), etag: `"${served.digest}"` };
      const { noneMatch } = preconditionOf(call.head);
      if (!holds({ noneMatch }, served.digest)) return respondUnchanged(headers);
      return respond(description(served), { headers });
    },
  };
  const remove = adminAction(service, async (call, registry) => {
    await registry.delete(pathName(call, "name"), pathVersion(call), preconditionOf(call.head));
    return respondNothing();
  });
  route(app, service, "/v1/models/:name", {
    get: describe,
    put: adminAction(service, (call, registry) => upload(call, service, registry)),
    delete: remove,
  });
  route(app, service, "/v1/models/:name/versions", {
    get: {
      scope: "score",
      async answer(call) {
        const { name } = await servedModel(call, service);
        return respond({ model: name, versions: await catalogue.versions(name) });
      },
    },
  });
  route(app, service, "/v1/models/:name/versions/:version", { get: describe, delete: remove });
}

async function upload(call: Call, service: Service, registry: Registry): Promise<Reply> {
  const name = newName(call, "name");
  requireType(call.head, ["application/octet-stream"], "application/octet-stream");
  const bytes = await readBytes(call, uploadLimits(service, service.limits.maxModelBytes));
  const { version, isNew } = await registry.put(name, bytes, preconditionOf(call.head));
  Object.assign(call, { model: name, version: version.version });
  return respond({ model: name, ...version }, {
    status: isNew ? 201 : 200,
    headers: {
      // Relative to this address, so that it holds under any prefix.
      location: `${name}/versions/${version.version}`,
      etag: `"${version.digest}"`,
    },
  });
}

function description(served: Served) {
  const { model } = served;
  const { spec, device } = vaeOf(model);
  const common = { ...summaryOf(served), columns: unitsOf(model).columns, spec, device };
  if (!isTable(model)) return common;
  const { schema, falseAlarmRate, threshold, calibrationRows, warnings } = model;
  return { ...common, schema, falseAlarmRate, threshold, calibrationRows, warnings };
}
