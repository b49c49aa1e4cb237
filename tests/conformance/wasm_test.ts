/** Both WebAssembly builds against the float64 reference. */
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { runConformance } from "./conformance.ts";

for (const build of ["simd", "relaxed"] as const) {
  runConformance(`wasm ${build}`, () => openWasm({ build }));
}
