/** `POST …/infer`: takes the tensor x and returns the requested outputs, by default all of them. */
import { concatBytes } from "../../core/bytes/bytes.ts";
import { requireAnswerSize, streamOf } from "../answers/answers.ts";
import { requireType } from "../body/content_type.ts";
import { readBytes } from "../body/read_bytes.ts";
import type { Call } from "../exchange/call.ts";
import type { Served } from "../models/catalogue.ts";
import { compute } from "../compute.ts";
import type { Numbers } from "../answers/answers.ts";
import { invalid, Problem } from "../answers/problems.ts";
import { type Reply, respondBody } from "../answers/responses.ts";
import {
  bodyLimits,
  holdAnswer,
  modelHeaders,
  pacerOf,
  servedModel,
  type Service,
} from "../service.ts";
import { type Verb, type VerbName, VERBS } from "../verbs/mod.ts";
import { unitsOf } from "../../scoring/units.ts";
import { countRows } from "../telemetry/count_rows.ts";
import { type Output, outputsOf, valuesBytes, valuesOf, valuesText } from "./outputs.ts";
import { HEADER_LENGTH, type InferRequest, readInferRequest, readInput } from "./request.ts";

/** A requested output. */
interface RequestedOutput {
  readonly output: Output;
  readonly isBinary: boolean;
}

export async function infer(call: Call, service: Service): Promise<Reply> {
  const served = await servedModel(call, service), { head: headers } = call;
  // The protocol names no type; a client that sends one uses one of these.
  if (headers.has("content-type")) {
    requireType(headers, ["application/json", "application/octet-stream"]);
  }
  const bytes = await readBytes(call, bodyLimits(call, service));
  const request = readInferRequest(bytes, headers);
  const requested = requestedOutputs(request, served);
  const [rows] = request.body.inputs[0].shape;
  const numbers = await computeAll(call, service, served, request, requested).catch(blameInput);
  call.rows = rows;
  const { id } = request.body;
  const head = {
    model_name: served.name,
    model_version: `${served.version}`,
    ...(id === undefined ? {} : { id }),
  };
  const isBinary = requested.some((each) => each.isBinary);
  return isBinary
    ? binaryAnswer(head, requested, numbers, served)
    : respondBody(streamOf(jsonAnswer(head, requested, numbers)), "application/json", {
      headers: modelHeaders(served),
    });
}

type AllNumbers = ReadonlyMap<VerbName, Numbers>;

/** @throws Problem for an output that the model does not have */
function requestedOutputs({ body }: InferRequest, { model }: Served): RequestedOutput[] {
  const known = outputsOf(model), { binary_data_output: allBinary = false } = body.parameters ?? {};
  if (!body.outputs?.length) return known.map((output) => ({ output, isBinary: allBinary }));
  return body.outputs.map(({ name, parameters }, i) => {
    const output = known.find((each) => each.name === name);
    if (output) return { output, isBinary: parameters?.binary_data ?? allBinary };
    const names = known.map((each) => each.name).join(", ");
    throw invalid(`/outputs/${i}/name`, `Cannot answer: output must be one of ${names}`);
  });
}

async function computeAll(
  call: Call,
  service: Service,
  served: Served,
  request: InferRequest,
  requested: readonly RequestedOutput[],
): Promise<AllNumbers> {
  const { model } = served;
  const verbs = [...new Set(requested.map(({ output }) => output.verb))];
  const works = verbs.map((verb) => (VERBS[verb] as Verb).work(model, {}, service.limits));
  const cells = readInput(request, { ...unitsOf(model), missing: 0 }, (rows) => {
    const numbersPerRow = works.reduce((sum, { columns }) => sum + columns.length, 0);
    requireAnswerSize("/inputs/0/shape", rows, numbersPerRow);
    holdAnswer(call, service, rows * numbersPerRow);
    works.forEach((work) => work.requireRows(rows));
  });
  const pacer = pacerOf(call, service), numbers = new Map<VerbName, Numbers>();
  for (const [i, verb] of verbs.entries()) {
    const computed = await compute(works[i], cells, pacer);
    numbers.set(verb, computed);
    countRows(service.metrics, served, verb, computed);
  }
  return numbers;
}

/** The verbs blame rows; in this body the rows are the data of its tensor. */
function blameInput(error: unknown): never {
  if (!(error instanceof Problem)) throw error;
  const faults = error.faults.map(({ pointer, detail }) => ({
    pointer: pointer.replace(/^\/rows.*/, "/inputs/0/data"),
    detail,
  }));
  throw new Problem(error.kind, error.message, { faults });
}

function outputHead(
  { output: { name, datatype, width, verb } }: RequestedOutput,
  numbers: AllNumbers,
) {
  const { rows } = numbers.get(verb)!;
  return { name, datatype, shape: width === undefined ? [rows] : [rows, width] };
}

function* jsonAnswer(
  head: object,
  requested: readonly RequestedOutput[],
  numbers: AllNumbers,
): Generator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"outputs":[`;
  for (const [i, each] of requested.entries()) {
    const opening = JSON.stringify(outputHead(each, numbers)).slice(0, -1);
    yield `${i > 0 ? "," : ""}${opening},"data":[`;
    yield* valuesText(each.output, valuesOf(each.output, numbers.get(each.output.verb)!));
    yield "]}";
  }
  yield "]}";
}

function binaryAnswer(
  head: object,
  requested: readonly RequestedOutput[],
  numbers: AllNumbers,
  served: Served,
): Reply {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const outputs = requested.map((each) => {
    const values = valuesOf(each.output, numbers.get(each.output.verb)!);
    if (!each.isBinary) {
      return {
        ...outputHead(each, numbers),
        data: JSON.parse(`[${[...valuesText(each.output, values)].join("")}]`),
      };
    }
    const bytes = valuesBytes(each.output, values);
    parts.push(bytes);
    return { ...outputHead(each, numbers), parameters: { binary_data_size: bytes.length } };
  });
  const json = new TextEncoder().encode(JSON.stringify({ ...head, outputs }));
  return respondBody(concatBytes([json, ...parts]), "application/octet-stream", {
    headers: { ...modelHeaders(served), [HEADER_LENGTH]: `${json.length}` },
  });
}
