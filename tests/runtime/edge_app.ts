/** The app as a script that answers `fetch` events; SUBJECT is defined before it. */
import { createHandler, train } from "./app.ts";
import type { Subject } from "./subject.ts";

interface FetchEvent extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

const { SUBJECT } = globalThis as unknown as { readonly SUBJECT: Subject };
const app = createHandler(SUBJECT);

async function answer(request: Request): Promise<Response> {
  if (new URL(request.url).pathname === "/train") return Response.json(await train());
  return (await app).fetch(request);
}

addEventListener("fetch", (event) => {
  const { request, respondWith } = event as FetchEvent;
  respondWith.call(event, answer(request));
});
