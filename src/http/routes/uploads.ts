/** `/v1/uploads`: files to train on or to score, for those that may train. The extension of the name says the format. */
import type { Context, Hono } from "npm:hono@4.13.19";
import { ANY_EXTENSIONS } from "../../formats/extensions.ts";
import { readBytes, requireType } from "../body.ts";
import { invalid, Problem } from "../problems.ts";
import { type Reply, respond, respondNothing } from "../responses.ts";
import { route } from "../route.ts";
import { type Env, type Service, trainAction } from "../service.ts";
import { isModelName } from "../../storage/model_store.ts";
import type { Upload } from "../../storage/job_queue.ts";
import { type Training, UPLOAD_TYPES } from "../training.ts";
import { UPLOAD_PATIENCE } from "./models.ts";

/** Files that one caller may keep. */
const MAX_UPLOADS = 100;

export function uploadRoutes(app: Hono<Env>, service: Service): void {
  route(app, service, "/v1/uploads", {
    get: trainAction(service, async (c, { queue }) => {
      const uploads = await queue.uploads.list(c.get("caller"));
      return respond({ uploads: uploads.map(answer) });
    }),
  });
  route(app, service, "/v1/uploads/:name", {
    put: trainAction(service, (c, training) => put(c, service, training)),
    delete: trainAction(service, async (c, { queue }) => {
      const name = c.req.param("name") ?? "";
      const there = isModelName(name) && await queue.uploads.delete(c.get("caller"), name);
      if (there) return respondNothing();
      throw new Problem(
        "unknown-upload",
        "Cannot find upload: GET /v1/uploads lists those there are",
      );
    }),
  });
}

async function put(c: Context<Env>, service: Service, training: Training): Promise<Reply> {
  const name = c.req.param("name") ?? "", owner = c.get("caller"), { uploads } = training.queue;
  if (!isModelName(name) || !ANY_EXTENSIONS.some((end) => name.toLowerCase().endsWith(end))) {
    throw invalid(
      "",
      `Cannot take upload: its name must be that of a model, and end in one of ${
        ANY_EXTENSIONS.join(", ")
      }`,
    );
  }
  requireType(c.req.raw.headers, ...UPLOAD_TYPES);
  const there = await uploads.list(owner);
  if (there.length >= MAX_UPLOADS && !there.some((each) => each.name === name)) {
    throw new Problem(
      "conflict",
      `Cannot take upload: at most ${MAX_UPLOADS} are kept: delete one`,
    );
  }
  const bytes = await readBytes(c.req.raw, {
    maxBytes: training.maxUploadBytes,
    deadlineMs: service.deadlineMs * UPLOAD_PATIENCE,
  });
  return respond(answer(await uploads.put(owner, name, bytes)), { status: 201 });
}

function answer({ name, bytes, digest, created }: Upload): Record<string, unknown> {
  return { name, bytes, digest, created };
}
