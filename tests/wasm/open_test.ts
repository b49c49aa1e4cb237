/** Opening backends: which build, which fallback, and what a refusal says. */
import { deepEqual, equal, match, throws } from "node:assert/strict";
import { openBackend } from "../../src/backends/open.ts";
import { openWasm } from "../util/wasm.ts";

Deno.test("openWasm() takes the fastest build, or the one with the same bits everywhere", () => {
  deepEqual(openWasm().details, { build: "relaxed", determinism: "fast", threads: 1 });
  deepEqual(openWasm({ determinism: "fast" }).details.build, "relaxed");
  deepEqual(openWasm({ determinism: "portable" }).details, {
    build: "simd",
    determinism: "portable",
    threads: 1,
  });
  equal(openWasm({ build: "simd" }).details.build, "simd");
  throws(
    () => openWasm({ build: "relaxed", determinism: "portable" }),
    /^RangeError: Use build "simd" with determinism "portable"/,
  );
});

Deno.test("openBackend() opens by name", () => {
  equal(openBackend("auto").name, "wasm");
  equal(openBackend("wasm", { determinism: "portable" }).details.build, "simd");
  equal(openBackend("reference").name, "reference");
  // Synchronous results need the host; `openAccelerator` finds the GPU.
  equal(openBackend("webgpu").name, "wasm");
  throws(() => openBackend("cuda" as "auto"), /^RangeError: .*got "cuda"$/);
});

Deno.test("a host without WebAssembly uses the reference backend, and says why", () => {
  const { WebAssembly } = globalThis;
  Reflect.deleteProperty(globalThis, "WebAssembly");
  try {
    throws(() => openBackend("wasm"), { name: "NotSupportedError", message: /no WebAssembly$/ });
    const { name, details } = openBackend("auto");
    equal(name, "reference");
    match(String(details.reason), /this host has no WebAssembly/);
  } finally {
    globalThis.WebAssembly = WebAssembly;
  }
});
