/**
 * The servers for bench/http.ts, one per process: `elbow` scores rows of 32 columns with a 32-64-8 VAE (`vae`), with a
 * detector of one such network (`small`) and with the default detector (`ensemble`); `echo` is a bare Hono handler that
 * parses a JSON body and sends it back, at `/headers` with seven headers.
 *
 *     deno run --allow-net bench/http_server.ts elbow|echo
 *
 * It prints its port, and for each line of input its memory after a full collection (`--expose-gc`).
 */
import { Hono } from "npm:hono@4.13.19";
import { Detector, VAE } from "../mod.ts";
import { createApp } from "../src/http/mod.ts";
import { COLUMNS } from "./lib/wrk.ts";

const SEVEN = {
  "content-type": "application/json",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  traceparent: `00-${"0123456789abcdef".repeat(2)}-0123456789abcdef-00`,
  "elbow-model": "small",
  "elbow-model-version": "1",
  "elbow-model-digest": "0123456789abcdef".repeat(4),
};
const echo = new Hono()
  .post(
    "/headers",
    async (c) => new Response(JSON.stringify(await c.req.json()), { headers: SEVEN }),
  )
  .post("*", async (c) => c.json(await c.req.json()));

async function elbow() {
  const rows = Array.from(
    { length: 400 },
    (_, r) => Array.from({ length: COLUMNS }, (_, c) => Math.sin(r * (c + 1))),
  );
  const network = { hidden: [64], activation: "tanh" } as const;
  const spec = { inputs: COLUMNS, encoder: network, decoder: network, latent: [{ size: 8 }] };
  const options = { hidden: [64], latent: 8, epochs: 2, seed: 1 };
  return createApp({
    models: {
      vae: VAE.create(spec, { seed: 1 }),
      small: await Detector.fit(rows, { ...options, preset: "small" }),
      ensemble: await Detector.fit(rows, options),
    },
  });
}

const { fetch } = Deno.args[0] === "echo" ? echo : await elbow();
Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) }, fetch);

const { gc } = globalThis as unknown as { gc?: () => void };
if (gc) {
  for await (const _line of Deno.stdin.readable) {
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      gc();
    }
    const { heapUsed, external, rss } = Deno.memoryUsage();
    console.log(JSON.stringify({ held: heapUsed + external, resident: rss }));
  }
}
