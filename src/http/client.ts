/**
 * A client of the app. Its types match the schemas that the server checks bodies against and that the tests check its
 * answers against. It needs no package.
 *
 * ```ts
 * import { createClient } from "./client.ts";
 * const client = createClient("http://127.0.0.1:8080", { token: "…" });
 * const { rows } = await client.score("sensors", [[5.1, 3.5]], { falseAlarmRate: 0.01 });
 * ```
 *
 * @module
 */
import type {
  AliasTarget,
  Answers,
  JobEventInfo,
  LogLikelihoodRequest,
  ProblemDetails,
  SampleRequest,
  ScoreJobRequest,
  ScoreRequest,
  TrainRequest,
  Verdict,
} from "./client/client_types.ts";
import type { ClientRows, FloatRows } from "./client/client_rows.ts";
import { linesOf, littleEndian, readLines } from "./client/client_wire.ts";
import { type ClientOptions, Connection } from "./client/connection.ts";
import { followJob } from "./client/follow_job.ts";

export { ApiError } from "./client/client_error.ts";
export type * from "./client/client_rows.ts";
export type { ClientOptions } from "./client/connection.ts";
export type * from "./client/client_types.ts";

/** Verbs that read rows. */
export type RowVerb = "encode" | "decode" | "reconstruct" | "score" | "log-likelihood";

/** A line of a stream: a verdict, or what is wrong with the row. */
export type ScoredLine = Verdict | ProblemDetails;

/**
 * Creates a client. A model is given as `name`, or as `{ name, version }` for an old version.
 * @param baseUrl where the app is mounted
 */
export function createClient(baseUrl: string, options: ClientOptions = {}): Client {
  return new Client(baseUrl.replace(/\/+$/, ""), options);
}

/** A model, and optionally one of its versions. */
export type ModelName = string | { readonly name: string; readonly version: number };

const FLOATS = "application/octet-stream";

/** Every method rejects with an `ApiError` if the server refuses. */
export class Client {
  readonly #server: Connection;

  /** @internal */
  constructor(baseUrl: string, options: ClientOptions) {
    this.#server = new Connection(baseUrl, options);
  }

  /** Lists the models. */
  models(): Promise<Answers["Models"]> {
    return this.#server.json("GET", "/v1/models");
  }

  /** Describes a model in full. */
  model(model: ModelName): Promise<Answers["Model"]> {
    return this.#server.json("GET", pathOf(model));
  }

  /** The versions of a model, ascending. */
  versions(name: string): Promise<Answers["Versions"]> {
    return this.#server.json("GET", `${pathOf(name)}/versions`);
  }

  /** How anomalous each row is. */
  score(
    model: ModelName,
    rows: ClientRows,
    options: ScoreRequest = {},
  ): Promise<Answers["Scores"]> {
    return this.#server.json("POST", `${pathOf(model)}/score`, { rows, ...options });
  }

  /** The posterior of each row. */
  encode(model: ModelName, rows: ClientRows): Promise<Answers["Encoded"]> {
    return this.#server.json("POST", `${pathOf(model)}/encode`, { rows });
  }

  /** The expected row for each row of latent variables. */
  decode(model: ModelName, rows: ClientRows): Promise<Answers["Rows"]> {
    return this.#server.json("POST", `${pathOf(model)}/decode`, { rows });
  }

  /** The expected row given each row's encoding. */
  reconstruct(model: ModelName, rows: ClientRows): Promise<Answers["Rows"]> {
    return this.#server.json("POST", `${pathOf(model)}/reconstruct`, { rows });
  }

  /** The probability of each class, for a model with a classifier. */
  classify(model: ModelName, rows: ClientRows): Promise<Answers["Rows"]> {
    return this.#server.json("POST", `${pathOf(model)}/classify`, { rows });
  }

  /** Draws new rows. */
  sample(model: ModelName, count: number, options: SampleRequest = {}): Promise<Answers["Rows"]> {
    return this.#server.json("POST", `${pathOf(model)}/sample`, { count, ...options });
  }

  /** ln p(x) of each row. */
  logLikelihood(
    model: ModelName,
    rows: ClientRows,
    options: LogLikelihoodRequest = {},
  ): Promise<Answers["LogLikelihoods"]> {
    return this.#server.json("POST", `${pathOf(model)}/log-likelihood`, { rows, ...options });
  }

