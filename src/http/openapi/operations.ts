/**
 * Every address of the app, for the OpenAPI document: what it takes, what it returns, and which scope it needs. A test
 * compares this list with the actual routes.
 */
import type * as v from "npm:valibot@1.5.0";
import type { AnswerName } from "./answer_schemas.ts";
import type { Scope } from "../access/auth.ts";
import { inferBody } from "../oip/request.ts";
import { aliasBody, scoreJobBody, withRows } from "../schemas.ts";
import { trainBody } from "../jobs/train_schema.ts";
import { UPLOAD_TYPES } from "../jobs/job_intake.ts";
import { type Verb, type VerbName, VERBS } from "../verbs/mod.ts";

/** The content of a body: JSON with a schema, bytes, or JSON lines. */
export interface Content {
  readonly json?: v.GenericSchema | AnswerName;
  readonly types?: readonly string[];
  /** Headers of an answer, besides its type. */
  readonly headers?: readonly string[];
}

/** One method at one path. */
export interface Operation {
  readonly id: string;
  readonly method: "get" | "post" | "put" | "delete";
  readonly path: string;
  readonly summary: string;
  readonly scope?: Scope;
  /** A second scope that the token must have. */
  readonly secondScope?: Scope;
  /** Only if models may be changed. */
  readonly isAdmin?: boolean;
  /** Only if jobs are accepted. */
  readonly isTraining?: boolean;
  readonly request?: Content;
  /** Options for bodies that are not JSON. */
  readonly query?: v.StrictObjectSchema<v.ObjectEntries, string>;
  readonly headers?: readonly string[];
  readonly answers: Readonly<Record<number, Content>>;
}

const FLOATS = "application/octet-stream", LINES = "application/x-ndjson";
const EVENTS = "text/event-stream";

/** Headers that say which model answered. */
const MODEL_HEADERS = ["elbow-model", "elbow-model-version", "elbow-model-digest"];
/** The state of a job, which is new or existed already. */
const ACCEPTED: Operation["answers"] = {
  200: { json: "Job", headers: ["location"] },
  202: { json: "Job", headers: ["location"] },
};

const VERB_ANSWERS: Readonly<Record<VerbName, AnswerName>> = {
  encode: "Encoded",
  decode: "Rows",
  reconstruct: "Rows",
  sample: "Rows",
  classify: "Rows",
  score: "Scores",
  "log-likelihood": "LogLikelihoods",
};

function verbOperations(path: string, suffix: string): Operation[] {
  return (Object.entries(VERBS) as [VerbName, Verb][]).map(([name, { summary, options, row }]) => {
    const hasRows = name !== "sample";
    return {
      id: `${name}${suffix}`,
      method: "post",
      path: `${path}/${name}`,
      summary,
      scope: "score",
      request: {
        json: hasRows ? withRows(options, row) : options,
        types: hasRows ? [FLOATS, LINES] : [],
      },
      query: hasRows ? options : undefined,
      answers: {
        200: {
          json: VERB_ANSWERS[name],
          types: hasRows ? [FLOATS, LINES] : [FLOATS],
          headers: [...MODEL_HEADERS, "elbow-shape"],
        },
      },
    };
  });
}

function oipOperations(path: string, suffix: string): Operation[] {
  return [
    withHeaders(
      get(`oipModel${suffix}`, path, "the tensors of a model", "OipModel", "score"),
      MODEL_HEADERS,
    ),
    get(
      `oipModelReady${suffix}`,
      `${path}/ready`,
      "whether a model is ready",
      "OipModelReady",
      "score",
    ),
    {
      id: `infer${suffix}`,
      method: "post",
      path: `${path}/infer`,
      summary: "tensors in, tensors out",
      scope: "score",
      headers: ["inference-header-content-length"],
      request: { json: inferBody, types: [FLOATS] },
      answers: {
        200: {
          json: "OipAnswer",
          types: [FLOATS],
          headers: [...MODEL_HEADERS, "inference-header-content-length"],
        },
      },
    },
  ];
}

function jobOperations(): Operation[] {
  const scope = "train", isTraining = true;
  const job = (id: string, method: Operation["method"], summary: string): Operation => ({
    id,
    method,
    path: "/v1/jobs/:id",
    summary,
    scope,
    isTraining,
    answers: { 200: { json: "Job" } },
  });
  const upload = "/v1/uploads/:name";
  return [
    {
      ...job("train", "post", "train the next version of a model"),
      path: "/v1/models/:name/train",
      headers: ["idempotency-key"],
      request: { json: trainBody },
      answers: ACCEPTED,
    },
    { ...get("jobs", "/v1/jobs", "your unfinished jobs", "Jobs", scope), isTraining },
    job("job", "get", "the state of a job"),
    ...scoreJobOperations(),
    job("cancelJob", "delete", "cancel a job"),
    {
      ...text("jobEvents", "/v1/jobs/:id/events", "the events of a job", EVENTS, scope),
      headers: ["last-event-id"],
      isTraining,
    },
    {
      ...get("uploads", "/v1/uploads", "files to train on or to score", "Uploads", scope),
      isTraining,
    },
    {
      id: "putUpload",
      method: "put",
      path: upload,
      summary: "store a file to train on or to score",
      scope,
      isTraining,
      request: { types: UPLOAD_TYPES },
      answers: { 201: { json: "Upload" } },
    },
    { ...remove("deleteUpload", upload, "delete a file"), scope, isAdmin: false, isTraining },
  ];
}

