/** wrk, the load generator of the HTTP benchmarks: its installation, its requests, and its report. */
import { type Requirement, setUp } from "../../scripts/setup.ts";

export const COLUMNS = 32;
const ROW: readonly number[] = Array.from(
  { length: COLUMNS },
  (_, c) => Math.round(1000 * Math.sin(c + 1)) / 1000,
);

const WRK: Requirement = {
  name: "wrk",
  neededBy: "bench/http.ts and bench/http_memory.ts",
  aptPackages: ["wrk"],
  // When asked for its version, it prints it and exits with 1.
  present: () =>
    new Deno.Command("wrk", { args: ["-v"], stdout: "null", stderr: "null" }).output()
      .then(() => true, () => false),
};

/** Installs wrk if it is missing, or ends the program, which is useless without it. */
export async function requireWrk(): Promise<void> {
  if ((await setUp([WRK])).length > 0) Deno.exit(1);
}

/** Posts one row in JSON. */
export function rowScript(): string {
  return `wrk.method = "POST"
wrk.body = '${JSON.stringify({ rows: [ROW] })}'
wrk.headers["content-type"] = "application/json"`;
}

/** Posts that many rows in JSON, and options. */
export function rowsScript(rows: number, options: object): string {
  const tail = JSON.stringify(options).slice(1);
  return `wrk.method = "POST"
wrk.body = '{"rows":[' .. string.rep('${JSON.stringify(ROW)},', ${rows - 1}) .. '${
    JSON.stringify(ROW)
  }]${tail.length > 1 ? "," : ""}${tail}'
wrk.headers["content-type"] = "application/json"`;
}

/** Posts that many rows as a tensor of the Open Inference Protocol, and requests their scores. */
export function tensorScript(rows: number): string {
  const input = { name: "x", datatype: "FP64", shape: [rows, COLUMNS] };
  const values = ROW.join(",");
  return `wrk.method = "POST"
wrk.body = '{"outputs":[{"name":"score"}],"inputs":[${
    JSON.stringify(input).slice(0, -1)
  },"data":[' .. string.rep('${values},', ${rows - 1}) .. '${values}]}]}'
wrk.headers["content-type"] = "application/json"`;
}

/** Posts that many rows of float32, written as Lua text, and requests the same. */
export function floatScript(rows: number): string {
  const bytes = new Uint8Array(Float32Array.from(ROW).buffer);
  const row = Array.from(bytes, (byte) => `\\${String(byte).padStart(3, "0")}`).join("");
  return `wrk.method = "POST"
wrk.body = string.rep("${row}", ${rows})
wrk.headers["content-type"] = "application/octet-stream"
wrk.headers["accept"] = "application/octet-stream"`;
}

export function numberIn(report: string, pattern: RegExp): number {
  return Number(pattern.exec(report)?.[1] ?? 0);
}

export function requestsIn(report: string): number {
  return numberIn(report, /(\d+) requests in/);
}

/** A percentile, milliseconds. */
export function latencyIn(report: string, percent: number): number {
  const [, value, unit] = new RegExp(`${percent}%\\s+([\\d.]+)(us|ms|s)`).exec(report) ?? [];
  return Number(value) * ({ us: 0.001, ms: 1, s: 1000 }[unit] ?? NaN);
}

/** Answers that were errors, and sockets that failed. */
export function deadEnds(report: string): number {
  const sockets =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(report) ?? [];
  return numberIn(report, /Non-2xx or 3xx responses: (\d+)/) +
    sockets.slice(1).reduce((sum, each) => sum + Number(each), 0);
}
