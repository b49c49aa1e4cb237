/** A cache of pipelines by shader text, for one device, and bind groups of one layout. */
import type { Device } from "./device.ts";

/** Binding types, in the order of `layout.ts`. */
const TYPES = ["storage", "storage", "storage", "read-only-storage", "read-only-storage"] as const;
const RECORDS = TYPES.length - 1;

export class Pipelines {
  readonly #device: Device;
  readonly #bindings: GPUBindGroupLayout;
  readonly #layout: GPUPipelineLayout;
  readonly #made = new Map<string, GPUComputePipeline>();

  constructor(device: Device) {
    this.#device = device;
    const entries = TYPES.map((type, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type, hasDynamicOffset: binding === RECORDS },
    }));
    this.#bindings = device.call((gpu) => gpu.createBindGroupLayout({ entries }));
    const bindGroupLayouts = [this.#bindings];
    this.#layout = device.call((gpu) => gpu.createPipelineLayout({ bindGroupLayouts }));
  }

  get(shader: string): GPUComputePipeline {
    const known = this.#made.get(shader);
    if (known) return known;
    const pipeline = this.#device.call((gpu) =>
      gpu.createComputePipeline({
        layout: this.#layout,
        compute: { module: gpu.createShaderModule({ code: shader }), entryPoint: "main" },
      })
    );
    this.#made.set(shader, pipeline);
    return pipeline;
  }

  /** @param window maximum bytes of records that one dispatch reads */
  bindGroup(buffers: readonly GPUBuffer[], window: number): GPUBindGroup {
    const entries = buffers.map((buffer, binding) => ({
      binding,
      resource: binding === RECORDS ? { buffer, size: window } : { buffer },
    }));
    return this.#device.call((gpu) => gpu.createBindGroup({ layout: this.#bindings, entries }));
  }
}
