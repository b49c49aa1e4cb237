/**
 * Nearly all requests ask a model by `POST /v1/models/NAME/VERB`. Such an address is taken apart here, by one expression,
 * and answered without the router. What answers is the same `exchange` of the same action, so the way makes no difference that could be seen,
 * but in time: to a router this address is one among forty, and it makes ready all that fits it, the refusal of other
 * methods and of unknown addresses too.
 *
 * Limits: only addresses that stand for themselves. What has a query, a percent sign or a prefix goes by the router.
 */
import type { Hono } from "npm:hono@4.13.19";
import { Call, type Places } from "./call.ts";
import { exchange } from "./exchange.ts";
import type { Action, Service } from "./service.ts";

const ADDRESS = /^[a-z]+:\/\/[^/?#]+\/v1\/models\/([\w.-]+)\/([a-z-]+)$/;

/** An action, and the template under which the router has it. */
export interface Way {
  readonly route: string;
  readonly action: Action;
}

/**
 * A handler that asks the router only where it must.
 * @param ways what verbs are answered by, by their names
 */
export function direct(
  fetch: Hono["fetch"],
  service: Service,
  ways: ReadonlyMap<string, Way>,
): Hono["fetch"] {
  return (request, env, executionCtx) => {
    const found = request.method === "POST" ? ADDRESS.exec(request.url) : null;
    const way = found ? ways.get(found[2]) : undefined;
    if (!found || !way) return fetch(request, env, executionCtx);
    return exchange(new Call(request, env, way.route, new Named(found[1])), service, way.action);
  };
}

class Named implements Places {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  param(name: string): string | undefined {
    return name === "name" ? this.#name : undefined;
  }
}
