/**
 * A fast path for `POST /v1/models/NAME/VERB`, the form of nearly all requests. One expression parses the address,
 * and the router is skipped. The same `exchange` runs the same action, so nothing differs but the time: to the router
 * this address is one among forty, and it prepares everything that matches, including the handlers that refuse other
 * methods and unknown addresses.
 *
 * Limits: only plain addresses. An address with a query, a percent sign or a prefix goes through the router.
 */
import type { Hono } from "npm:hono@4.13.19";
import { Call, type PathParams } from "./call.ts";
import { exchange } from "./exchange.ts";
import type { Action, Service } from "../service.ts";

const ADDRESS = /^[a-z]+:\/\/[^/?#]+\/v1\/models\/([\w.-]+)\/([a-z-]+)$/;

/** An action, and its path template in the router. */
export interface VerbRoute {
  readonly route: string;
  readonly action: Action;
}

/**
 * A handler that uses the router only where it must.
 * @param verbs the actions of the verbs, by name
 */
export function withFastPath(
  fetch: Hono["fetch"],
  service: Service,
  verbs: ReadonlyMap<string, VerbRoute>,
): Hono["fetch"] {
  return (request, env, executionCtx) => {
    const found = request.method === "POST" ? ADDRESS.exec(request.url) : null;
    const verb = found ? verbs.get(found[2]) : undefined;
    if (!found || !verb) return fetch(request, env, executionCtx);
    return exchange(
      new Call(request, env, verb.route, new NameParam(found[1])),
      service,
      verb.action,
    );
  };
}

class NameParam implements PathParams {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  param(name: string): string | undefined {
    return name === "name" ? this.#name : undefined;
  }
}
