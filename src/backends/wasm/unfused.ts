/**
 * Makes the `simd` build from the `relaxed` one, so that only one must be embedded. They have the same instructions
 * except for `f32x4.relaxed_madd`, which becomes a multiplication and an addition.
 *
 *   a b c relaxed_madd   →   a b c  local.set t  mul  local.get t  add
 *
 * t is a local added to each function that has such a site. A site is found by its bytes, which the build has made sure
 * mean nothing else (`scripts/lib/unfused_sites.ts`). Function bodies and the code section get new lengths. Binary
 * format: WebAssembly 3.0, 5.5.13.
 */
import { concatBytes } from "../../core/bytes/bytes.ts";

/** What to change, as offsets within the relaxed build. */
export interface Unfused {
  /** Offset of the constant that `isRelaxed` returns, which becomes 0. */
  readonly flag: number;
  /** Offset of the code section's length. */
  readonly section: number;
  /**
   * For each function with sites: the offset of its length, relative to that of the one before or to `section`, and the
   * index of t.
   */
  readonly functions: readonly (readonly [length: number, local: number])[];
}

const V128 = 0x7b;
/** `f32x4.relaxed_madd`. */
export const FUSED_MULTIPLY_ADD = [0xfd, 0x85, 0x02] as const;
const MULTIPLY = [0xfd, 0xe6, 0x01], ADD = [0xfd, 0xe4, 0x01];
const LOCAL_GET = 0x20, LOCAL_SET = 0x21;

/** The `simd` build from the bytes of the `relaxed` build. */
export function unfusedModule(
  bytes: Uint8Array,
  { flag, section, functions }: Unfused,
): Uint8Array<ArrayBuffer> {
  const source = Uint8Array.from(bytes);
  source[flag] = 0;
  const [length, code] = readUint(source, section);
  const parts: (Uint8Array | readonly number[])[] = [];
  let from = code;
  let start = section;
  for (const [step, local] of functions) {
    const [size, body] = readUint(source, start += step), end = body + size;
    const changed = unfusedBody(source, body, end, local);
    parts.push(source.subarray(from, start), uint(lengthOf(changed)), ...changed);
    from = end;
  }
  parts.push(source.subarray(from, code + length));
  return concatBytes([
    source.subarray(0, section),
    uint(lengthOf(parts)),
    ...parts,
    source.subarray(code + length),
  ]);
}

/** A function's body: its groups of locals plus one, and its instructions. */
function unfusedBody(
  source: Uint8Array,
  body: number,
  end: number,
  local: number,
): (Uint8Array | readonly number[])[] {
  const [groups, first] = readUint(source, body);
  let rest = first;
  // A group is a count and a one-byte type.
  for (let i = 0; i < groups; i++) rest = readUint(source, rest)[1] + 1;
  const t = uint(local);
  const replacement = [LOCAL_SET, ...t, ...MULTIPLY, LOCAL_GET, ...t, ...ADD];
  const parts: (Uint8Array | readonly number[])[] = [
    uint(groups + 1),
    source.subarray(first, rest),
    [1, V128],
  ];
  for (let at = rest; at < end; at++) {
    if (!isFusedMultiplyAdd(source, at)) continue;
    parts.push(source.subarray(rest, at), replacement);
    rest = at + FUSED_MULTIPLY_ADD.length;
  }
  parts.push(source.subarray(rest, end));
  return parts;
}

/** Whether the bytes at `at` are those of a site. */
export function isFusedMultiplyAdd(bytes: Uint8Array, at: number): boolean {
  return FUSED_MULTIPLY_ADD.every((byte, i) => bytes[at + i] === byte);
}

/** Reads a LEB128 number, and returns where it ends. */
function readUint(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0;; shift += 7, at++) {
    value += (bytes[at] & 0x7f) * 2 ** shift;
    if (bytes[at] < 0x80) return [value, at + 1];
  }
}

function uint(value: number): number[] {
  return value < 0x80 ? [value] : [value & 0x7f | 0x80, ...uint(value >>> 7)];
}

function lengthOf(parts: readonly ArrayLike<number>[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
