/** Hosts that lack something, for tests of what the library does there. */

/**
 * Until it is disposed of, models open the kernels of a host without relaxed SIMD, whose bits are the portable ones.
 */
export function withoutRelaxedSimd(): Disposable {
  const { validate } = WebAssembly;
  WebAssembly.validate = () => false;
  return { [Symbol.dispose]: () => void (WebAssembly.validate = validate) };
}
