/**
 * Checks answers against the app's own OpenAPI document: each status and media type must be documented, and JSON must
 * fit its schema. Ajv validates it, which shares no code with the library that the server checks bodies with.
 */
import assert from "node:assert/strict";
import { Ajv2020, type ValidateFunction } from "npm:ajv@8.20.0/dist/2020.js";
import { openApi } from "../../src/http/openapi/openapi.ts";

/** A part of the document. */
type Json = Readonly<Record<string, unknown>>;
type Content = Readonly<Record<string, { readonly schema?: Json }>>;
interface Operation {
  readonly responses: Readonly<Record<string, Answer>>;
}
interface Answer {
  readonly content?: Content;
  readonly headers?: Json;
}

/** Headers that an answer may carry only if the document lists them. */
const TOLD = [
  ...["location", "etag", "allow", "retry-after", "www-authenticate", "elbow-shape"],
  ...[
    "elbow-model",
    "elbow-model-version",
    "elbow-model-digest",
    "inference-header-content-length",
  ],
];

/** An app with every option. */
export const DOCUMENT = openApi({
  isAdmin: true,
  isTraining: true,
  takesCsv: true,
  hasTokens: true,
  prefix: "",
});

const paths = Object.entries(DOCUMENT.paths as Record<string, Record<string, Operation>>)
  .map(([path, methods]) => ({
    pattern: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`),
    methods,
  }));

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: "document", components: DOCUMENT.components as Json });
const validators = new Map<string, ValidateFunction>();

function validator(schema: Json): ValidateFunction {
  const text = JSON.stringify(schema).replaceAll('"#/components', '"document#/components');
  const found = validators.get(text) ?? ajv.compile(JSON.parse(text));
  validators.set(text, found);
  return found;
}

/** @throws AssertionError unless the document lists this answer for this request */
export async function requireDocumented(
  method: string,
  path: string,
  response: Response,
): Promise<void> {
  const { status, headers } = response;
  // A preflight request (CORS) is no operation; it is answered before them.
  if (method === "OPTIONS" && status === 204) return;
  const type = (headers.get("content-type") ?? "").split(";")[0];
  const found = paths.find(({ pattern }) => pattern.test(path));
  const operation = found?.methods[method === "HEAD" ? "get" : method.toLowerCase()];
  const where = `${method} ${path} ${status} ${type}`;
  // Requests that the document does not list must get a problem.
  const documented: Answer = operation?.responses[status] ??
    operation?.responses.default ??
    { content: { "application/problem+json": { schema: PROBLEM } } };
  const { content } = documented;
  const untold = operation &&
    TOLD.find((name) => headers.has(name) && !Object.hasOwn(documented.headers ?? {}, name));
  assert.equal(untold, undefined, `${where}: this header is not documented`);
  if (!content) return assert.equal(type, "", where);
  assert.ok(Object.hasOwn(content, type), `${where} is not documented`);
  const { schema } = content[type];
  if (!schema || method === "HEAD") return;
  const validate = validator(schema);
  assert.ok(validate(await response.json()), `${where}: ${ajv.errorsText(validate.errors)}`);
}

const PROBLEM = { $ref: "#/components/schemas/Problem" };
