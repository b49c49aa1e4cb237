/** Node.js, by Hono's own adapter: `node node.js SUBJECT`. */
import { serve } from "@hono/node-server";
import { handlerFor } from "./host.js";

const { fetch } = await handlerFor(process.argv[2]);
serve({ fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => console.log(port));
