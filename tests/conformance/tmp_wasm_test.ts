import { openWasm } from "../../src/backends/wasm/backend.ts";
import { runConformance } from "./conformance.ts";
runConformance("wasm simd", () => openWasm({ build: "simd" }));
runConformance("wasm relaxed", () => openWasm({ build: "relaxed" }));
