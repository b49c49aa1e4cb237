/** How many dispatches the plan of a training step takes, for any tiles; needs no GPU. See dispatches.ts. */
import { equal, ok } from "node:assert/strict";
import { isSoftware } from "../../src/backends/webgpu/adapter.ts";
import { emit } from "../../src/backends/webgpu/emit.ts";
import { hardwareTile, softwareTile } from "../../src/backends/webgpu/tiles.ts";
import { modelStep } from "./dispatches.ts";

Deno.test("the plan of a training step of the 784-400-20 model takes 16 dispatches", () => {
  const { plan } = modelStep();
  for (const chooseTile of [softwareTile, hardwareTile]) {
    equal(emit(plan, { chooseTile, fuse: true }).dispatches.length, 16);
    ok(emit(plan, { chooseTile, fuse: false }).dispatches.length > 70);
  }
});

Deno.test("software adapters are recognised by their names, and hardware is not taken for one", () => {
  const named = (description: string, isFallbackAdapter = false) =>
    ({ description, architecture: "", isFallbackAdapter }) as GPUAdapterInfo;
  for (
    const name of ["llvmpipe (LLVM 15)", "SwiftShader Device", "Microsoft Basic Render Driver"]
  ) {
    ok(isSoftware(named(name)), name);
  }
  ok(isSoftware(named("", true)));
  for (const name of ["NVIDIA A100", "AMD Radeon RX 7600", "Apple M3"]) {
    ok(!isSoftware(named(name)), name);
  }
});
