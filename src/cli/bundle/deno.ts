/** Deno, on its own or on Deno Deploy: one module whose default export is the handler. */
import { loaderOf, modelFile, requestNotes, SERVER_CONFIG, type Target } from "./target.ts";

export const DENO: Target = {
  entry: () => "../../http/mod.ts",
  kernelModule: false,
  deploy: "deno deploy --entrypoint main.js",
  tryIt: "deno task start",
  files: (model) => ({
    "main.js": `import { createApp, ${loaderOf(model)} } from "./elbow.js";
import config from "./config.json" with { type: "json" };

const bytes = await Deno.readFile(new URL("./${modelFile(model)}", import.meta.url));
const model = await ${loaderOf(model)}.load(bytes);

export default createApp({ ...config, models: { ${JSON.stringify(model.name)}: model } });
`,
    "config.json": SERVER_CONFIG,
    "deno.json": `${
      JSON.stringify(
        {
          tasks: {
            start: "deno serve --no-prompt --allow-read=. --host 127.0.0.1 --port 8000 main.js",
          },
        },
        undefined,
        2,
      )
    }\n`,
  }),
  notes: (model) => requestNotes(model, "http://localhost:8000"),
};
