/**
 * `/v1/models/:name/VERB` and `/v1/models/:name/versions/:version/VERB` for every verb of the table.
 * The body's type says how rows arrive (JSON, float32 rows, JSON lines, CSV); `Accept` says how they are returned.
 */
import type { Hono } from "npm:hono@4.13.19";
import type { Cells } from "../../scoring/table/cells.ts";
import { isTable } from "../../scoring/units.ts";
import { runSync, type Steps } from "../../trained/steps.ts";
import { prefers } from "../answers/accept.ts";
import { floatsOf, jsonOf, type Numbers, streamOf } from "../answers/answers.ts";
import { requireType } from "../body/content_type.ts";
import { parseJson } from "../body/json.ts";
import { LONG_BODY, parseJsonSteps } from "../body/json_slices.ts";
import { bodyPieces } from "../body/pieces.ts";
import { readBytes } from "../body/read_bytes.ts";
import type { Call } from "../exchange/call.ts";
import type { Served } from "../models/catalogue.ts";
import { compute } from "../compute.ts";
import { answerLines, NDJSON } from "../rows/ndjson.ts";
import { Pacer } from "../pacer.ts";
import { invalid } from "../answers/problems.ts";
import { type CachedVerb, cachedVerb, openingOf } from "../cached_verb.ts";
import { numberRowSteps, readNumberRows } from "../rows/number_rows.ts";
import { type Reply, respondBare, respondBody } from "../answers/responses.ts";
import { floatRowSteps, requireFit, rowSteps } from "../rows/rows.ts";
import { type StepCells, withoutNames } from "../rows/step_names.ts";
import { checkBody, type Checked, queryOptions } from "../schemas.ts";
import type { VerbRoute } from "../exchange/fast_path.ts";
import { route } from "../exchange/route.ts";
import {
  type Action,
  bodyLimits,
  holdAnswer,
  modelHeaders,
  pacerOf,
  servedModel,
  type Service,
} from "../service.ts";
import { type Verb, VERBS, type Work } from "../verbs/mod.ts";
import { countRows } from "../telemetry/count_rows.ts";

const JSON_TYPE = "application/json";
const FLOATS = "application/octet-stream";
/** Types of bodies that hold options, and of those that hold rows. */
const OPTION_TYPES = [JSON_TYPE], ROW_TYPES = [JSON_TYPE, FLOATS, NDJSON];
const CSV = "text/csv", TYPES_WITH_CSV = [...ROW_TYPES, CSV];

/** @returns the action of each verb of the current version */
export function verbRoutes(app: Hono, service: Service): Map<string, VerbRoute> {
  const routes = new Map<string, VerbRoute>();
  for (const [name, verb] of Object.entries(VERBS) as [string, Verb][]) {
    const answer = (call: Call) => answerVerb(call, service, name, verb);
    const action: Action = { scope: "score", answer }, path = `/v1/models/:name/${name}`;
    route(app, service, path, { post: action });
    route(app, service, `/v1/models/:name/versions/:version/${name}`, { post: action });
    routes.set(name, { route: path, action });
  }
  return routes;
}

/** A verb that is asked of a model. */
interface Asked {
  readonly call: Call;
  readonly service: Service;
  readonly served: Served;
  readonly name: string;
  readonly verb: Verb;
}

async function answerVerb(call: Call, service: Service, name: string, verb: Verb): Promise<Reply> {
  const found = servedModel(call, service), served = found instanceof Promise ? await found : found;
  const asked = { call, service, served, name, verb };
  const rowTypes = service.limits.csvRows ? TYPES_WITH_CSV : ROW_TYPES;
  const types = verb.rows(served.model) ? rowTypes : OPTION_TYPES;
  const type = requireType(call.head, types, "", [CSV]);
  if (type === NDJSON) return answerStream(asked);
  const bytes = await readBytes(call, bodyLimits(call, service)), pacer = pacerOf(call, service);
  const isLong = bytes.length >= LONG_BODY;
  const prepared = type === CSV
    ? await fromCsv(bytes, asked, pacer)
    : isLong
    ? await pacer.run(type === FLOATS ? fromFloats(bytes, asked) : fromLongJson(bytes, asked))
    : type === FLOATS
    ? runSync(fromFloats(bytes, asked))
    : fromNumbers(bytes, asked) ?? runSync(fromJson(parseJson(bytes), asked));
  const { work, cells } = prepared;
  holdAnswer(call, service, cells.rows * work.columns.length);
  const computed = compute(work, cells, pacer);
  const numbers = computed instanceof Promise ? await computed : computed;
  work.decideAll?.(numbers.data);
  if (work.lookAgain) await work.lookAgain(numbers.data, cells, 0, pacer);
  call.rows = numbers.rows;
  countRows(service.metrics, served, name, numbers);
  return write(asked, prepared, numbers);
}

/** What a body asks for, prepared. */
interface PreparedWork {
  readonly work: Work;
  readonly cells: Cells;
  /** The JSON answer up to its rows, if known. */
  readonly opening?: string;
}

