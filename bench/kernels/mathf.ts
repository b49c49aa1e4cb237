/** The same functions as scalar loops over AssemblyScript's `Mathf`, which is what one has without vector functions. */
import { compileSource } from "../lib/compile.ts";
import { FUNCTION_LENGTH, type FunctionName } from "./cases.ts";

const EXPRESSIONS: Readonly<Record<FunctionName, string>> = {
  exp: "Mathf.exp(x)",
  log: "Mathf.log(x)",
  tanh: "Mathf.tanh(x)",
  sigmoid: "1 / (1 + Mathf.exp(-x))",
  softplus: "max<f32>(x, 0) + Mathf.log1p(Mathf.exp(-abs(x)))",
};

export function compileMathf(): Promise<Uint8Array<ArrayBuffer>> {
  const functions = Object.entries(EXPRESSIONS).map(([name, expression]) => `
    export function ${name}(out: usize, from: usize, count: i32): void {
      for (let i = 0; i < count; i++) {
        const x = load<f32>(from + 4 * i);
        store<f32>(out + 4 * i, ${expression});
      }
    }`);
  return compileSource(functions.join("\n"), "simd");
}

/** Loops over a copy of `x`. */
export function openMathf(bytes: Uint8Array<ArrayBuffer>, x: Record<FunctionName, Float32Array>) {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const memory = exports.memory as WebAssembly.Memory;
  const base = memory.grow(2) * 65536;
  return (name: FunctionName) => {
    const run = exports[name] as (out: number, from: number, count: number) => void;
    new Float32Array(memory.buffer, base, FUNCTION_LENGTH).set(x[name]);
    return () => run(base + 4 * FUNCTION_LENGTH, base, FUNCTION_LENGTH);
  };
}
