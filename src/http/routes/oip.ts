/** The Open Inference Protocol v2 under `/v2`, with its extension for binary tensors. */
import type { Hono } from "npm:hono@4.13.19";
import { VERSION } from "../../core/version.ts";
import { unitsOf } from "../../scoring/units.ts";
import { infer } from "../oip/infer.ts";
import { outputsOf } from "../oip/outputs.ts";
import { respond } from "../answers/responses.ts";
import { route } from "../exchange/route.ts";
import { type Action, modelHeaders, servedModel, type Service } from "../service.ts";
import { readyModels } from "./health.ts";

export function oipRoutes(app: Hono, service: Service): void {
  const server: Action = {
    answer: () => respond({ name: "elbow", version: VERSION, extensions: ["binary_tensor_data"] }),
  };
  // The protocol's text says /v2, its OpenAPI file /v2/.
  for (const path of ["/v2", "/v2/"]) route(app, service, path, { get: server });

  route(app, service, "/v2/health/live", { get: { answer: () => respond({ live: true }) } });
  route(app, service, "/v2/health/ready", {
    get: {
      async answer() {
        await readyModels(service);
        return respond({ ready: true });
      },
    },
  });

  const describe: Action = {
    scope: "score",
    async answer(call) {
      const served = await servedModel(call, service), { name, model } = served;
      const versions = await service.catalogue.versions(name);
      const width = unitsOf(model).columns.length;
      return respond({
        name,
        versions: versions.map(({ version }) => `${version}`),
        platform: "elbow_safetensors",
        inputs: [{ name: "x", datatype: "FP64", shape: [-1, width] }],
        outputs: outputsOf(model).map(({ name, datatype, width }) => ({
          name,
          datatype,
          shape: width === undefined ? [-1] : [-1, width],
        })),
      }, { headers: modelHeaders(served) });
    },
  };
  const ready: Action = {
    scope: "score",
    answer: async (call) => respond({ name: (await servedModel(call, service)).name, ready: true }),
  };
  for (const path of ["/v2/models/:name", "/v2/models/:name/versions/:version"]) {
    route(app, service, path, { get: describe });
    route(app, service, `${path}/ready`, { get: ready });
    const answer: Action["answer"] = (call) => infer(call, service);
    route(app, service, `${path}/infer`, { post: { scope: "score", answer } });
  }
}
