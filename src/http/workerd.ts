/**
 * Models behind HTTP on hosts that forbid compiling bytes to WebAssembly, such as Cloudflare Workers (workerd): the
 * kernels and the model files are modules that the host compiled or read before the first request.
 *
 * ```ts
 * import kernels from "./kernels.wasm";
 * import sensors from "./sensors.safetensors";
 * import { createWorker } from "./elbow.js";
 *
 * export default createWorker({ kernels, models: { sensors } });
 * ```
 *
 * `elbow bundle MODEL --target workers` writes all of these files.
 *
 * Limits: such hosts have no threads, and their clock stands still while they compute. So long work is not divided
 * (`pacer.ts`): keep `maxRows` to what one request may take.
 *
 * @module
 */
import { useKernels } from "../backends/open_score.ts";
import type { DeviceOptions } from "../trained/trained_vae.ts";
import { type App, type AppOptions, createApp } from "./app.ts";
import { openModel } from "./models/open_model.ts";

export type * from "./mod.ts";

/** What a worker serves: the options of `createApp`, with files instead of loaded models. */
export interface WorkerOptions extends Omit<AppOptions, "models" | "device"> {
  /** A build of the kernels, as `import kernels from "./kernels.wasm"` gives it. */
  readonly kernels: WebAssembly.Module;
  /** Model files by name. */
  readonly models: Readonly<Record<string, Uint8Array | ArrayBuffer>>;
  /** What the models run on; the build is that of `kernels`. */
  readonly device?: Omit<DeviceOptions, "threads">;
}

/**
 * The app of a worker: its default export. Every model is opened here, so a file that cannot be used keeps the worker
 * from starting.
 * @throws TypeError for a module that is not a build of the kernels, or a name that cannot be served
 * @throws Problem for a file that is not a model
 */
export function createWorker(options: WorkerOptions): App {
  const { kernels, models, device, ...ofApp } = options;
  useKernels(kernels);
  const opened = Object.entries(models).map(([name, file]) => {
    const bytes = file instanceof ArrayBuffer ? new Uint8Array(file) : file;
    return [name, openModel(bytes, { backend: "wasm", ...device })] as const;
  });
  return createApp({
    addressOf: ({ headers }) => headers.get("cf-connecting-ip") ?? "unknown",
    ...ofApp,
    models: Object.fromEntries(opened),
  });
}
