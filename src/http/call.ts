/**
 * One request on its way to its answer: what routes see of it, and what they say of it to the log and the metrics. It
 * knows no router: `route.ts` makes one of Hono's context, `direct.ts` of an address alone.
 */
import { RequestHead } from "./head.ts";

/** What stands in an address in the places that its template leaves open, decoded. */
export interface Places {
  param(name: string): string | undefined;
}

/** Scheme and host, path, query. A host is what the caller says it is: `URL` may refuse it. */
const ADDRESS = /^[^:/?#]*:\/\/[^/?#]*([^?#]*)(?:\?([^#]*))?/;

export class Call {
  readonly request: Request;
  /** What the server hands over with the request. */
  readonly env: unknown;
  /** The template that answers. */
  readonly route: string;
  /** When it came, milliseconds of `performance.now`. */
  readonly begun: number = performance.now();
  readonly head: RequestHead;
  /** Whose token it is: a name for it that tells nothing of it. Set once the request may pass. */
  caller = "";
  /** What was asked, once it is known. */
  model: string | undefined = undefined;
  version: number | undefined = undefined;
  rows: number | undefined = undefined;
  readonly #places: Places;

  constructor(request: Request, env: unknown, route: string, places: Places) {
    this.request = request;
    this.env = env;
    this.route = route;
    this.head = new RequestHead(request.headers);
    this.#places = places;
  }

  /** What stands at a place of the template. */
  param(name: string): string | undefined {
    return this.#places.param(name);
  }

  /** As it was sent. */
  get path(): string {
    return ADDRESS.exec(this.request.url)?.[1] ?? "";
  }

  /** Nothing where there is none. */
  get query(): string | undefined {
    const { url } = this.request;
    return url.includes("?") ? ADDRESS.exec(url)?.[2] : undefined;
  }
}
