/**
 * Serves a detector over HTTP; docs/http.md asks it everything it knows.
 *
 *     deno run --allow-net examples/server.ts            listens on 127.0.0.1:8080
 *     deno run --allow-net examples/server.ts --check    asks itself once, and stops
 */
import { Detector } from "../mod.ts";
import { createApp } from "../src/http/mod.ts";

const rows = Array.from({ length: 400 }, (_, i) => [Math.sin(i), Math.cos(i)]);
const circle = await Detector.fit(rows, { columns: ["sine", "cosine"] });
export const app = createApp({ models: { circle } });

if (import.meta.main) {
  const check = Deno.args[0] === "--check";
  const server = Deno.serve({ hostname: "127.0.0.1", port: check ? 0 : 8080 }, app.fetch);
  if (check) {
    const response = await fetch(`http://127.0.0.1:${server.addr.port}/v1/models/circle/score`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ rows: [[5, 5]] }),
    });
    const { rows: [verdict] } = await response.json();
    await server.shutdown();
    if (!verdict.anomaly) throw new RangeError("Expected an anomaly");
  }
}
