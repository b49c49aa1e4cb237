/** The fast path around the router. Oracle: the router, in a parent app that has the routes but not the fast path. */
import assert from "node:assert/strict";
import { Hono } from "npm:hono@4.13.19";
import { VAE } from "../../mod.ts";
import { createApp } from "../../src/http/mod.ts";

const BODY = '{"rows":[[0.5,1,-3]]}';

const NAMES = [
  "m",
  "versions",
  "a.b-c_d",
  "score",
  "none",
  "..",
  ".",
  "%6d",
  "a%2Fb",
  "m m",
  "-m",
  "x".repeat(65),
];
const VERBS = ["score", "encode", "sample", "classify", "none", "Score", "versions/1/score", ""];
const TAILS = ["", "/", "?", "?method=kl", "#score", "%20"];

Deno.test("an address gets the same answer on the fast path and through the router", async () => {
  const model = VAE.create({ inputs: 3, latent: [{ size: 2 }] }, { seed: 1 });
  const models = { m: model, versions: model, "a.b-c_d": model, score: model };
  const app = createApp({ models }), twin = createApp({ models });
  const router = new Hono().route("/", twin);
  const told = async (fetch: Hono["fetch"], address: string, method: string) => {
    const headers = { "content-type": "application/json" }, body = method === "POST" ? BODY : null;
    const response = await fetch(new Request(address, { method, headers, body }));
    const { traceparent: _, ...rest } = Object.fromEntries(response.headers);
    return [response.status, rest, await response.text()];
  };
  for (const name of NAMES) {
    for (const verb of VERBS) {
      for (const tail of TAILS) {
        for (const method of ["POST", "PUT"]) {
          const address = `http://x/v1/models/${name}/${verb}${tail}`;
          const want = await told(router.fetch, address, method);
          assert.deepEqual(await told(app.fetch, address, method), want, `${method} ${address}`);
        }
      }
    }
  }
  const counted = async (fetch: Hono["fetch"]) => {
    const text = await (await fetch(new Request("http://x/metrics"))).text();
    return text.split("\n").filter((line) => /_count|_rows_total/.test(line));
  };
  assert.deepEqual(await counted(app.fetch), await counted(router.fetch));
});
