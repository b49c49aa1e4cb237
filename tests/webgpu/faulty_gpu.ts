/** Deno's own WebGPU with one thing that goes wrong. */

export interface Faults {
  /** Destroys the device when something is waited for the n-th time, from 0. */
  readonly destroyAtWait?: number;
  /** Destroys the device as soon as there is one. */
  readonly destroyAtOpening?: boolean;
  /** Refuses the device, or the adapter. */
  readonly refuse?: "device" | "adapter";
  /** Bytes that one binding holds. */
  readonly bindingSize?: number;
  /** Makes the n-th buffer, from 0, larger than any may be: an error that is told late and aside. */
  readonly failBuffer?: number;
  /** Changes every shader. */
  readonly shader?: (code: string) => string;
  /** Whether there is no adapter. */
  readonly noAdapter?: boolean;
}

export interface FaultyGpu {
  readonly gpu: GPU;
  readonly counts: Counts;
}

/** How often something was waited for, what was made, and what of it was not given back. */
export interface Counts {
  waits: number;
  buffers: number;
  groups: number;
  liveBuffers: number;
  devices: number;
  liveDevices: number;
}

export function faultyGpu(faults: Faults = {}): FaultyGpu {
  const counts = {
    ...{ waits: 0, buffers: 0, groups: 0, liveBuffers: 0 },
    ...{ devices: 0, liveDevices: 0 },
  };
  const requestAdapter = async () => {
    if (faults.refuse === "adapter") throw new Error("the driver is busy");
    const adapter = faults.noAdapter ? null : await navigator.gpu.requestAdapter();
    if (!adapter) return null;
    return {
      info: adapter.info,
      limits: adapter.limits,
      async requestDevice(descriptor: GPUDeviceDescriptor) {
        if (faults.refuse === "device") throw new Error("the driver is out of memory");
        const device = spoil(await adapter.requestDevice(descriptor), faults, counts);
        if (faults.destroyAtOpening) device.destroy();
        return device;
      },
    };
  };
  return { gpu: { requestAdapter } as unknown as GPU, counts };
}

function spoil(device: GPUDevice, faults: Faults, counts: Counts): GPUDevice {
  const destroyDevice = device.destroy.bind(device);
  let isLive = true;
  counts.devices++;
  counts.liveDevices++;
  const createBuffer = device.createBuffer.bind(device);
  const createBindGroup = device.createBindGroup.bind(device);
  const createShaderModule = device.createShaderModule.bind(device);
  const ownBuffer = (descriptor: GPUBufferDescriptor): GPUBuffer => {
    const size = counts.buffers++ === faults.failBuffer ? 2 ** 40 : descriptor.size;
    const buffer = createBuffer({ ...descriptor, size });
    let isLive = true;
    counts.liveBuffers++;
    const mapAsync = buffer.mapAsync.bind(buffer), destroy = buffer.destroy.bind(buffer);
    return Object.assign(buffer, {
      mapAsync(...args: Parameters<GPUBuffer["mapAsync"]>) {
        if (counts.waits++ === faults.destroyAtWait) device.destroy();
        return mapAsync(...args);
      },
      destroy() {
        if (isLive) counts.liveBuffers--;
        isLive = false;
        destroy();
      },
    });
  };
  if (faults.bindingSize !== undefined) {
    const limits = { maxStorageBufferBindingSize: faults.bindingSize };
    Object.defineProperty(device, "limits", { value: limits });
  }
  return Object.assign(device, {
    destroy() {
      if (isLive) counts.liveDevices--;
      isLive = false;
      destroyDevice();
    },
    createBuffer: ownBuffer,
    createBindGroup(descriptor: GPUBindGroupDescriptor) {
      counts.groups++;
      return createBindGroup(descriptor);
    },
    createShaderModule: ({ code }: GPUShaderModuleDescriptor) =>
      createShaderModule({ code: faults.shader ? faults.shader(code) : code }),
  });
}
