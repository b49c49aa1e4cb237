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
import { Pacer } from "../pacer.ts";
import { unitsOf } from "../../scoring/units.ts";
import { countRows } from "../telemetry/count_rows.ts";
import { DATATYPES } from "./datatypes.ts";
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
  const pacer = pacerOf(call, service);
  const request = await pacer.run(readInferRequest(bytes, headers));
  const requested = requestedOutputs(request, served);
  const [rows] = request.body.inputs[0].shape;
  const asked = { call, service, served, request, requested };
  const numbers = await computeAll(asked, pacer).catch(blameInput);
  call.rows = rows;
  const { id } = request.body;
  const head = {
    model_name: served.name,
    model_version: `${served.version}`,
    ...(id === undefined ? {} : { id }),
  };
  const pieces = jsonPieces(head, requested, numbers, new Pacer(service.turns));
  const described = modelHeaders(served);
  return requested.some((each) => each.isBinary)
    ? await binaryAnswer(pieces, requested, numbers, described)
    : respondBody(streamOf(pieces), "application/json", { headers: described });
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

/** What is asked of a model. */
interface Asked {
  readonly call: Call;
  readonly service: Service;
  readonly served: Served;
  readonly request: InferRequest;
  readonly requested: readonly RequestedOutput[];
}

async function computeAll(
  { call, service, served, request, requested }: Asked,
  pacer: Pacer,
): Promise<AllNumbers> {
  const { model } = served;
  const verbs = [...new Set(requested.map(({ output }) => output.verb))];
  const works = verbs.map((verb) => (VERBS[verb] as Verb).work(model, {}, service.limits));
  const reading = readInput(request, { ...unitsOf(model), missing: 0 }, (rows) => {
    const numbersPerRow = works.reduce((sum, { columns }) => sum + columns.length, 0);
    requireAnswerSize("/inputs/0/shape", rows, numbersPerRow);
    holdAnswer(call, service, rows * numbersPerRow);
    works.forEach((work) => work.requireRows(rows));
  });
  const cells = await pacer.run(reading), numbers = new Map<VerbName, Numbers>();
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

/** The JSON of an answer, in pieces; the bytes of binary outputs follow it. */
async function* jsonPieces(
  head: object,
  requested: readonly RequestedOutput[],
  numbers: AllNumbers,
  pacer: Pacer,
): AsyncGenerator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"outputs":[`;
  for (const [i, { output, isBinary }] of requested.entries()) {
    const { name, datatype, width, verb } = output, { rows } = numbers.get(verb)!;
    const shape = width === undefined ? [rows] : [rows, width];
    const opening = JSON.stringify({ name, datatype, shape }).slice(0, -1);
    yield `${i > 0 ? "," : ""}${opening}`;
    if (isBinary) {
      const bytes = DATATYPES[datatype].bytes * rows * (width ?? 1);
      yield `,"parameters":{"binary_data_size":${bytes}}}`;
      continue;
    }
    yield ',"data":[';
    for (const piece of valuesText(output, valuesOf(output, numbers.get(verb)!))) {
      await pacer.yieldIfDue();
      yield piece;
    }
    yield "]}";
  }
  yield "]}";
}

async function binaryAnswer(
  pieces: AsyncIterable<string>,
  requested: readonly RequestedOutput[],
  numbers: AllNumbers,
  headers: Record<string, string>,
): Promise<Reply> {
  const encoder = new TextEncoder(), json: Uint8Array[] = [];
  for await (const piece of pieces) json.push(encoder.encode(piece));
  const tensors = requested.filter(({ isBinary }) => isBinary).map(({ output }) =>
    valuesBytes(output, valuesOf(output, numbers.get(output.verb)!))
  );
  const length = json.reduce((sum, { length }) => sum + length, 0);
  return respondBody(concatBytes([...json, ...tensors]), "application/octet-stream", {
    headers: { ...headers, [HEADER_LENGTH]: `${length}` },
  });
}
