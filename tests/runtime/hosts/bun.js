/** Bun: `bun bun.js SUBJECT`. */
import { handlerFor } from "./host.js";

const { fetch } = await handlerFor(process.argv[2]);
const { port } = Bun.serve({ fetch, hostname: "127.0.0.1", port: 0 });
console.log(port);
