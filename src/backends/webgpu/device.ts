/**
 * A GPU device and what can go wrong with it. WebGPU reports failures late and aside: as a promise
 * (`lost`), as an event (`uncapturederror`), as a rejection of whatever is waited for. Here the first of
 * them is kept, every later use throws it, and no wait outlives the device.
 */
import { type AdapterOptions, GpuError } from "../backend.ts";
import { disposed } from "../checks.ts";
import { isSoftware, requestAdapter, unavailable, WANTED_LIMITS } from "./adapter.ts";

interface PendingRead {
  readonly buffer: GPUBuffer;
  readonly first: number;
  readonly into: Float32Array | Float64Array;
}

export class Device {
  readonly gpu: GPUDevice;
  readonly info: GPUAdapterInfo;
  readonly isSoftware: boolean;
  #failure?: Error;
  #fail!: (error: Error) => void;
  /** Rejects when the device fails; never resolves. */
  readonly #failed = new Promise<never>((_, reject) => this.#fail = reject);
  /** All that live; a device gives back what it made. */
  readonly #buffers = new Set<GPUBuffer>();
  readonly #staging: GPUBuffer[] = [];
  readonly #reads: PendingRead[] = [];
  #reading: Promise<void> = Promise.resolve();

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

  /** The first failure stands. */
  fail(message: string): void {
    if (this.#failure) return;
    this.#failure = new GpuError(message);
    this.#fail(this.#failure);
  }

  /** @throws GpuError once the device has failed, DOMException once it was given back */
  requireSound(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Waits no longer than the device lives. */
  async wait<T>(work: Promise<T>): Promise<T> {
    try {
      return await Promise.race([work, this.#failed]);
    } catch (error) {
      // What was waited for is refused before the loss is told.
      if (!this.#failure) await Promise.race([this.#failed, laterThan(100)]).catch(() => {});
      if (this.#failure) throw this.#failure;
      throw new GpuError(`Cannot use the GPU: ${(error as Error).message}`, { cause: error });
    }
  }

  /** @param elements 32-bit words; never none, since a binding must not be empty */
  buffer(elements: number, usage: number): GPUBuffer {
    this.requireSound();
    const size = 4 * Math.max(elements, 1), { maxStorageBufferBindingSize } = this.gpu.limits;
    if (size > maxStorageBufferBindingSize) {
      throw new RangeError(
        `Cannot allocate on the GPU: a binding holds at most ${maxStorageBufferBindingSize} bytes (maxStorageBufferBindingSize): needed are ${size}`,
      );
    }
    return this.#make({ size, usage });
  }

  release(buffer: GPUBuffer): void {
    if (this.#buffers.delete(buffer)) buffer.destroy();
  }

  /** Queues a write. Deno 2.9 panics where there is nothing to write. */
  write(
    buffer: GPUBuffer,
    first: number,
    words: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
  ) {
    if (words.length > 0) this.gpu.queue.writeBuffer(buffer, 4 * first, words);
  }

  /**
   * Copies `into.length` words from the element `first`. Reads that are asked for together are made
   * together: a wait for the GPU costs milliseconds, whatever is waited for.
   */
  read(buffer: GPUBuffer, first: number, into: Float32Array | Float64Array): Promise<void> {
    this.requireSound();
    if (into.length === 0) return Promise.resolve();
    if (this.#reads.length === 0) this.#reading = Promise.resolve().then(() => this.#readAll());
    this.#reads.push({ buffer, first, into });
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    const reads = this.#reads.splice(0);
    this.requireSound();
    const bytes = reads.reduce((sum, { into }) => sum + 4 * into.length, 0);
    const staging = this.#takeStaging(bytes), encoder = this.gpu.createCommandEncoder();
    let at = 0;
    for (const { buffer, first, into } of reads) {
      encoder.copyBufferToBuffer(buffer, 4 * first, staging, at, 4 * into.length);
      at += 4 * into.length;
    }
    this.gpu.queue.submit([encoder.finish()]);
    await this.wait(staging.mapAsync(GPUMapMode.READ, 0, bytes));
    const words = new Float32Array(staging.getMappedRange(0, bytes));
    at = 0;
    for (const { into } of reads) into.set(words.subarray(at, at += into.length));
    staging.unmap();
    this.requireSound();
    this.#staging.push(staging);
  }

  /** The least that is large enough of those that were used before, or a new one. */
  #takeStaging(bytes: number): GPUBuffer {
    const size = 2 ** Math.ceil(Math.log2(Math.max(bytes, 4096)));
    const found = this.#staging.findIndex((each) => each.size === size);
    if (found >= 0) return this.#staging.splice(found, 1)[0];
    return this.#make({
      size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
  }

  #make(descriptor: GPUBufferDescriptor): GPUBuffer {
    const buffer = this.gpu.createBuffer(descriptor);
    this.#buffers.add(buffer);
    return buffer;
  }

  dispose(): void {
    this.#failure ??= disposed("use the GPU", "backend");
    for (const buffer of this.#buffers) this.release(buffer);
    this.gpu.destroy();
  }
}

/** @throws DOMException if this host has no WebGPU, no adapter, or none that is asked for */
export async function openDevice(
  options: AdapterOptions = {},
): Promise<Device> {
  const adapter = await requestAdapter(options), { info, limits } = adapter;
  const requiredLimits = Object.fromEntries(WANTED_LIMITS.map((name) => [name, limits[name]]));
  try {
    return new Device(await adapter.requestDevice({ requiredLimits }), info);
  } catch (error) {
    throw unavailable((error as Error).message);
  }
}

const laterThan = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
