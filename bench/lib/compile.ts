/** Throw-away WebAssembly modules, compiled from AssemblyScript text. */
import * as asc from "npm:assemblyscript@0.28.20/asc";
import type { KernelBuild } from "../../src/backends/wasm/loader.ts";

/** The module of a source text, with the features of a kernel build. */
export async function compileSource(
  source: string,
  build: KernelBuild,
): Promise<Uint8Array<ArrayBuffer>> {
  const { binary, stderr } = await asc.compileString(source, {
    optimizeLevel: 3,
    runtime: "stub",
    use: ["abort="],
    enable: build === "relaxed" ? ["simd", "relaxed-simd"] : ["simd"],
  });
  if (!binary) throw new TypeError(`Cannot compile a module: ${stderr}`);
  return binary.slice();
}

/** The module of `probe.ts`. The accumulator is the addend, which the fused instruction overwrites. */
export function compileProbe(build: KernelBuild): Promise<Uint8Array<ArrayBuffer>> {
  const names = Array.from({ length: 12 }, (_, i) => `s${i}`);
  const step = (name: string) =>
    build === "relaxed"
      ? `${name} = f32x4.relaxed_madd(a, b, ${name});`
      : `${name} = f32x4.add(f32x4.mul(${name}, a), b);`;
  return compileSource(
    `export function spin(count: i32, x: f32): f32 {
      const a = f32x4.splat(x), b = f32x4.splat(x);
      ${names.map((name, i) => `let ${name} = f32x4.splat(${i});`).join("\n")}
      for (let i = 0; i < count; i++) { ${names.map(step).join("\n")} }
      return ${names.map((name) => `f32x4.extract_lane(${name}, 0)`).join(" + ")};
    }`,
    build,
  );
}
