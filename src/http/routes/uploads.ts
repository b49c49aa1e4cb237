/** `/v1/uploads`: files to train on or to score. They need the scope "train"; a name's extension gives the format. */
import type { Hono } from "npm:hono@4.13.19";
import { ANY_EXTENSIONS } from "../../formats/extensions.ts";
import { recoded } from "../body/charset.ts";
import { hasHeaderLine, requireType } from "../body/content_type.ts";
import { readBytes } from "../body/read_bytes.ts";
import type { Call } from "../exchange/call.ts";
import { invalid, Problem } from "../answers/problems.ts";
import { type Reply, respond, respondNothing } from "../answers/responses.ts";
import { route } from "../exchange/route.ts";
import { pacerOf, type Service, trainAction, uploadLimits } from "../service.ts";
import { isModelName } from "../../storage/model_store.ts";
import type { Upload } from "../../storage/upload_store.ts";
import { CSV_TYPES, type JobIntake, UPLOAD_TYPES } from "../jobs/job_intake.ts";

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
      const existed = isModelName(name) && await queue.uploads.delete(call.caller, name);
      if (existed) return respondNothing();
      throw new Problem(
        "unknown-upload",
        "Cannot find upload: GET /v1/uploads lists the uploads",
      );
    }),
  });
}

async function put(call: Call, service: Service, training: JobIntake): Promise<Reply> {
  const name = call.param("name") ?? "", owner = call.caller, { uploads } = training.queue;
  if (!isModelName(name) || !ANY_EXTENSIONS.some((end) => name.toLowerCase().endsWith(end))) {
    throw invalid(
      "",
      `Cannot take upload: its name must be a valid model name that ends in one of ${
        ANY_EXTENSIONS.join(", ")
      }`,
    );
  }
  const mayBeRecoded = /\.[ct]sv$/i.test(name);
  requireType(call.head, UPLOAD_TYPES, UPLOAD_TYPES[0], mayBeRecoded ? CSV_TYPES : []);
  if (!hasHeaderLine(call.head)) {
    throw new Problem(
      "unsupported-media-type",
      "Cannot take upload: a file is kept without its media type: leave out header=absent, and give header: false to its jobs",
    );
  }
  const sent = await readBytes(call, uploadLimits(service, training.maxUploadBytes));
  // A file is read without the header that names its charset.
  const bytes = mayBeRecoded ? await recoded(sent, call.head, pacerOf(call, service)) : sent;
  return await training.callerLock.run(owner, async () => {
    const others = (await uploads.list(owner)).filter((each) => each.name !== name);
    requireQuota(training.perCaller, [...others, { bytes: bytes.length }]);
    return respond(answer(await uploads.put(owner, name, bytes)), { status: 201 });
  });
}

/** @throws Problem if these files exceed what a caller may keep */
function requireQuota(
  { uploads, uploadBytes }: JobIntake["perCaller"],
  files: readonly Pick<Upload, "bytes">[],
): void {
  const bytes = files.reduce((sum, each) => sum + each.bytes, 0);
  const most = files.length > uploads
    ? `${uploads} files`
    : bytes > uploadBytes
    ? `${uploadBytes} bytes of files`
    : undefined;
  if (most === undefined) return;
  throw new Problem(
    "quota-exceeded",
    `Cannot take upload: a caller keeps at most ${most}: delete one (GET /v1/uploads lists yours)`,
  );
}

function answer({ name, bytes, digest, created }: Upload): Record<string, unknown> {
  return { name, bytes, digest, created };
}
