/**
 * A GPU device and its failures. WebGPU reports failures late and in different ways: as a promise (`lost`), as an event
 * (`uncapturederror`), or as a rejection of any awaited promise. This class keeps the first failure and throws it on
 * every later use, and no wait outlives the device.
 */
import { type AdapterOptions, GpuError } from "../backend.ts";
import { disposed } from "../checks.ts";
import { isSoftware, nameOf, requestAdapter, unavailable } from "./adapter.ts";
import { requireFits, requireLimits, WANTED_LIMITS } from "./limits.ts";
import { Reads } from "./reads.ts";

export class Device {
  readonly gpu: GPUDevice;
  readonly info: GPUAdapterInfo;
  readonly isSoftware: boolean;
  #failure?: Error;
  #fail!: (error: Error) => void;
  /** Rejects when the device fails; never resolves. */
  readonly #failed = new Promise<never>((_, reject) => this.#fail = reject);
  /** All live buffers, destroyed with the device. */
  readonly #buffers = new Set<GPUBuffer>();
  readonly #reads = new Reads(this, (descriptor) => this.#make(descriptor));

  constructor(gpu: GPUDevice, info: GPUAdapterInfo) {
    this.gpu = gpu;
    this.info = info;
    this.isSoftware = isSoftware(info);
    this.#failed.catch(() => {});
    gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.fail(`Cannot use the GPU: ${(event as GPUUncapturedErrorEvent).error.message}`);
    });
    gpu.lost.then(({ reason, message }) => {
      this.fail(`Cannot use the GPU: the device was lost (${reason || "unknown"}): ${message}`);
    });
  }

  /** Records a failure; the first one is kept. */
  fail(message: string): void {
    if (this.#failure) return;
    this.#failure = new GpuError(message);
    this.#fail(this.#failure);
  }

  /** @throws GpuError once the device has failed, DOMException once it was disposed */
  requireAlive(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Waits for `work`, but not longer than the device lives. */
  async wait<T>(work: Promise<T>): Promise<T> {
    try {
      return await Promise.race([work, this.#failed]);
    } catch (error) {
      // The awaited promise may reject before the loss is reported.
      if (!this.#failure) await Promise.race([this.#failed, delay(100)]).catch(() => {});
      if (this.#failure) throw this.#failure;
      throw new GpuError(`Cannot use the GPU: ${(error as Error).message}`, { cause: error });
    }
  }

  /**
   * A buffer that shaders, copies and writes use.
   * @param elements 32-bit words; 0 is rounded up to 1, since a binding must not be empty
   */
  buffer(elements: number): GPUBuffer {
    this.requireAlive();
    const size = 4 * Math.max(elements, 1);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    requireFits(this.gpu.limits, size);
    return this.#make({ size, usage });
  }

  release(buffer: GPUBuffer): void {
    this.#reads.start();
    if (this.#buffers.delete(buffer)) buffer.destroy();
  }

  /**
   * Calls the device: a browser or driver may throw at once what others report later.
   * @throws GpuError if it throws
   */
  call<T>(work: (gpu: GPUDevice) => T): T {
    this.requireAlive();
    try {
      return work(this.gpu);
    } catch (error) {
      this.fail(`Cannot use the GPU: ${(error as Error).message}`);
      throw this.#failure;
    }
  }

  /** Records commands and queues them. */
  submit(record: (encoder: GPUCommandEncoder) => void): void {
    this.#reads.start();
    this.call((gpu) => {
      const encoder = gpu.createCommandEncoder();
      record(encoder);
      gpu.queue.submit([encoder.finish()]);
    });
  }

  /** Queues a write. Deno 2.9 panics on an empty write. */
  write(
    buffer: GPUBuffer,
    first: number,
    words: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
  ) {
    this.#reads.start();
    if (words.length > 0) this.call((gpu) => gpu.queue.writeBuffer(buffer, 4 * first, words));
  }

  /** Copies `into.length` words from element `first`, as of this call. */
  read(buffer: GPUBuffer, first: number, into: Float32Array | Float64Array): Promise<void> {
    this.requireAlive();
    return into.length === 0 ? Promise.resolve() : this.#reads.add({ buffer, first, into });
  }

  #make(descriptor: GPUBufferDescriptor): GPUBuffer {
    const buffer = this.call((gpu) => gpu.createBuffer(descriptor));
    this.#buffers.add(buffer);
    return buffer;
  }

  dispose(): void {
    this.#failure ??= disposed("use the GPU", "backend");
    for (const buffer of this.#buffers) this.release(buffer);
    this.gpu.destroy();
  }
}

/**
 * @throws DOMException if this host has no WebGPU, no adapter, or no permitted adapter; LimitError if the device offers
 *   less than needed
 */
export async function openDevice(options: AdapterOptions = {}): Promise<Device> {
  const adapter = await requestAdapter(options), { info, limits } = adapter;
  const requiredLimits = Object.fromEntries(WANTED_LIMITS.map((name) => [name, limits[name]]));
  const requiredFeatures: GPUFeatureName[] = options.weights === "f16" ? ["shader-f16"] : [];
  if (!requiredFeatures.every((name) => adapter.features.has(name))) {
    throw unavailable(`weights "f16" need the feature shader-f16, which "${nameOf(info)}" lacks`);
  }
  const gpu = await adapter.requestDevice({ requiredFeatures, requiredLimits }).catch(
    (error: Error) => {
      throw unavailable(error.message);
    },
  );
  try {
    requireLimits(gpu.limits);
  } catch (error) {
    gpu.destroy();
    throw error;
  }
  return new Device(gpu, info);
}

const delay = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