/** A JSON body of numeric rows alone, as nearly all are; undefined for any other. */
function fromNumbers(bytes: Uint8Array, asked: Asked): PreparedWork | undefined {
  const cached = numericVerb(asked);
  return cached && fromCells(cached, readNumberRows(bytes, cached.units, cached.arena));
}

/** A JSON body of thousands of rows, in steps. */
function* fromLongJson(bytes: Uint8Array, asked: Asked): Steps<PreparedWork> {
  const cached = numericVerb(asked);
  const numbers = cached &&
    fromCells(cached, yield* numberRowSteps(bytes, cached.units, cached.arena));
  return numbers ?? (yield* fromJson(yield* parseJsonSteps(bytes), asked));
}

/** The verb without options, if all cells of the model are numbers. */
function numericVerb({ call, service, served, verb }: Asked): CachedVerb | undefined {
  if (call.query !== undefined) return undefined;
  const cached = cachedVerb(served, verb, service.limits);
  return cached?.isNumeric ? cached : undefined;
}

function fromCells({ work, units, opening }: CachedVerb, cells?: Cells): PreparedWork | undefined {
  if (!cells) return undefined;
  work.requireRows(cells.rows);
  return { work, cells: requireFit(cells, units), opening };
}

function* fromJson(
  body: unknown,
  { call, service, served, verb }: Asked,
): Steps<PreparedWork> {
  if (call.query !== undefined) {
    throw invalid("", "Cannot read query: options belong in the JSON body");
  }
  const units = verb.rows(served.model);
  const checked = units ? verb.readBody(body) : checkBody<typeof verb.options>(verb.options, body);
  const { rows, ...options } = checked as Checked;
  const work = verb.work(served.model, options, service.limits);
  if (!units) {
    const count = options.count as number;
    work.requireRows(count);
    return { work, cells: { data: new Float64Array(), rows: count } };
  }
  const { rows: list, names } = withoutNames(rows as readonly unknown[], byOf(served.model));
  work.requireRows(list.length);
  const cells: StepCells = { ...yield* rowSteps(list, units), ...(names && { names }) };
  return { work, cells };
}

function* fromFloats(bytes: Uint8Array<ArrayBuffer>, asked: Asked): Steps<PreparedWork> {
  const work = workOfQuery(asked);
  const cells = yield* floatRowSteps(bytes, asked.verb.rows(asked.served.model)!);
  work.requireRows(cells.rows);
  return { work, cells };
}

async function fromCsv(bytes: Uint8Array, asked: Asked, pacer: Pacer): Promise<PreparedWork> {
  const { call, service: { limits }, served, verb } = asked, work = workOfQuery(asked);
  const cells = await limits.csvRows!(bytes, {
    units: verb.rows(served.model)!,
    maxRows: limits.maxRows,
    apart: apartFrom(served.model),
    head: call.head,
    pacer,
  });
  work.requireRows(cells.rows);
  return { work, cells };
}

/** The column that tells the series of a model apart. */
function byOf(model: Served["model"]): string | undefined {
  return isTable(model) ? model.table.by : undefined;
}

/** Columns that say where the steps of a series are: the rows of a body are those of one, and follow each other. */
function apartFrom(model: Served["model"]): readonly string[] {
  if (!isTable(model)) return [];
  const { by, clock } = model.table;
  return [...(by === undefined ? [] : [by]), ...(clock ? [clock.column.name] : [])];
}

function answerStream(asked: Asked): Reply {
  const { call, service, served, name, verb } = asked, ofQuery = workOfQuery(asked);
  const work = ofQuery.online?.() ?? ofQuery;
  work.requireRows(1);
  if (ofQuery.decideAll) {
    throw invalid(
      "/fdr",
      "Cannot use fdr with a stream: it needs all rows at once",
    );
  }
  const pieces = bodyPieces(call.request, service.deadlineMs, {
    deadlinePerPiece: true,
    maxPieces: Infinity,
    stopping: service.stopping,
  });
  const lines = answerLines(pieces, {
    work,
    units: verb.rows(served.model)!,
    by: byOf(served.model),
    // A client that leaves a stream cancels it, so there is nothing else to check.
    pacer: new Pacer(service.turns),
    count: (numbers) => countRows(service.metrics, served, name, numbers),
    isStopping: service.isStopping,
  });
  return respondBody(streamOf(lines), NDJSON, { headers: modelHeaders(served) });
}

function workOfQuery({ call, service, served, verb }: Asked): Work {
  const query = queryOptions(new URLSearchParams(call.query));
  return verb.work(served.model, checkBody(verb.options, query), service.limits);
}

function write(
  { call, service, served }: Asked,
  { work, opening }: PreparedWork,
  numbers: Numbers,
): Reply {
  if (prefers(call.head.get("accept") ?? "", FLOATS, JSON_TYPE)) {
    const shape = { "elbow-shape": `${numbers.rows},${numbers.columns}` };
    return respondBody(floatsOf(numbers), FLOATS, {
      headers: { ...modelHeaders(served), ...shape },
    });
  }
  const start = opening ?? openingOf(served, work);
  return respondBare(jsonOf(start, numbers, work.text, () => new Pacer(service.turns)));
}
