/**
 * Reads from GPU buffers. Reads requested together are made together, because each wait for the GPU costs milliseconds
 * regardless of size. Copies are queued before any later command, which may change their source. Reads finish in the
 * order in which they were requested.
 */

/** A read of words from element `first`. */
export interface Read {
  readonly buffer: GPUBuffer;
  readonly first: number;
  readonly into: Float32Array | Float64Array;
}

/** The device that is read from. */
export interface ReadHost {
  readonly gpu: GPUDevice;
  requireAlive(): void;
  submit(record: (encoder: GPUCommandEncoder) => void): void;
  wait<T>(work: Promise<T>): Promise<T>;
}

/** Reads that are made together. */
interface Group {
  readonly reads: Read[];
  readonly done: Promise<void>;
  readonly resolve: (work: Promise<void>) => void;
}

/** Bytes of the smallest staging buffer. */
const MIN_STAGING_BYTES = 4096;

export class Reads {
  readonly #device: ReadHost;
  readonly #make: (descriptor: GPUBufferDescriptor) => GPUBuffer;
  /** Staging buffers to reuse. */
  readonly #staging: GPUBuffer[] = [];
  #group?: Group;
  /** Resolves when earlier reads have finished. */
  #earlier: Promise<unknown> = Promise.resolve();

  constructor(device: ReadHost, make: (descriptor: GPUBufferDescriptor) => GPUBuffer) {
    this.#device = device;
    this.#make = make;
  }

  add(read: Read): Promise<void> {
    const totalBytes = bytesOf([...this.#group?.reads ?? [], read]);
    if (totalBytes > this.#device.gpu.limits.maxBufferSize) this.start();
    const group = this.#group ??= this.#newGroup();
    group.reads.push(read);
    return group.done;
  }

  /** Queues the copies of the pending reads. */
  start(): void {
    const group = this.#group;
    if (!group) return;
    this.#group = undefined;
    const work = this.#readAll(group.reads, this.#earlier);
    this.#earlier = work.catch(() => {});
    group.resolve(work);
  }

  #newGroup(): Group {
    const { promise: done, resolve } = Promise.withResolvers<void>();
    queueMicrotask(() => this.start());
    return { reads: [], done, resolve };
  }

  async #readAll(reads: readonly Read[], earlier: Promise<unknown>): Promise<void> {
    const device = this.#device;
    device.requireAlive();
    const bytes = bytesOf(reads), staging = this.#takeStaging(bytes);
    let at = 0;
    device.submit((encoder) => {
      for (const { buffer, first, into } of reads) {
        encoder.copyBufferToBuffer(buffer, 4 * first, staging, at, 4 * into.length);
        at += 4 * into.length;
      }
    });
    await device.wait(this.#copyOut(staging, bytes, reads, earlier));
    this.#staging.push(staging);
  }

  /** Copies the mapped staging buffer to the readers. The device may be lost at any point, even after mapping. */
  async #copyOut(
    staging: GPUBuffer,
    bytes: number,
    reads: readonly Read[],
    earlier: Promise<unknown>,
  ): Promise<void> {
    await staging.mapAsync(GPUMapMode.READ, 0, bytes);
    await earlier;
    this.#device.requireAlive();
    const words = new Float32Array(staging.getMappedRange(0, bytes));
    let at = 0;
    for (const { into } of reads) into.set(words.subarray(at, at += into.length));
    staging.unmap();
    this.#device.requireAlive();
  }

  /** A staging buffer of this size, reused or new. */
  #takeStaging(bytes: number): GPUBuffer {
    const roundedSize = 2 ** Math.ceil(Math.log2(Math.max(bytes, MIN_STAGING_BYTES)));
    const size = Math.max(bytes, Math.min(roundedSize, this.#device.gpu.limits.maxBufferSize));
    const found = this.#staging.findIndex((each) => each.size === size);
    if (found >= 0) return this.#staging.splice(found, 1)[0];
    return this.#make({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  }
}

function bytesOf(reads: readonly Read[]): number {
  return reads.reduce((sum, { into }) => sum + 4 * into.length, 0);
}