function scoreJobOperations(): Operation[] {
  return [
    {
      id: "scoreJob",
      method: "post",
      summary: "score an upload, split among the workers",
      scope: "train",
      secondScope: "score",
      isTraining: true,
      path: "/v1/models/:name/score-jobs",
      headers: ["idempotency-key"],
      request: { json: scoreJobBody },
      answers: ACCEPTED,
    },
    {
      id: "jobResult",
      method: "get",
      path: "/v1/jobs/:id/result",
      summary: "the lines of a scored file",
      scope: "train",
      isTraining: true,
      answers: { 200: { types: ["text/csv", LINES] } },
    },
  ];
}

function get(
  id: string,
  path: string,
  summary: string,
  json: AnswerName,
  scope?: Scope,
): Operation {
  return { id, method: "get", path, summary, scope, answers: { 200: { json } } };
}

function text(id: string, path: string, summary: string, type: string, scope?: Scope): Operation {
  return { id, method: "get", path, summary, scope, answers: { 200: { types: [type] } } };
}

/** Adds headers to the operation's answer. */
function withHeaders(operation: Operation, headers: readonly string[]): Operation {
  return { ...operation, answers: { 200: { ...operation.answers[200], headers } } };
}

/** Describes a model in full; 304 if the caller's copy is current. */
function description(id: string, path: string, summary: string): Operation {
  const headers = [...MODEL_HEADERS, "etag"];
  const { answers, ...operation } = withHeaders(get(id, path, summary, "Model", "score"), headers);
  return { ...operation, headers: ["if-none-match"], answers: { ...answers, 304: { headers } } };
}

function remove(id: string, path: string, summary: string): Operation {
  return {
    id,
    method: "delete",
    path,
    summary,
    scope: "admin",
    isAdmin: true,
    answers: { 204: {} },
  };
}

const MODEL = "/v1/models/:name", VERSION = `${MODEL}/versions/:version`;

export const OPERATIONS: readonly Operation[] = [
  get("models", "/v1/models", "all models", "Models", "score"),
  description("model", MODEL, "the description of a model"),
  {
    id: "upload",
    method: "put",
    path: MODEL,
    summary: "make a model file the next version",
    scope: "admin",
    isAdmin: true,
    headers: ["if-match", "if-none-match"],
    request: { types: [FLOATS] },
    answers: {
      200: { json: "Stored", headers: ["location", "etag"] },
      201: { json: "Stored", headers: ["location", "etag"] },
    },
  },
  { ...remove("deleteModel", MODEL, "delete a model, all its versions"), headers: ["if-match"] },
  get("versions", `${MODEL}/versions`, "the versions of a model", "Versions", "score"),
  description("version", VERSION, "the description of a version"),
  { ...remove("deleteVersion", VERSION, "delete one version"), headers: ["if-match"] },
  ...verbOperations(MODEL, ""),
  ...verbOperations(VERSION, "AtVersion"),
  { ...get("aliases", "/v1/aliases", "aliases", "Aliases", "score"), isAdmin: true },
  {
    id: "setAlias",
    method: "put",
    path: "/v1/aliases/:alias",
    summary: "make an alias for a model, or for one version of it",
    scope: "admin",
    isAdmin: true,
    request: { json: aliasBody },
    answers: { 200: { json: "Alias" }, 201: { json: "Alias" } },
  },
  remove("deleteAlias", "/v1/aliases/:alias", "delete an alias"),
  ...jobOperations(),
  get("oipServer", "/v2", "the server, in the Open Inference Protocol", "OipServer"),
  get("oipServerSlash", "/v2/", "the same", "OipServer"),
  get("oipLive", "/v2/health/live", "whether the server is live", "OipLive"),
  get("oipReady", "/v2/health/ready", "whether the server is ready", "OipReady"),
  ...oipOperations("/v2/models/:name", ""),
  ...oipOperations("/v2/models/:name/versions/:version", "AtVersion"),
  get("live", "/health/live", "whether the process answers", "Live"),
  get("ready", "/health/ready", "whether its models can be used", "Ready"),
  text("metrics", "/metrics", "counts and times, for Prometheus", "text/plain", "score"),
  text("openapi", "/openapi.json", "this document", "application/json"),
  text("docs", "/docs", "this document as a page", "text/html"),
];
