/**
 * `POST /v1/models/:name/train`: submits a training job. What can be refused is refused now: rows, settings, cost, a
 * full queue. An accepted job is on disk, and its model will be the next version of the name.
 */
import type { Hono } from "npm:hono@4.13.19";
import { defaultMaxRows } from "../../detection/rows/row_limit.ts";
import { workOf } from "../../jobs/budget.ts";
import type { TrainSpec } from "../../jobs/train_job.ts";
import type { TrainSettings } from "../../jobs/train_settings.ts";
import { jsonTextSteps, parseJsonSteps } from "../body/json_slices.ts";
import { readJsonBytes } from "../body/json.ts";
import type { Call } from "../exchange/call.ts";
import { invalid, Problem } from "../answers/problems.ts";
import type { Reply } from "../answers/responses.ts";
import { checkBody } from "../schemas.ts";
import { route } from "../exchange/route.ts";
import { bodyLimits, newName, pacerOf, type Service, trainAction } from "../service.ts";
import { dataOf, type TrainingData } from "../jobs/training_data.ts";
import { trainBody } from "../jobs/train_schema.ts";
import type { JobIntake } from "../jobs/job_intake.ts";
import { acceptJob, jobId, recallJob, requestDigest } from "./accept_job.ts";

export function trainRoutes(app: Hono, service: Service): void {
  route(app, service, "/v1/models/:name/train", {
    post: trainAction(service, (call, training) => accept(call, service, training)),
  });
}

async function accept(call: Call, service: Service, training: JobIntake): Promise<Reply> {
  const model = newName(call, "name"), owner = call.caller;
  call.model = model;
  const id = await jobId(call.head.get("idempotency-key"), owner, model);
  const pacer = pacerOf(call, service),
    bytes = await readJsonBytes(call, bodyLimits(call, service));
  const body = checkBody(trainBody, await pacer.run(parseJsonSteps(bytes)));
  const requested = await requestDigest(await pacer.run(jsonTextSteps(body)));
  const earlier = await recallJob(call, training, { id, digest: requested });
  if (earlier) return earlier;
  if ((await training.registry.aliases()).has(model)) {
    throw new Problem("conflict", "Cannot train model: its name is an alias");
  }
  const { source, input, ...size } = await dataOf(call, training, body, pacer);
  const { rows: _rows, upload: _upload, columns: _columns, label, header, patience, ...rest } =
    body;
  const settings = {
    ...rest,
    ...(patience !== undefined && { earlyStopping: { patience } }),
    // `parseObjective` checks its members before the job is accepted.
  } as TrainSettings;
  requireSpecSettings(settings);
  if (patience !== undefined && rest.validation === undefined) {
    throw invalid("/patience", "Cannot stop early: patience needs validation");
  }
  requireBudget(size, settings, label, training.maxWork);
  const { maxWork } = training, { names, select } = size;
  const spec: TrainSpec = { source, header, label, select, columns: names, settings, maxWork };
  const plain = JSON.parse(JSON.stringify({ ...spec, asked: requested }));
  const job = { id, kind: "train", model, owner, spec: plain } as const;
  return await acceptJob(call, training, job, input);
}

/** Characters. A spec is built before the job is accepted, so it must be quick to build. */
const MAX_SPEC = 16_384;

/** Settings that only a detector has. */
const DETECTOR_SETTINGS = [
  "falseAlarmRate",
  "hidden",
  "latent",
  "likelihood",
  "robust",
  "missing",
] as const;

function requireSpecSettings(settings: TrainSettings): void {
  if (settings.spec === undefined) return;
  if (JSON.stringify(settings.spec).length > MAX_SPEC) {
    throw invalid("/spec", `Cannot read spec: must have at most ${MAX_SPEC} characters`);
  }
  const other = DETECTOR_SETTINGS.find((name) => settings[name] !== undefined);
  if (other) throw invalid(`/${other}`, `Cannot train: with spec, leave out ${other}`);
}

function requireBudget(
  { rows, width, select }: Pick<TrainingData, "rows" | "width" | "select">,
  settings: TrainSettings,
  label: string | undefined,
  maxWork: number,
): void {
  // Only a worker reads a binary file, and checks the spec then.
  if (settings.spec && rows === 0) return;
  // A spec is checked against the columns that remain.
  const columns = settings.spec ? select?.length ?? width - (label === undefined ? 0 : 1) : width;
  // Of a longer table a sample trains.
  const usedRows = Math.min(rows, defaultMaxRows(columns));
  let work: number;
  try {
    work = workOf({ rows: usedRows, columns, settings });
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw invalid(settings.spec ? "/spec" : "", error.message);
  }
  if (work <= maxWork) return;
  throw new Problem(
    "over-budget",
    `Cannot train: a job must take at most ${maxWork} multiply-adds, got ${work}: ask for fewer epochs, a smaller network or fewer rows`,
  );
}
