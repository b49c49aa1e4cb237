/** Runs examples/runtimes/edge.js, bundled, with the model beside it. */
import { readFile } from "node:fs/promises";
import { EdgeRuntime, runServer } from "edge-runtime";

const script = await readFile(new URL("edge_script.js", import.meta.url), "utf8");
const model = await readFile(new URL("model.safetensors", import.meta.url), "base64");
const runtime = new EdgeRuntime({ initialCode: `globalThis.MODEL = "${model}";\n${script}` });
const { url } = await runServer({ runtime, host: "127.0.0.1", port: 0 });
console.log(new URL(url).port);
