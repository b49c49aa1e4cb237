/** The client's requests to its server, and the errors for those it refuses. */
import { ApiError } from "./client_error.ts";

/** How to reach a server. */
export interface ClientOptions {
  /** Sent as a bearer token. */
  readonly token?: string;
  /** Used instead of the global `fetch`. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response> | Response;
  /** Aborts every pending request. */
  readonly signal?: AbortSignal;
}

/** What a request consists of besides its path. */
export interface Content {
  /** Media type of the body. */
  readonly type?: string;
  readonly accept?: string;
  readonly body?: BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
}

const JSON_TYPE = "application/json";

/** Rejects with an `ApiError` if the server refuses. */
export class Connection {
  readonly #baseUrl: string;
  readonly #options: ClientOptions;

  constructor(baseUrl: string, options: ClientOptions) {
    this.#baseUrl = baseUrl;
    this.#options = options;
  }

  /** Whether the user has aborted all requests. */
  get isAborted(): boolean {
    return this.#options.signal?.aborted ?? false;
  }

  /** Sends JSON and returns JSON. */
  async json<Answer>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Content["headers"],
  ): Promise<Answer> {
    const content = body === undefined
      ? { headers }
      : { type: JSON_TYPE, body: JSON.stringify(body), headers };
    return await (await this.send(method, path, content)).json();
  }

  async send(method: string, path: string, content: Content = {}): Promise<Response> {
    const { token, signal, fetch: ask = fetch } = this.#options;
    const { type, accept = JSON_TYPE, body, headers = {} } = content;
    const response = await ask(this.#baseUrl + path, {
      method,
      headers: {
        accept,
        ...(type ? { "content-type": type } : {}),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
      body,
      signal,
      ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
    });
    if (response.ok) return response;
    throw new ApiError(response.status, await response.json().catch(() => undefined));
  }
}
