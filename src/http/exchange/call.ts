/**
 * One request, and what the log and the metrics need to know about it. Independent of the router: `route.ts` makes one
 * from Hono's context, `fast_path.ts` from an address alone.
 */
import { RequestHead } from "../head.ts";

/** The decoded parameters of a path template. */
export interface PathParams {
  param(name: string): string | undefined;
}

/** Scheme and host, path, query. Not parsed by `URL`, which may refuse the host: the caller chooses it. */
const ADDRESS = /^[^:/?#]*:\/\/[^/?#]*([^?#]*)(?:\?([^#]*))?/;

export class Call {
  readonly request: Request;
  /** What the server passes with the request. */
  readonly env: unknown;
  /** The path template that matched. */
  readonly route: string;
  /** When it arrived, in milliseconds of `performance.now`. */
  readonly begun: number = performance.now();
  readonly head: RequestHead;
  /** Identifies the caller's token without revealing it. Set once the request is admitted. */
  caller = "";
  /** What was asked for, once known. */
  model: string | undefined = undefined;
  version: number | undefined = undefined;
  rows: number | undefined = undefined;
  /** Gives back what the answer holds, if anything. Called once, when it has been sent or dropped. */
  release: (() => void) | undefined = undefined;
  readonly #pathParams: PathParams;

  constructor(request: Request, env: unknown, route: string, pathParams: PathParams) {
    this.request = request;
    this.env = env;
    this.route = route;
    this.head = new RequestHead(request.headers);
    this.#pathParams = pathParams;
  }

  /** A parameter of the path template. */
  param(name: string): string | undefined {
    return this.#pathParams.param(name);
  }

  /** The path as it was sent. */
  get path(): string {
    return ADDRESS.exec(this.request.url)?.[1] ?? "";
  }

  /** The query string; undefined if there is none. */
  get query(): string | undefined {
    const { url } = this.request;
    return url.includes("?") ? ADDRESS.exec(url)?.[2] : undefined;
  }
}
