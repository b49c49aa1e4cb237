/** Deno's own WebGPU with one thing that goes wrong. */

export interface Faults {
  /** Destroys the device when something is waited for the n-th time, from 0. */
  readonly destroyAtWait?: number;
  /** Makes the n-th buffer, from 0, larger than any may be: an error that is told late and aside. */
  readonly failBuffer?: number;
  /** Changes every shader. */
  readonly shader?: (code: string) => string;
  /** Whether there is no adapter. */
  readonly noAdapter?: boolean;
}

export interface FaultyGpu {
  readonly gpu: GPU;
  /** How often something was waited for, and how many buffers and bind groups were made. */
  readonly counts: { waits: number; buffers: number; groups: number; live: number };
}

export function faultyGpu(faults: Faults = {}): FaultyGpu {
  const counts = { waits: 0, buffers: 0, groups: 0, live: 0 };
  const requestAdapter = async () => {
    const adapter = faults.noAdapter ? null : await navigator.gpu.requestAdapter();
    if (!adapter) return null;
    return {
      info: adapter.info,
      limits: adapter.limits,
      requestDevice: async (descriptor: GPUDeviceDescriptor) =>
        spoil(await adapter.requestDevice(descriptor), faults, counts),
    };
  };
  return { gpu: { requestAdapter } as unknown as GPU, counts };
}

function spoil(device: GPUDevice, faults: Faults, counts: FaultyGpu["counts"]): GPUDevice {
  const createBuffer = device.createBuffer.bind(device);
  const createBindGroup = device.createBindGroup.bind(device);
  const createShaderModule = device.createShaderModule.bind(device);
  const ownBuffer = (descriptor: GPUBufferDescriptor): GPUBuffer => {
    const size = counts.buffers++ === faults.failBuffer ? 2 ** 40 : descriptor.size;
    const buffer = createBuffer({ ...descriptor, size });
    counts.live++;
    const mapAsync = buffer.mapAsync.bind(buffer), destroy = buffer.destroy.bind(buffer);
    return Object.assign(buffer, {
      mapAsync(...args: Parameters<GPUBuffer["mapAsync"]>) {
        if (counts.waits++ === faults.destroyAtWait) device.destroy();
        return mapAsync(...args);
      },
      destroy() {
        counts.live--;
        destroy();
      },
    });
  };
  return Object.assign(device, {
    createBuffer: ownBuffer,
    createBindGroup(descriptor: GPUBindGroupDescriptor) {
      counts.groups++;
      return createBindGroup(descriptor);
    },
    createShaderModule: ({ code }: GPUShaderModuleDescriptor) =>
      createShaderModule({ code: faults.shader ? faults.shader(code) : code }),
  });
}
