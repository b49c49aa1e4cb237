/**
 * Serves a detector over HTTP. The requests in docs/http.md are made to this server.
 *
 *     deno run --allow-net examples/server.ts            listens on 127.0.0.1:8080
 *     deno run --allow-net examples/server.ts --check    sends itself one request, and stops
 */
import { Detector } from "../mod.ts";
import { csvRows } from "../src/http/csv_rows.ts";
import { createApp } from "../src/http/mod.ts";
import { secondLook } from "../src/http/second_look.ts";

// A centrifugal pump: flow is proportional to speed, pressure to its square; each reading has a small error.
let state = 1;
const uniform = () => (state = state * 48271 % 2147483647) / 2147483647;
const noise = () => uniform() + uniform() - 1;
const rows = Array.from({ length: 500 }, () => {
  const speed = 1450 + 250 * noise(); // revolutions per minute
  return {
    speed,
    flow: 0.03 * speed + 0.4 * noise(), // m³/h
    pressure: 1.5e-6 * speed ** 2 + 0.05 * noise(), // bar
  };
});
const pump = await Detector.fit(rows);
export const app = createApp({ models: { pump }, csvRows, secondLook });

if (import.meta.main) {
  const check = Deno.args[0] === "--check";
  const server = Deno.serve({ hostname: "127.0.0.1", port: check ? 0 : 8080 }, app.fetch);
  if (check) {
    const response = await fetch(`http://127.0.0.1:${server.addr.port}/v1/models/pump/score`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ rows: [{ speed: 1450, flow: 31, pressure: 3.1 }] }),
    });
    const { rows: [verdict] } = await response.json();
    await server.shutdown();
    if (!verdict.anomaly) throw new RangeError("Expected an anomaly");
  }
}
