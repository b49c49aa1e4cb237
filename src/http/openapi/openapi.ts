/**
 * The OpenAPI 3.1 document, generated from the list of operations and from the schemas of bodies and answers. Nothing
 * is described twice; what no schema describes (cells of rows) is described here.
 */
import { type JsonSchema, toJsonSchema } from "npm:@valibot/to-json-schema@1.8.0";
import type * as v from "npm:valibot@1.5.0";
import { VERSION } from "../../core/version.ts";
import { type AnswerName, ANSWERS } from "./answer_schemas.ts";
import { type Content, type Operation, OPERATIONS } from "./operations.ts";
import { PROBLEMS } from "../answers/problems.ts";
import { requestExample } from "./request_examples.ts";
import { numberRow, tableRow } from "../schemas.ts";
import { trainBody } from "../jobs/train_schema.ts";

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** Which parts of the app are enabled. */
export interface DocumentOptions {
  /** Whether models may be changed. */
  readonly isAdmin: boolean;
  /** Whether jobs are accepted. */
  readonly isTraining?: boolean;
  /** Whether rows may be CSV. */
  readonly takesCsv?: boolean;
  /** Whether tokens are required. */
  readonly hasTokens: boolean;
  /** Where the app is mounted, without a trailing slash. */
  readonly prefix: string;
}

/** Generates the whole document. */
export function openApi(options: DocumentOptions): Json {
  const { isAdmin, isTraining, hasTokens, prefix } = options;
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of OPERATIONS) {
    if (operation.isAdmin && !isAdmin) continue;
    if (operation.isTraining && !isTraining) continue;
    const path = operation.path.replace(/:([a-z]+)/g, "{$1}");
    (paths[path] ??= {})[operation.method] = describe(operation, options);
  }
  const schemas = Object.entries(ANSWERS).map((
    [name, schema],
  ) => [name, jsonSchema(schema, "output")]);
  const bearer = { type: "http", scheme: "bearer" };
  return {
    openapi: "3.1.0",
    info: {
      title: "Elbow",
      version: VERSION,
      summary: "Anomaly scores and everything else a variational autoencoder can tell about a row.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: prefix === "" ? "/" : prefix }],
    paths,
    components: {
      schemas: Object.fromEntries(schemas),
      ...(hasTokens ? { securitySchemes: { bearer } } : {}),
    },
  };
}

function describe(operation: Operation, { hasTokens, takesCsv }: DocumentOptions): Json {
  const { id, summary, scope, secondScope, request, answers, query, headers = [], path } =
    operation;
  const names = Array.from(path.matchAll(/:([a-z]+)/g), ([, name]) => name);
  const parameters = [
    ...names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
    ...(query ? queryParameters(query) : []),
    ...headers.map((name) => ({ name, in: "header", schema: { type: "string" } })),
  ];
  const problem = {
    description: "What is wrong: " +
      [...new Set(Object.values(PROBLEMS).map(({ status }) => status))].join(", "),
    headers: headersOf(["allow", "retry-after", "www-authenticate"]),
    content: { "application/problem+json": { schema: reference("Problem") } },
  };
  const responses = Object.entries(answers).map(([status, content]) => [status, {
    description: summary,
    ...(content.headers && { headers: headersOf(content.headers) }),
    ...contentOf(content, "output"),
  }]);
  return {
    operationId: id,
    tags: [tagOf(path)],
    summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(request
      ? {
        requestBody: {
          required: true,
          ...contentOf(takesCsv && query ? withCsv(request) : request, "input", requestExample(id)),
        },
      }
      : {}),
    responses: { ...Object.fromEntries(responses), default: problem },
    ...(hasTokens
      ? { security: scope ? [{ bearer: secondScope ? [scope, secondScope] : [scope] }] : [] }
      : {}),
  };
}

/** Only calls that read rows take options from the query. */
function withCsv({ types = [], ...content }: Content): Content {
  return { ...content, types: [...types, "text/csv"] };
}

/** The tag of an address: the first whose pattern matches. */
const TAGS: readonly (readonly [tag: string, paths: RegExp])[] = [
  ["Open Inference Protocol", /^\/v2/],
  ["Files", /\/uploads/],
  ["Jobs", /\/jobs|\/(train|score-jobs)$/],
  ["Aliases", /\/aliases/],
  ["Querying an old version", /\/:version\/./],
  ["Models", /\/v1\/models(\/:name)?(\/versions.*)?$/],
  ["Querying a model", /\/:name\/./],
  ["The server", /./],
];

function tagOf(path: string): string {
  return TAGS.find(([, paths]) => paths.test(path))![0];
}

/** Headers that an answer may have. */
function headersOf(names: readonly string[]): Json {
  return Object.fromEntries(names.map((name) => [name, { schema: { type: "string" } }]));
}

function contentOf(
  { json, types = [] }: Content,
  mode: "input" | "output",
  example?: Json,
): Json {
  const media: Record<string, Json> = {};
  if (json) {
    const schema = typeof json === "string" ? reference(json) : jsonSchema(json, mode);
    media["application/json"] = { schema, ...(example && { example }) };
  }
  for (const type of types) media[type] = {};
  return Object.keys(media).length > 0 ? { content: media } : {};
}

function queryParameters(options: v.StrictObjectSchema<v.ObjectEntries, string>): Json[] {
  const { properties = {} } = jsonSchema(options, "input") as { properties?: Record<string, Json> };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    description: "if the body is not JSON",
    schema,
  }));
}

function reference(name: AnswerName): Json {
  return { $ref: `#/components/schemas/${name}` };
}

/** The model determines what a row holds, so the row's own schema allows anything. */
function rowOf(cell: JsonSchema): JsonSchema {
  return {
    oneOf: [
      { type: "array", items: cell, description: "a list in the order of the columns" },
      { type: "object", additionalProperties: cell, description: "an object by column" },
    ],
  };
}

const NUMBERS = rowOf({ type: "number" });
const CELLS = rowOf({
  type: ["number", "string", "boolean", "null"],
  description: "also text as the column's format writes it; null is missing",
});

function jsonSchema(schema: v.GenericSchema, typeMode: "input" | "output"): Json {
  const { $schema: _dialect, ...rest } = toJsonSchema(schema, {
    target: "draft-2020-12",
    typeMode,
    overrideSchema: ({ valibotSchema, jsonSchema }) => {
      if (valibotSchema === tableRow) return CELLS;
      if (valibotSchema === numberRow) return NUMBERS;
      if (valibotSchema !== trainBody) return undefined;
      // No valibot schema can express this: exactly one of the two.
      return { ...jsonSchema, oneOf: [{ required: ["rows"] }, { required: ["upload"] }] };
    },
  });
  return rest;
}
