/** Deno as a server: `deno run --allow-net --allow-read deno.js SUBJECT`. */
import { handlerFor } from "./host.js";

const { fetch } = await handlerFor(Deno.args[0]);
Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) }, fetch);
