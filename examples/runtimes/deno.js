/**
 * A detector behind `deno serve`.
 *
 *     deno bundle --platform=browser src/http/mod.ts -o examples/runtimes/elbow.js    (or import src/http/mod.ts itself)
 *     cd examples/runtimes
 *     deno serve --allow-read --host 127.0.0.1 --port 8080 deno.js                    serves model.safetensors
 */
import { createApp, TableScorer } from "./elbow.js";

const model = await TableScorer.load(new URL("model.safetensors", import.meta.url));
export default createApp({ models: { model } });
