/** Layout words for the shaders around a training step (`wgsl/steps.ts`). */
import type { GpuProgram } from "./program.ts";

/** An input or output of a step, and its number of elements. */
export interface Field {
  readonly name: string;
  readonly size: number;
}

const KEY_WORDS = 4;

/** The copies that `RECORD` makes. @param width words of all outputs */
export function recordWords(
  program: GpuProgram,
  outputs: readonly Field[],
  width: number,
): Uint32Array<ArrayBuffer> {
  let target = 0;
  const copies = outputs.flatMap(({ name, size }) => {
    const { home, offset } = program.placeOf(name);
    if (home !== "scratch") throw new TypeError(`Cannot train on the GPU: ${name} is not a result`);
    const copy = [offset, size, target];
    target += size;
    return copy;
  });
  return new Uint32Array([width, outputs.length, ...copies]);
}

/** The layout for `PREPARE`, for one chunk of the data. */
export function prepareWords(
  program: GpuProgram,
  { stepWords, columns, floats, first, count }: {
    readonly stepWords: number;
    readonly columns: number;
    readonly floats: readonly Field[];
    /** First row of the chunk, and its number of rows. */
    readonly first: number;
    readonly count: number;
  },
): Uint32Array<ArrayBuffer> {
  const { inputs, capacity } = program.plan;
  const at = (name: string) => inputs.has(name) ? program.placeOf(name).offset : 0;
  const targets = floats.flatMap(({ name, size }) => {
    return Array.from({ length: size }, (_, i) => at(name) + i);
  });
  const referenceRows = inputs.get("reference")?.shape.rows ?? 0;
  return new Uint32Array([
    ...[stepWords, columns, at("x"), capacity, at("reference"), referenceRows],
    ...[at("key"), targets.length, first, count, inputs.has("key") ? KEY_WORDS : 0],
    ...targets,
  ]);
}

/** Splits the rows into chunks that fit one binding. */
export function chunksOf(
  rows: number,
  columns: number,
  { maxStorageBufferBindingSize, maxBufferSize }: GPUSupportedLimits,
): readonly { readonly first: number; readonly count: number }[] {
  const maxRows = Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / 4 / columns);
  return Array.from({ length: Math.ceil(rows / maxRows) }, (_, i) => {
    return { first: i * maxRows, count: Math.min(maxRows, rows - i * maxRows) };
  });
}
