/**
 * A client of the app. Its types are those of the schemas that the server checks bodies with and that the
 * tests hold its answers to; no package comes along.
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
 * A client. Names of models may be `name`, or `{ name, version }` for an old version.
 * @param baseUrl where the app is mounted
 */
export function createClient(baseUrl: string, options: ClientOptions = {}): Client {
  return new Client(baseUrl.replace(/\/+$/, ""), options);
}

/** Which model, and which of its versions. */
export type ModelName = string | { readonly name: string; readonly version: number };

const FLOATS = "application/octet-stream";

/** Every method rejects with an `ApiError` if the server refuses. */
export class Client {
  readonly #server: Connection;

  /** @internal */
  constructor(baseUrl: string, options: ClientOptions) {
    this.#server = new Connection(baseUrl, options);
  }

  /** The models there are. */
  models(): Promise<Answers["Models"]> {
    return this.#server.json("GET", "/v1/models");
  }

  /** All that is known of a model. */
  model(model: ModelName): Promise<Answers["Model"]> {
    return this.#server.json("GET", pathOf(model));
  }

  /** The versions of a model, ascending. */
  versions(name: string): Promise<Answers["Versions"]> {
    return this.#server.json("GET", `${pathOf(name)}/versions`);
  }

  /** How surprising each row is. */
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

  /** The expected row for latent variables. */
  decode(model: ModelName, rows: ClientRows): Promise<Answers["Rows"]> {
    return this.#server.json("POST", `${pathOf(model)}/decode`, { rows });
  }

  /** The expected row given what the row encodes to. */
  reconstruct(model: ModelName, rows: ClientRows): Promise<Answers["Rows"]> {
    return this.#server.json("POST", `${pathOf(model)}/reconstruct`, { rows });
  }

  /** The probability of each class, of a model with a classifier. */
  classify(model: ModelName, rows: ClientRows): Promise<Answers["Rows"]> {
    return this.#server.json("POST", `${pathOf(model)}/classify`, { rows });
  }

  /** New rows. */
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

  /** Any verb that reads rows, in float32 both ways: a row of numbers for each row. */
  async floats(
    model: ModelName,
    verb: RowVerb,
    { data, shape: [rows] }: FloatRows,
    options: Readonly<Record<string, number | boolean>> = {},
  ): Promise<FloatRows> {
    const query = new URLSearchParams(
      Object.entries(options).map(([key, value]) => [key, `${value}`]),
    );
    const search = query.size > 0 ? `?${query}` : "";
    const response = await this.#server.ask("POST", `${pathOf(model)}/${verb}${search}`, {
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
   * Scores rows as they come: a line for each, in order. Rows are taken as fast as the server reads
   * them; leaving the loop ends the request.
   */
  async *scoreStream(
    model: ModelName,
    rows: Iterable<unknown> | AsyncIterable<unknown>,
    options: ScoreRequest = {},
  ): AsyncGenerator<ScoredLine> {
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(given.map(([key, value]) => [key, String(value)]));
    const response = await this.#server.ask("POST", `${pathOf(model)}/score?${search}`, {
      type: "application/x-ndjson",
      body: linesOf(rows),
    });
    for await (const line of readLines(response.body!)) if (line !== "") yield JSON.parse(line);
  }

  /** Makes a model file the next version of a name. @param expected the digest it may replace, or null for none */
  async upload(
    name: string,
    file: Uint8Array<ArrayBuffer>,
    { expected }: { readonly expected?: string | null } = {},
  ): Promise<Answers["Stored"]> {
    const headers: Record<string, string> = expected === null
      ? { "if-none-match": "*" }
      : expected === undefined
      ? {}
      : { "if-match": `"${expected}"` };
    const content = { type: FLOATS, body: file, headers };
    return await (await this.#server.ask("PUT", pathOf(name), content)).json();
  }

  /** Deletes a model, or one version of it. */
  async delete(model: ModelName): Promise<void> {
    await this.#server.ask("DELETE", pathOf(model));
  }

  /** Second names. */
  aliases(): Promise<Answers["Aliases"]> {
    return this.#server.json("GET", "/v1/aliases");
  }

  /** Lets a second name mean a model, or one version of it. */
  setAlias(alias: string, target: AliasTarget): Promise<Answers["Alias"]> {
    return this.#server.json("PUT", `/v1/aliases/${encodeURIComponent(alias)}`, target);
  }

  /** Forgets a second name. */
  async deleteAlias(alias: string): Promise<void> {
    await this.#server.ask("DELETE", `/v1/aliases/${encodeURIComponent(alias)}`);
  }

  /**
   * Asks for a training job: rows, or `{ upload: NAME }`. Its model will be the next version of the name.
   * @param key asking again with it is asking once
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
   * Asks for an upload to be scored, split among the workers; `jobResult` gives the lines.
   * @param key asking again with it is asking once
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
   * What a scoring job came to; `body` is a stream of it.
   * @param as CSV, line by line what `elbow score` writes, or each of its lines as a JSON object
   */
  jobResult(id: string, as: "csv" | "ndjson" = "csv"): Promise<Response> {
    const accept = as === "csv" ? "text/csv" : "application/x-ndjson";
    return this.#server.ask("GET", `/v1/jobs/${id}/result`, { accept });
  }

  /** Your jobs that have not ended, the oldest first. */
  jobs(): Promise<Answers["Jobs"]> {
    return this.#server.json("GET", "/v1/jobs");
  }

  /** A job as it stands. */
  job(id: string): Promise<Answers["Job"]> {
    return this.#server.json("GET", `/v1/jobs/${id}`);
  }

  /** Ends a job; one that has ended stays as it is. */
  cancelJob(id: string): Promise<Answers["Job"]> {
    return this.#server.json("DELETE", `/v1/jobs/${id}`);
  }

  /**
   * What happens to a job, from after that event to its end. A line that breaks is taken up where it
   * broke, unless that fails ten times in a row.
   */
  jobEvents(id: string, after: number = 0): AsyncGenerator<JobEventInfo> {
    return followJob(this.#server, id, after);
  }

  /** Waits for a job to end. */
  async waitForJob(id: string): Promise<Answers["Job"]> {
    for await (const _event of this.jobEvents(id));
    return await this.job(id);
  }

  /** Keeps a file to train on; the extension of its name says the format. */
  async putUpload(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Answers["Upload"]> {
    const path = `/v1/uploads/${encodeURIComponent(name)}`;
    return await (await this.#server.ask("PUT", path, { type: FLOATS, body: bytes })).json();
  }

  /** Files to train on or to score. */
  uploads(): Promise<Answers["Uploads"]> {
    return this.#server.json("GET", "/v1/uploads");
  }

  /** Forgets a file to train on. */
  async deleteUpload(name: string): Promise<void> {
    await this.#server.ask("DELETE", `/v1/uploads/${encodeURIComponent(name)}`);
  }

  #askJob(path: string, body: unknown, key: string): Promise<Answers["Job"]> {
    return this.#server.json("POST", path, body, { "idempotency-key": key });
  }
}

function pathOf(model: ModelName): string {
  if (typeof model === "string") return `/v1/models/${encodeURIComponent(model)}`;
  return `/v1/models/${encodeURIComponent(model.name)}/versions/${model.version}`;
}
