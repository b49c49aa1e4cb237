/** The backends that every test of models runs on, with the precision of each. */
import type { Backend, SyncProgram } from "../../src/backends/backend.ts";
import { openBackend } from "../../src/backends/open.ts";
import type { DeviceOptions } from "../../src/trained/device_options.ts";
import { F32_UNIT_ROUNDOFF } from "./close.ts";

export interface Executor {
  readonly label: string;
  readonly backend: "reference" | "wasm";
  readonly determinism: "portable" | "fast";
  /** The relative error of one rounded operation. */
  readonly unitRoundoff: number;
}

export const REFERENCE: Executor = {
  label: "reference",
  backend: "reference",
  determinism: "portable",
  unitRoundoff: 2 ** -53,
};

const WASM = { backend: "wasm", unitRoundoff: F32_UNIT_ROUNDOFF } as const;

export const EXECUTORS: readonly Executor[] = [
  REFERENCE,
  { ...WASM, label: "wasm portable", determinism: "portable" },
  { ...WASM, label: "wasm fast", determinism: "fast" },
];

/** The options for `VAE.create`. */
export function deviceOf({ backend, determinism }: Executor): DeviceOptions {
  return { backend, determinism };
}

export function open({ backend, determinism }: Executor): Backend<SyncProgram> {
  return openBackend(backend, { determinism });
}
