/** Finds, names and describes the GPU that a host offers. */
import type { AdapterOptions } from "../backend.ts";

/** A description of an adapter. */
export interface AdapterReport {
  /** Name for people. */
  readonly name: string;
  /** Whether it is emulated on the CPU: slower than WebAssembly. */
  readonly software: boolean;
  /** Optional features, by their WebGPU names. */
  readonly features: readonly string[];
  /** The limits that a large model may reach. */
  readonly limits: {
    /** Maximum bytes of a buffer that a kernel reads. */
    readonly maxStorageBufferBindingSize: number;
    /** Maximum bytes of any buffer. */
    readonly maxBufferSize: number;
  };
}

/** @throws DOMException if this host has no WebGPU, no adapter, or no permitted adapter */
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

/**
 * Detected by the fallback flag, or by the names of Mesa's, Google's and Microsoft's software adapters ("Microsoft
 * Basic Render Driver").
 */
export function isSoftware(info: GPUAdapterInfo): boolean {
  return info.isFallbackAdapter || /llvmpipe|swiftshader|software|basic render/i.test(
    `${info.description} ${info.architecture}`,
  );
}

export function unavailable(reason: string): DOMException {
  return new DOMException(`Cannot use backend "webgpu": ${reason}`, "NotSupportedError");
}
