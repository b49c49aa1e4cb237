/**
 * A detector behind HTTP on Bun.
 *
 *     deno bundle --platform=browser src/http/mod.ts -o examples/runtimes/elbow.js    in the checkout
 *     cd examples/runtimes
 *     PORT=8080 bun bun.js                                                            serves model.safetensors
 */
import { createApp, TableScorer } from "./elbow.js";

const model = await TableScorer.load(new URL("model.safetensors", import.meta.url));
const { fetch } = createApp({ models: { model } });
const { port } = Bun.serve({ fetch, hostname: "127.0.0.1", port: Number(process.env.PORT ?? 8080) });
console.log(`http://127.0.0.1:${port}`);
