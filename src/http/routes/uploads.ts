/** `/v1/uploads`: files to train on or to score, for those that may train. The extension of the name says the format. */
import type { Hono } from "npm:hono@4.13.19";
import { ANY_EXTENSIONS } from "../../formats/extensions.ts";
import { readBytes, requireType } from "../body.ts";
import type { Call } from "../call.ts";
import { invalid, Problem } from "../problems.ts";
import { type Reply, respond, respondNothing } from "../responses.ts";
import { route } from "../route.ts";
import { type Service, trainAction } from "../service.ts";
import { isModelName } from "../../storage/model_store.ts";
import type { Upload } from "../../storage/job_queue.ts";
import { type Training, UPLOAD_TYPES } from "../training.ts";
import { UPLOAD_PATIENCE } from "./models.ts";

/** Files that one caller may keep. */
const MAX_UPLOADS = 100;

export function uploadRoutes(app: Hono, service: Service): void {
  route(app, service, "/v1/uploads", {
    get: trainAction(service, async (call, { queue }) => {
      const uploads = await queue.uploads.list(call.caller);
      return respond({ uploads: uploads.map(answer) });
    }),
  });
  route(app, service, "/v1/uploads/:name", {
    put: trainAction(service, (call, training) => put(call, service, training)),
    delete: trainAction(service, async (call, { queue }) => {
      const name = call.param("name") ?? "";
      const there = isModelName(name) && await queue.uploads.delete(call.caller, name);
      if (there) return respondNothing();
      throw new Problem(
        "unknown-upload",
        "Cannot find upload: GET /v1/uploads lists those there are",
      );
    }),
  });
}

async function put(call: Call, service: Service, training: Training): Promise<Reply> {
  const name = call.param("name") ?? "", owner = call.caller, { uploads } = training.queue;
  if (!isModelName(name) || !ANY_EXTENSIONS.some((end) => name.toLowerCase().endsWith(end))) {
    throw invalid(
      "",
      `Cannot take upload: its name must be that of a model, and end in one of ${
        ANY_EXTENSIONS.join(", ")
      }`,
    );
  }
  requireType(call.head, UPLOAD_TYPES);
  const there = await uploads.list(owner);
  if (there.length >= MAX_UPLOADS && !there.some((each) => each.name === name)) {
    throw new Problem(
      "conflict",
      `Cannot take upload: at most ${MAX_UPLOADS} are kept: delete one`,
    );
  }
  const bytes = await readBytes(call, {
    maxBytes: training.maxUploadBytes,
    deadlineMs: service.deadlineMs * UPLOAD_PATIENCE,
  });
  return respond(answer(await uploads.put(owner, name, bytes)), { status: 201 });
}

function answer({ name, bytes, digest, created }: Upload): Record<string, unknown> {
  return { name, bytes, digest, created };
}
