/**
 * A detector behind HTTP on Node.js 20.16 or later.
 *
 *     deno bundle --platform=browser src/http/mod.ts -o examples/runtimes/elbow.js    in the checkout
 *     cd examples/runtimes
 *     npm install
 *     PORT=8080 node node.js                                                          serves model.safetensors
 */
import { serve } from "@hono/node-server";
import { createApp, TableScorer } from "./elbow.js";

const model = await TableScorer.load(new URL("model.safetensors", import.meta.url));
const { fetch } = createApp({ models: { model } });
const place = { hostname: "127.0.0.1", port: Number(process.env.PORT ?? 8080) };
serve({ fetch, ...place }, ({ port }) => console.log(`http://127.0.0.1:${port}`));
