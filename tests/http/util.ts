/** Small models behind an app, and how the tests send requests to it. */
import assert from "node:assert/strict";
import { Detector, VAE } from "../../mod.ts";
import { type App, type AppOptions, createApp as create } from "../../src/http/mod.ts";
import { type ProblemName, PROBLEMS } from "../../src/http/answers/problems.ts";
import { normals, planeRows } from "../util/data.ts";
import { requireDocumented } from "./openapi.ts";

/** Rows in different units: offsets of hundreds, spreads from 0.01 to 100. */
export const ROWS: readonly number[][] = planeRows(60, 3, 11).map(([a, b, c]) => [
  100 * a + 500,
  b,
  0.01 * c - 3,
]);
export const COLUMNS = ["heat", "flow", "drift"];

/** A single network, so that the answers of verbs can be computed by hand. */
const OPTIONS = {
  preset: "small",
  epochs: 5,
  hidden: [8],
  latent: 2,
  seed: 1,
  calibration: 0.5,
} as const;

export const TABLE: Detector = await Detector.fit(ROWS, { ...OPTIONS, columns: COLUMNS });

/** One column, whose density can be integrated; fully trained, so that importance sampling works. */
export const LINE: Detector = await Detector.fit(
  normals(60, 5).map((value) => [1000 + 50 * value]),
  { ...OPTIONS, latent: 1, epochs: 400 },
);

/** Names of members that every object has. */
export const HOSTILE: Detector = await Detector.fit(ROWS, {
  ...OPTIONS,
  columns: ["__proto__", "constructor", "a/b~"],
});

export const PLAIN: VAE = VAE.create({ inputs: 3, latent: [{ size: 2 }] }, { seed: 4 });

export const BINARY: VAE = VAE.create(
  { inputs: 4, latent: [{ size: 1 }], likelihood: { type: "bernoulli" } },
  { seed: 5 },
);

export const MODELS = { table: TABLE, line: LINE, hostile: HOSTILE, plain: PLAIN, binary: BINARY };

/** An app that checks every answer to `request` against its OpenAPI document. */
export function createApp(options: AppOptions): App {
  const app = create(options), { request } = app;
  app.request = async (input, init, ...rest) => {
    const response = await request(input, init, ...rest);
    const path = URL.parse(String(input), "http://localhost")?.pathname ?? "";
    const isJson = /[/+]json$/.test(response.headers.get("content-type") ?? "");
    // A clone of a stream would keep what nobody reads.
    await requireDocumented(init?.method ?? "GET", path, isJson ? response.clone() : response);
    return response;
  };
  return app;
}

export const APP: App = createApp({ models: MODELS });

/** The rows of a matrix, as an answer has them. */
export function lists({ data, shape: [rows, width] }: {
  data: Float32Array;
  shape: readonly [number, number];
}): number[][] {
  return Array.from({ length: rows }, (_, r) => [...data.slice(r * width, (r + 1) * width)]);
}

/** Posts JSON, or a text unchanged, to a verb. */
export function post(path: string, body: unknown, app: App = APP): Promise<Response> {
  return Promise.resolve(app.request(`/v1/models/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  }));
}

/** The answer of a verb that must succeed, without version and digest. */
export async function ask(path: string, body: unknown, app: App = APP): Promise<Fields> {
  const response = await post(path, body, app);
  const { version, digest, ...value } = await response.json();
  assert.equal(response.status, 200, JSON.stringify(value));
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.deepEqual([...response.headers.keys()], ["content-type"], "its body says the rest");
  assert.ok(Number.isInteger(version) && version > 0);
  assert.match(digest, /^[0-9a-f]{64}$/);
  return value;
}

/** The members of an answer. */
export type Fields = Record<string, unknown>;

/** The problem details that a client reads. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** The problem details of a response, which must be a problem, of the given type if there is one. */
export async function problemOf(
  response: Response,
  kind?: ProblemName,
): Promise<ProblemDetails> {
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  requireCommonHeaders(response);
  const problem: ProblemDetails = await response.json();
  const [, name] = /^urn:elbow:problem:([a-z-]+)$/.exec(problem.type) ?? [];
  const { status, title } = PROBLEMS[name as ProblemName];
  assert.deepEqual([problem.status, problem.title], [status, title]);
  assert.equal(response.status, status);
  assert.match(problem.detail, /^Cannot /);
  if (kind !== undefined) assert.equal(name, kind, problem.detail);
  return problem;
}

function requireCommonHeaders({ headers }: Response): void {
  assert.match(headers.get("traceparent") ?? "", /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  assert.equal(headers.get("cache-control"), "no-store");
  assert.equal(headers.get("access-control-allow-origin"), null);
}
