/** Cloudflare Workers: kernels and model are modules, which the platform compiles on deployment. */
import { modelFile, projectName, requestNotes, SERVER_CONFIG, type Target } from "./target.ts";

/** The workerd compatibility date that the tests ran with. */
const COMPATIBILITY_DATE = "2026-04-01";

export const WORKERS: Target = {
  entry: () => "../../http/workerd.ts",
  kernelModule: true,
  deploy: "npx wrangler deploy",
  tryIt: "npx wrangler dev",
  files: (model) => ({
    "worker.js": `import { createWorker } from "./elbow.js";
import config from "./config.json";
import kernels from "./kernels.wasm";
import model from "./${modelFile(model)}";

export default createWorker({ ...config, kernels, models: { ${
      JSON.stringify(model.name)
    }: model } });
`,
    "config.json": SERVER_CONFIG,
    "wrangler.json": `${
      JSON.stringify(
        {
          name: projectName(model),
          main: "worker.js",
          minify: true,
          compatibility_date: COMPATIBILITY_DATE,
          rules: [{ type: "Data", globs: ["**/*.safetensors"], fallthrough: true }],
        },
        undefined,
        2,
      )
    }\n`,
  }),
  notes: (model) => requestNotes(model, "http://localhost:8787"),
};
