/**
 * `/health/live`: the process answers. `/health/ready`: its models can be queried. `/metrics`: for Prometheus; if the
 * app has tokens, it needs the scope "score".
 */
import type { Hono } from "npm:hono@4.13.19";
import { Problem } from "../answers/problems.ts";
import { respond, respondBody } from "../answers/responses.ts";
import { route } from "../exchange/route.ts";
import type { Service } from "../service.ts";

/** Milliseconds that a store may take to answer, so that its failure does not hide the metrics of the server. */
const STORE_MS = 2000;

export function healthRoutes(app: Hono, service: Service): void {
  route(app, service, "/health/live", { get: { answer: () => respond({ status: "live" }) } });

  route(app, service, "/health/ready", {
    get: { answer: async () => respond({ status: "ready", models: await readyModels(service) }) },
  });

  route(app, service, "/metrics", {
    get: {
      scope: "score",
      async answer() {
        const [models, jobs] = await Promise.all([
          orNothing(service, service.catalogue.list()),
          service.training && orNothing(service, service.training.queue.stats()),
        ]);
        const text = service.metrics.text(models, jobs);
        return respondBody(text, "text/plain; version=0.0.4; charset=utf-8");
      },
    },
  });
}

/** How many models can be queried. @throws Problem if the server is stopping or its store does not respond */
export async function readyModels(service: Service): Promise<number> {
  if (service.isStopping()) {
    throw new Problem("not-ready", "Cannot serve: the server is shutting down");
  }
  try {
    await service.catalogue.requireReady();
    return (await service.catalogue.list()).length;
  } catch (error) {
    service.onError(error);
    throw new Problem("not-ready", "Cannot serve: the store of models does not answer");
  }
}

/** What a store says; undefined if it fails or does not answer. */
async function orNothing<Value>(
  { onError }: Service,
  said: Promise<Value>,
): Promise<Value | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const detail = `Cannot read metrics: a store did not answer for ${STORE_MS / 1000} seconds`;
    timer = setTimeout(() => reject(new DOMException(detail, "TimeoutError")), STORE_MS);
  });
  try {
    return await Promise.race([said, late]);
  } catch (error) {
    onError(error);
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