  /** Calls any verb that reads rows, with float32 in both directions: one row of numbers for each row. */
  async floats(
    model: ModelName,
    verb: RowVerb,
    x: FloatRows,
    options: Readonly<Record<string, number | boolean>> = {},
  ): Promise<FloatRows> {
    const { data, shape: [rows] } = x;
    const query = new URLSearchParams(
      Object.entries(options).map(([key, value]) => [key, `${value}`]),
    );
    const search = query.size > 0 ? `?${query}` : "";
    const response = await this.#server.send("POST", `${pathOf(model)}/${verb}${search}`, {
      type: FLOATS,
      accept: FLOATS,
      body: littleEndian(data),
    });
    const numbers = new Float32Array(
      littleEndian(new Float32Array(await response.arrayBuffer())).buffer,
    );
    return { data: numbers, shape: [rows, numbers.length / rows] };
  }

  /**
   * Scores rows as they come: one line for each, in order. Rows are consumed as fast as the server reads them; leaving
   * the loop ends the request.
   */
  async *scoreStream(
    model: ModelName,
    rows: Iterable<unknown> | AsyncIterable<unknown>,
    options: ScoreRequest = {},
  ): AsyncGenerator<ScoredLine> {
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(given.map(([key, value]) => [key, String(value)]));
    const response = await this.#server.send("POST", `${pathOf(model)}/score?${search}`, {
      type: "application/x-ndjson",
      body: linesOf(rows),
    });
    for await (const line of readLines(response.body!)) if (line !== "") yield JSON.parse(line);
  }

  /** Stores a model file as the next version. @param expected the digest it may replace; null for a new name */
  async upload(
    name: string,
    file: Uint8Array<ArrayBuffer>,
    options: { readonly expected?: string | null } = {},
  ): Promise<Answers["Stored"]> {
    const { expected } = options;
    const headers: Record<string, string> = expected === null
      ? { "if-none-match": "*" }
      : expected === undefined
      ? {}
      : { "if-match": `"${expected}"` };
    const content = { type: FLOATS, body: file, headers };
    return await (await this.#server.send("PUT", pathOf(name), content)).json();
  }

  /** Deletes a model, or one version of it. */
  async delete(model: ModelName): Promise<void> {
    await this.#server.send("DELETE", pathOf(model));
  }

  /** Lists the aliases. */
  aliases(): Promise<Answers["Aliases"]> {
    return this.#server.json("GET", "/v1/aliases");
  }

  /** Points an alias at a model, or at one of its versions. */
  setAlias(alias: string, target: AliasTarget): Promise<Answers["Alias"]> {
    return this.#server.json("PUT", `/v1/aliases/${encodeURIComponent(alias)}`, target);
  }

  /** Deletes an alias. */
  async deleteAlias(alias: string): Promise<void> {
    await this.#server.send("DELETE", `/v1/aliases/${encodeURIComponent(alias)}`);
  }

  /**
   * Submits a training job on rows or on `{ upload: NAME }`. Its model becomes the next version of the name.
   * @param key repeated requests with the same key submit one job
   */
  async train(
    model: string,
    data: ClientRows | { readonly upload: string },
    options: TrainRequest = {},
    key: string = crypto.randomUUID(),
  ): Promise<Answers["Job"]> {
    const what = "upload" in data ? { upload: data.upload } : { rows: data };
    return await this.#askJob(`${pathOf(model)}/train`, { ...what, ...options }, key);
  }

  /**
   * Submits a job that scores an upload, split among the workers; `jobResult` returns the lines.
   * @param key repeated requests with the same key submit one job
   */
  async scoreUpload(
    model: string,
    upload: string,
    options: ScoreJobRequest = {},
    key: string = crypto.randomUUID(),
  ): Promise<Answers["Job"]> {
    return await this.#askJob(`${pathOf(model)}/score-jobs`, { upload, ...options }, key);
  }

  /**
   * The result of a scoring job; `body` is a stream.
   * @param as CSV, the lines that `elbow score` writes, or NDJSON, each of these lines as a JSON object
   */
  jobResult(id: string, as: "csv" | "ndjson" = "csv"): Promise<Response> {
    const accept = as === "csv" ? "text/csv" : "application/x-ndjson";
    return this.#server.send("GET", `/v1/jobs/${id}/result`, { accept });
  }

  /** Your unfinished jobs, oldest first. */
  jobs(): Promise<Answers["Jobs"]> {
    return this.#server.json("GET", "/v1/jobs");
  }

  /** The state of a job. */
  job(id: string): Promise<Answers["Job"]> {
    return this.#server.json("GET", `/v1/jobs/${id}`);
  }

  /** Cancels a job; a finished job stays as it is. */
  cancelJob(id: string): Promise<Answers["Job"]> {
    return this.#server.json("DELETE", `/v1/jobs/${id}`);
  }

  /**
   * The events of a job after event `after`, up to its end. A broken connection is resumed where it broke, unless that
   * fails ten times in a row.
   */
  jobEvents(id: string, after: number = 0): AsyncGenerator<JobEventInfo> {
    return followJob(this.#server, id, after);
  }

  /** Waits for a job to end. */
  async waitForJob(id: string): Promise<Answers["Job"]> {
    for await (const _event of this.jobEvents(id));
    return await this.job(id);
  }

  /** Uploads a file to train on or to score; the extension of its name gives the format. */
  async putUpload(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Answers["Upload"]> {
    const path = `/v1/uploads/${encodeURIComponent(name)}`;
    return await (await this.#server.send("PUT", path, { type: FLOATS, body: bytes })).json();
  }

  /** Lists the uploaded files. */
  uploads(): Promise<Answers["Uploads"]> {
    return this.#server.json("GET", "/v1/uploads");
  }

  /** Deletes an uploaded file. */
  async deleteUpload(name: string): Promise<void> {
    await this.#server.send("DELETE", `/v1/uploads/${encodeURIComponent(name)}`);
  }

  #askJob(path: string, body: unknown, key: string): Promise<Answers["Job"]> {
    return this.#server.json("POST", path, body, { "idempotency-key": key });
  }
}

function pathOf(model: ModelName): string {
  if (typeof model === "string") return `/v1/models/${encodeURIComponent(model)}`;
  return `/v1/models/${encodeURIComponent(model.name)}/versions/${model.version}`;
}
