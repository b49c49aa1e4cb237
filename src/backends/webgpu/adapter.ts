/** The GPU that a host offers: found, named, and described for who asks what there is. */
import type { AdapterOptions } from "../backend.ts";

/** What an adapter says of itself. */
export interface AdapterReport {
  /** For a person. */
  readonly name: string;
  /** Whether the processor does its work: slower than WebAssembly. */
  readonly software: boolean;
  /** What it has beyond the least, by the names of WebGPU. */
  readonly features: readonly string[];
  /** The limits that a model meets. */
  readonly limits: {
    /** Bytes of a buffer that a kernel reads. */
    readonly maxStorageBufferBindingSize: number;
    /** Bytes of any buffer. */
    readonly maxBufferSize: number;
  };
}

/** @throws DOMException if this host has no WebGPU, no adapter, or none that is asked for */
export async function requestAdapter(
  { allowSoftware = false, gpu = globalThis.navigator?.gpu }: AdapterOptions = {},
): Promise<GPUAdapter> {
  if (!gpu) throw unavailable("this host has no WebGPU");
  const request = gpu.requestAdapter({ powerPreference: "high-performance" });
  const adapter = await request.catch((error: Error) => {
    throw unavailable(error.message);
  });
  if (!adapter) throw unavailable("there is no adapter");
  if (isSoftware(adapter.info) && !allowSoftware) {
    throw unavailable(`the only adapter is software: "${nameOf(adapter.info)}"`);
  }
  return adapter;
}

/** @throws DOMException as `requestAdapter` */
export async function describeAdapter(options: AdapterOptions = {}): Promise<AdapterReport> {
  const { info, features, limits } = await requestAdapter({ allowSoftware: true, ...options });
  const { maxStorageBufferBindingSize, maxBufferSize } = limits;
  return {
    name: nameOf(info),
    software: isSoftware(info),
    features: [...features].sort(),
    limits: { maxStorageBufferBindingSize, maxBufferSize },
  };
}

export function nameOf({ description, vendor, architecture, device }: GPUAdapterInfo): string {
  return description || [vendor, architecture, device].filter(Boolean).join(" ") || "unnamed";
}

export function isSoftware(info: GPUAdapterInfo): boolean {
  return info.isFallbackAdapter || /llvmpipe|swiftshader|software/i.test(
    `${info.description} ${info.architecture}`,
  );
}

export function unavailable(reason: string): DOMException {
  return new DOMException(`Cannot use backend "webgpu": ${reason}`, "NotSupportedError");
}
