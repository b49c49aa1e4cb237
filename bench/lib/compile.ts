/** Temporary WebAssembly modules, compiled from AssemblyScript text. */
import * as asc from "npm:assemblyscript@0.28.20/asc";
import type { KernelBuild } from "../../src/backends/wasm/loader.ts";
import { PANEL_STEPS } from "./probe.ts";

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

/**
 * The module of `probe.ts`; for a simd build, without fused instructions. The accumulator is the addend, which the
 * fused instruction overwrites.
 */
export function compileProbe(build: KernelBuild): Promise<Uint8Array<ArrayBuffer>> {
  const names = Array.from({ length: 12 }, (_, i) => `s${i}`);
  const isFused = build === "relaxed";
  const step = (name: string) =>
    isFused
      ? `${name} = f32x4.relaxed_madd(a, b, ${name});`
      : `${name} = f32x4.add(f32x4.mul(${name}, a), b);`;
  // As a tile of 4 rows was (ADR 69): a vector of A, rotated three times, meets two of B. It stays, so that figures of
  // different days can be compared.
  const add = (name: string, a: string, b: string) =>
    isFused
      ? `${name} = f32x4.relaxed_madd(${a}, ${b}, ${name});`
      : `${name} = f32x4.add(f32x4.mul(${a}, ${b}), ${name});`;
  const turned = [0, 1, 2, 3].map((turn) => {
    const lanes = [0, 1, 2, 3].map((lane) => (lane + turn) % 4);
    return `const a${turn} = v128.shuffle<f32>(a, a, ${lanes});
      ${add(`s${2 * turn}`, `a${turn}`, "left")} ${add(`s${2 * turn + 1}`, `a${turn}`, "right")}`;
  });
  const sums = names.slice(0, 8);
  return compileSource(
    `export function spin(count: i32, x: f32): f32 {
      const a = f32x4.splat(x), b = f32x4.splat(x);
      ${names.map((name, i) => `let ${name} = f32x4.splat(${i});`).join("\n")}
      for (let i = 0; i < count; i++) { ${names.map(step).join("\n")} }
      return ${names.map((name) => `f32x4.extract_lane(${name}, 0)`).join(" + ")};
    }
    const PANELS = memory.data(${48 * PANEL_STEPS}, 64);
    export function walk(count: i32, x: f32): f32 {
      ${sums.map((name) => `let ${name} = f32x4.splat(x);`).join("\n")}
      for (; count > 0; count--) {
        let from = PANELS, to = PANELS + ${16 * PANEL_STEPS};
        const end = to;
        do {
          const a = v128.load(from), left = v128.load(to), right = v128.load(to, 16);
          ${turned.join("\n")}
          from += 16;
          to += 32;
        } while (from < end);
      }
      return ${sums.map((name) => `f32x4.extract_lane(${name}, 0)`).join(" + ")};
    }`,
    build,
  );
}
