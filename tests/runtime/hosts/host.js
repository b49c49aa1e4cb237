/** What the hosts share: the app for a subject, and `/train` beside it. */
import { readFile } from "node:fs/promises";
import { createHandler, train } from "./app.js";

export async function handlerFor(file) {
  const app = await createHandler(
    JSON.parse(await readFile(new URL(file, import.meta.url), "utf8")),
  );
  const fetch = async (request, ...rest) =>
    new URL(request.url).pathname === "/train"
      ? Response.json(await train())
      : await app.fetch(request, ...rest);
  return { fetch };
}
