/** Options for the machine that a model runs on, accepted by every call that creates a model. */
import type { AdapterOptions, BackendChoice } from "../backends/open_score.ts";
import type { WeightFormat } from "../backends/backend.ts";

/** Options for the machine to run on. */
export interface DeviceOptions {
  /**
   * "auto" (WebAssembly, else the reference), or a backend by name. "webgpu" trains a `VAE` on a GPU and runs its
   * batch calls there, as "auto" does for large work; synchronous calls still run on WebAssembly.
   */
  readonly backend?: BackendChoice;
  /** Which GPU adapter may be used. */
  readonly adapter?: AdapterOptions;
  /** "portable" gives the same bits on every machine; "fast", the default, uses the fastest kernels. */
  readonly determinism?: "portable" | "fast";
  /**
   * The most threads to use, on WebAssembly (default: 1). They start when there is work worth sharing, and
   * change no result; `device.threads` says how many are in use, `device.reason` why not more.
   */
  readonly threads?: number;
  /**
   * How `scoreInto` stores the weights. "f32", the default, scores as every other call does. "bf16" rounds each
   * to 8 significant bits, for weights larger than the machine's caches; docs/adr/0009-bf16-scoring.md says what
   * that does to a score.
   */
  readonly weights?: WeightFormat;
}

/** Complete by type: an option without an entry does not compile. */
const OPTIONS: Readonly<Record<keyof DeviceOptions, true>> = {
  backend: true,
  adapter: true,
  determinism: true,
  threads: true,
  weights: true,
};

/** The keys of `DeviceOptions`. */
export const DEVICE_KEYS = Object.keys(OPTIONS) as readonly (keyof DeviceOptions)[];

/** Splits options into those for the machine and the rest. */
export function splitDevice<Options extends DeviceOptions>(
  options: Options,
): [device: DeviceOptions, rest: Omit<Options, keyof DeviceOptions>] {
  const isOfDevice = ([key]: [string, unknown]) => Object.hasOwn(OPTIONS, key);
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  const device = Object.fromEntries(entries.filter(isOfDevice));
  const rest = Object.fromEntries(entries.filter((entry) => !isOfDevice(entry)));
  return [device, rest as Omit<Options, keyof DeviceOptions>];
}
