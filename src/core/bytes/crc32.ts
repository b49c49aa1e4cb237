/**
 * CRC-32 (IEEE 802.3, reflected polynomial 0xEDB88320): detects every burst of up to 32 bits. In WebAssembly
 * (`assembly/crc32.ts`, which says how it is computed), because a model file is megabytes and is checked in a process
 * that has just started: WebAssembly is compiled at once, JavaScript first interpreted. On hosts that forbid compiling
 * bytes, the same in JavaScript.
 */
import { CRC32_HEX } from "./crc32.gen.ts";
import { fromHexadecimal } from "./hex.ts";

const MEMORY_BYTES = 65536;
/** What folding leaves of a message, and the bytes that it takes at a time. */
const TAIL_BYTES = 4800, VECTOR_BYTES = 16;

/** The functions of `assembly/crc32.ts`, and the memory that they work on. */
interface Steps {
  readonly memory: { readonly buffer: ArrayBuffer };
  fold(before: number, bytes: number): void;
  remainder(before: number, bytes: number): number;
}

// Compiled once in a process.
const opened: { steps?: Steps } = {};

/** The checksum of the parts one after another, as eight hexadecimal digits. */
export function crc32(...parts: readonly Uint8Array[]): string {
  const { memory, fold, remainder } = opened.steps ??= openSteps();
  const window = new Uint8Array(memory.buffer);
  let before = -1, held = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length;) {
      const next = part.subarray(at, at + MEMORY_BYTES - held);
      window.set(next, held);
      at += next.length;
      held += next.length;
      const folded = Math.max(0, held - TAIL_BYTES) & -VECTOR_BYTES;
      if (folded === 0) continue;
      fold(before, folded);
      window.copyWithin(0, folded, held);
      held -= folded;
      before = 0;
    }
  }
  return (~remainder(before, held) >>> 0).toString(16).padStart(8, "0");
}

function openSteps(): Steps {
  try {
    const module = new WebAssembly.Module(fromHexadecimal(CRC32_HEX));
    return new WebAssembly.Instance(module).exports as unknown as Steps;
  } catch {
    return stepsInJavaScript();
  }
}

function stepsInJavaScript(): Steps {
  const words = new Int32Array(MEMORY_BYTES / 4), bytes = new Uint8Array(words.buffer);
  return {
    memory: words,
    fold(before, count) {
      for (let i = 0; i < 4; i++) bytes[i] ^= before >>> 8 * i;
      for (let i = 0; i < count / 4; i++) {
        const taken = words[i];
        words[i + 580] ^= taken;
        words[i + 732] ^= taken;
        words[i + 844] ^= taken;
        words[i + 1200] ^= taken;
      }
    },
    remainder(before, count) {
      for (let i = 0; i < 8 * count; i++) {
        if (i % 8 === 0) before ^= bytes[i / 8];
        before = (before >>> 1) ^ (0xedb88320 & -(before & 1));
      }
      return before;
    },
  };
}
