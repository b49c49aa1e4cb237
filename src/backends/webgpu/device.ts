/**
 * A GPU device and what can go wrong with it. WebGPU reports failures late and aside: as a promise
 * (`lost`), as an event (`uncapturederror`), as a rejection of whatever is waited for. Here the first of
 * them is kept, every later use throws it, and no wait outlives the device.
 */
import { type AdapterOptions, GpuError } from "../backend.ts";
import { disposed } from "../checks.ts";
import { isSoftware, nameOf, requestAdapter, unavailable } from "./adapter.ts";
import { requireFits, requireLimits, WANTED_LIMITS } from "./limits.ts";

/** Reads that are made together. */
interface Reads {
  readonly list: PendingRead[];
  readonly done: Promise<void>;
  readonly resolve: (work: Promise<void>) => void;
}

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
  #reads?: Reads;
  /** The reads before: those that were asked for first end first. */
  #reading: Promise<unknown> = Promise.resolve();

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
    const size = 4 * Math.max(elements, 1);
    requireFits(this.gpu.limits, size);
    return this.#make({ size, usage });
  }

  release(buffer: GPUBuffer): void {
    this.#startReads();
    if (this.#buffers.delete(buffer)) buffer.destroy();
  }

  /** Records commands and queues them; a browser or driver may refuse at once what others tell late. */
  submit(record: (encoder: GPUCommandEncoder) => void): void {
    this.#startReads();
    this.requireSound();
    try {
      const encoder = this.gpu.createCommandEncoder();
      record(encoder);
      this.gpu.queue.submit([encoder.finish()]);
    } catch (error) {
      this.fail(`Cannot use the GPU: ${(error as Error).message}`);
      this.requireSound();
    }
  }

  /** Queues a write. Deno 2.9 panics where there is nothing to write. */
  write(
    buffer: GPUBuffer,
    first: number,
    words: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
  ) {
    this.#startReads();
    if (words.length > 0) this.gpu.queue.writeBuffer(buffer, 4 * first, words);
  }

  /**
   * Copies `into.length` words from the element `first`, as they are now. Reads that are asked for together
   * are made together: a wait for the GPU costs milliseconds, whatever is waited for.
   */
  read(buffer: GPUBuffer, first: number, into: Float32Array | Float64Array): Promise<void> {
    this.requireSound();
    if (into.length === 0) return Promise.resolve();
    const together = this.#reads?.list.reduce((sum, each) => sum + 4 * each.into.length, 0) ?? 0;
    if (together + 4 * into.length > this.gpu.limits.maxBufferSize) this.#startReads();
    const reads = this.#reads ??= this.#collectReads();
    reads.list.push({ buffer, first, into });
    return reads.done;
  }

  #collectReads(): Reads {
    const { promise: done, resolve } = Promise.withResolvers<void>();
    queueMicrotask(() => this.#startReads());
    return { list: [], done, resolve };
  }

  /** Queues the copies of reads: whatever is queued after them may change what they read. */
  #startReads(): void {
    const reads = this.#reads;
    if (!reads) return;
    this.#reads = undefined;
    const work = this.#readAll(reads.list, this.#reading);
    this.#reading = work.catch(() => {});
    reads.resolve(work);
  }

  async #readAll(reads: readonly PendingRead[], before: Promise<unknown>): Promise<void> {
    this.requireSound();
    const bytes = reads.reduce((sum, { into }) => sum + 4 * into.length, 0);
    const staging = this.#takeStaging(bytes);
    let at = 0;
    this.submit((encoder) => {
      for (const { buffer, first, into } of reads) {
        encoder.copyBufferToBuffer(buffer, 4 * first, staging, at, 4 * into.length);
        at += 4 * into.length;
      }
    });
    await this.wait(staging.mapAsync(GPUMapMode.READ, 0, bytes));
    await before;
    const words = new Float32Array(staging.getMappedRange(0, bytes));
    at = 0;
    for (const { into } of reads) into.set(words.subarray(at, at += into.length));
    staging.unmap();
    this.requireSound();
    this.#staging.push(staging);
  }

  /** The least that is large enough of those that were used before, or a new one. */
  #takeStaging(bytes: number): GPUBuffer {
    const wanted = 2 ** Math.ceil(Math.log2(Math.max(bytes, 4096)));
    const size = Math.max(bytes, Math.min(wanted, this.gpu.limits.maxBufferSize));
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

/**
 * @throws DOMException if this host has no WebGPU, no adapter, or none that is asked for; LimitError if the device
 *   offers less than is needed
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

const laterThan = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
