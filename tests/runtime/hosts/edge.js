/** Vercel's edge-runtime, in Node.js: `node edge.js SUBJECT`. The app is one script, as deployed. */
import { readFile } from "node:fs/promises";
import { EdgeRuntime, runServer } from "edge-runtime";

const read = (name) => readFile(new URL(name, import.meta.url), "utf8");
const [script, subject] = [await read("edge_app.js"), await read(process.argv[2])];
const runtime = new EdgeRuntime({ initialCode: `globalThis.SUBJECT = ${subject};\n${script}` });
const { url } = await runServer({ runtime, host: "127.0.0.1", port: 0 });
console.log(new URL(url).port);
