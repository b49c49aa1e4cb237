/**
 * `POST /v1/models/:name/score-jobs`: scores an upload, split among the workers of the queue, with the version that is
 * served when the job is accepted. `GET /v1/jobs/:id/result` returns the lines.
 */
import type { Hono } from "npm:hono@4.13.19";
import type { ScoreSpec } from "../../jobs/score_job.ts";
import { isTable } from "../../scoring/units.ts";
import { readJson } from "../body/json.ts";
import type { Call } from "../exchange/call.ts";
import { invalid } from "../answers/problems.ts";
import type { Reply } from "../answers/responses.ts";
import { checkBody, scoreJobBody } from "../schemas.ts";
import { route } from "../exchange/route.ts";
import { bodyLimits, pathName, servedModel, type Service, trainAction } from "../service.ts";
import type { JobIntake } from "../jobs/job_intake.ts";
import { readUpload, requireHeaderless } from "../jobs/uploaded.ts";
import { acceptJob, jobId, recallJob, requestDigest } from "./accept_job.ts";

export function scoreJobRoutes(app: Hono, service: Service): void {
  route(app, service, "/v1/models/:name/score-jobs", {
    post: trainAction(service, (call, training) => accept(call, service, training), "score"),
  });
}

async function accept(call: Call, service: Service, training: JobIntake): Promise<Reply> {
  const owner = call.caller;
  const id = await jobId(call.head.get("idempotency-key"), owner, pathName(call, "name"));
  const body = checkBody(scoreJobBody, await readJson(call, bodyLimits(call, service)));
  const requested = await requestDigest(JSON.stringify(body));
  const earlier = await recallJob(call, training, { id, digest: requested });
  if (earlier) return earlier;
  const { upload, ...options } = body, { falseAlarmRate } = options;
  const { name: model, version, digest, model: scorer } = await servedModel(call, service);
  if (!isTable(scorer) || scorer.window !== undefined) {
    throw invalid("", "Cannot score a file: the model must be a detector of single rows");
  }
  if (falseAlarmRate !== undefined) {
    try {
      scorer.calibration.requireRate(falseAlarmRate);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw invalid("/falseAlarmRate", error.message);
    }
  }
  requireHeaderless(options.header, upload);
  const input = await readUpload(call, training.queue, upload);
  const spec: ScoreSpec = { version, digest, source: upload, ...options };
  return await acceptJob(
    call,
    training,
    { id, kind: "score", model, owner, spec: { ...spec, asked: requested } },
    input,
  );
}
