/**
 * Copies rows of a data set that lies in the memory of this module, from address 0 on: for
 * `src/training/rows/gatherer.ts`, which makes the memory.
 */

/** Copies `count` rows of `bytes` bytes, a multiple of 4, whose numbers are at `indices`. */
export function gather(to: usize, indices: usize, count: usize, bytes: usize): void {
  for (const end = indices + (count << 2); indices < end; indices += 4) {
    let from = <usize>load<u32>(indices) * bytes;
    const whole = from + (bytes & -16), last = from + bytes;
    for (; from < whole; from += 16, to += 16) v128.store(to, v128.load(from));
    for (; from < last; from += 4, to += 4) store<u32>(to, load<u32>(from));
  }
}
