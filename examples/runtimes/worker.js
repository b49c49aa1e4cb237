/**
 * A detector in a Cloudflare Worker (workerd), where kernels and model are modules.
 *
 *     deno task elbow bundle model.safetensors --target workers --out edge    writes elbow.js, kernels.wasm, wrangler.json
 *     cp examples/runtimes/worker.js edge && cd edge && npx wrangler dev       serves model.safetensors
 */
import { createWorker } from "./elbow.js";
import kernels from "./kernels.wasm";
import model from "./model.safetensors";

export default createWorker({ kernels, models: { model }, maxRows: 1000 });
