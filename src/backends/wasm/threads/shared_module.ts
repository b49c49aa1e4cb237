/**
 * Makes a build for shared memory: the same bytes except for the flag of the imported memory. An entry of the import
 * section is two names, a kind (2: memory) and limits. The first byte of the limits is 1 if there is a maximum, and 3
 * if the memory is also shared (WebAssembly 3.0, 5.3.9 and 5.5.5). Atomic instructions are valid on both kinds of
 * memory.
 */

/** The names "env" and "memory", each preceded by its length, then the kind and the flag to replace. */
const IMPORT = [3, 101, 110, 118, 6, 109, 101, 109, 111, 114, 121, 2, 1];
const SHARED = 3;

/** @throws TypeError if the bytes do not import a memory with a maximum as env.memory */
export function sharedModule(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const at = bytes.findIndex((_, i) => IMPORT.every((byte, k) => bytes[i + k] === byte));
  if (at < 0) throw new TypeError("Cannot share memory: the module must import env.memory");
  const shared = Uint8Array.from(bytes);
  shared[at + IMPORT.length - 1] = SHARED;
  return shared;
}
