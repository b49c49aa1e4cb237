/** Which machine a model runs on: options that every call which makes a model takes beside its own. */
import type { AdapterOptions, BackendChoice } from "../backends/open_score.ts";
import type { WeightFormat } from "../backends/backend.ts";

/** Which machine to run on. */
export interface DeviceOptions {
  /**
   * "auto" (WebAssembly, else the reference), or one by name. "webgpu" trains a `VAE` on a GPU and does its
   * calls on batches there, as "auto" does for large work; what needs an answer at once runs on
   * WebAssembly then.
   */
  readonly backend?: BackendChoice;
  /** Which GPU adapter may be taken. */
  readonly adapter?: AdapterOptions;
  /** "portable" gives the same bits on every machine; "fast", the default, the fastest kernels. */
  readonly determinism?: "portable" | "fast";
  /**
   * At most so many threads, on WebAssembly; 1. They are started when work comes that is worth it and
   * change no result; `device.threads` says how many are at work, `device.reason` why not more.
   */
  readonly threads?: number;
  /**
   * How `scoreInto` keeps the weights: "f32", the default, scores as every other call does; "bf16"
   * rounds each to 8 significant bits, for machines whose caches the weights exceed. See
   * docs/adr/0009-bf16-scoring.md for what that does to a score.
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

/** What the options that begin a model may say of its machine. */
export const DEVICE_KEYS = Object.keys(OPTIONS) as readonly (keyof DeviceOptions)[];

/** What options say of the machine, and all else that they say. */
export function splitDevice<Options extends DeviceOptions>(
  options: Options,
): [device: DeviceOptions, rest: Omit<Options, keyof DeviceOptions>] {
  const isOfDevice = ([key]: [string, unknown]) => Object.hasOwn(OPTIONS, key);
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  const device = Object.fromEntries(entries.filter(isOfDevice));
  const rest = Object.fromEntries(entries.filter((entry) => !isOfDevice(entry)));
  return [device, rest as Omit<Options, keyof DeviceOptions>];
}
