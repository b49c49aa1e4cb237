/** Deno's own WebGPU with one fault. */
import { ok } from "node:assert/strict";

export interface Faults {
  /** Destroys the device when the n-th wait, from 0, is over, before its result is used. */
  readonly destroyAfterWait?: number;
  /** Throws at the n-th call, from 0, of this method of the device or its queue, instead of reporting later. */
  readonly throwAt?: readonly [name: string, time: number];
  /** Destroys the device just before the n-th call of any method, from 0. */
  readonly destroyAtCall?: number;
  /** Destroys the device as soon as it exists. */
  readonly destroyAtOpening?: boolean;
  /** Refuses the device, or the adapter. */
  readonly refuse?: "device" | "adapter";
  /** Limits of the device that replace its own. */
  readonly limits?: Readonly<Partial<Record<keyof GPUSupportedLimits, number>>>;
  /** Throws from the n-th submit on, from 0, instead of reporting later. */
  readonly throwAtSubmit?: number;
  /** Makes the n-th buffer, from 0, larger than allowed: an error that is reported late and elsewhere. */
  readonly failBuffer?: number;
  /** Changes every shader. */
  readonly shader?: (code: string) => string;
  /** Whether there is no adapter. */
  readonly noAdapter?: boolean;
  /** Claims that the adapter is hardware: "auto" takes no other. */
  readonly asCard?: boolean;
  /** Hides a feature of the adapter. */
  readonly without?: GPUFeatureName;
}

export interface FaultyGpu {
  readonly gpu: GPU;
  readonly counts: Counts;
}

/** The number of waits, and of objects created and not released. */
export interface Counts {
  adapters: number;
  waits: number;
  /** Waits in progress, and the largest number at once. */
  waiting: number;
  mostWaiting: number;
  /** Calls of any method of the device. */
  calls: number;
  submits: number;
  buffers: number;
  groups: number;
  dispatches: number;
  liveBuffers: number;
  devices: number;
  liveDevices: number;
}

const CARD = { vendor: "a vendor", architecture: "", device: "", description: "a card" };

export function faultyGpu(faults: Faults = {}): FaultyGpu {
  const counts: Counts = {
    ...{
      adapters: 0,
      waits: 0,
      waiting: 0,
      mostWaiting: 0,
      calls: 0,
      submits: 0,
      buffers: 0,
      groups: 0,
      dispatches: 0,
      liveBuffers: 0,
    },
    ...{ devices: 0, liveDevices: 0 },
  };
  const requestAdapter = async () => {
    counts.adapters++;
    if (faults.refuse === "adapter") throw new Error("the driver is busy");
    const adapter = faults.noAdapter ? null : await navigator.gpu.requestAdapter();
    if (!adapter) return null;
    return {
      info: faults.asCard ? { ...CARD, isFallbackAdapter: false } : adapter.info,
      limits: adapter.limits,
      features: new Set([...adapter.features].filter((each) => each !== faults.without)),
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

/** A device for a model, with these faults. */
export function on(faults: Faults) {
  const { gpu, counts } = faultyGpu(faults);
  return { device: { backend: "webgpu", adapter: { gpu } } as const, counts };
}

/** Runs with a fault that replaces a text in every shader that has it. @throws AssertionError if none has */
export async function withWrongShader(
  text: string | RegExp,
  wrong: string,
  run: (fault: Faults) => Promise<void>,
): Promise<void> {
  let changed = 0;
  const shader = (code: string) => {
    const other = code.replaceAll(text, wrong);
    changed += Number(other !== code);
    return other;
  };
  await run({ shader });
  ok(changed > 0, "no shader has that text");
}

/** Calls of any method of the device and its queue. */
export const DEVICE_CALLS = [
  "createBindGroup",
  "createBindGroupLayout",
  "createBuffer",
  "createCommandEncoder",
  "createComputePipeline",
  "createPipelineLayout",
  "createShaderModule",
] as const;
export const QUEUE_CALLS = ["submit", "writeBuffer"] as const;

/** A buffer larger than any limit. */
const TOO_LARGE = 2 ** 40;

function spoil(device: GPUDevice, faults: Faults, counts: Counts): GPUDevice {
  counts.devices++;
  counts.liveDevices++;
  if (faults.limits) {
    const { limits } = faults, own = device.limits;
    const get = (_: unknown, name: keyof GPUSupportedLimits) => limits[name] ?? own[name];
    Object.defineProperty(device, "limits", {
      value: new Proxy(own, { get } as ProxyHandler<typeof own>),
    });
  }
  let isLive = true;
  before(device, "destroy", () => {
    if (isLive) counts.liveDevices--;
    isLive = false;
  });
  const [thrown, time] = faults.throwAt ?? [];
  let times = 0;
  const asked = (name?: string) => {
    if (counts.calls++ === faults.destroyAtCall) device.destroy();
    if (name === thrown && name && times++ === time) throw new TypeError("the driver refuses");
  };
  spoilBuffers(device, faults, counts, asked);
  before(device, "createBindGroup", () => counts.groups++);
  countDispatches(device, counts);
  before(device, "createShaderModule", ({ code }) => [{ code: faults.shader?.(code) ?? code }]);
  before(device.queue, "submit", () => {
    if (counts.submits++ === faults.throwAtSubmit) throw new TypeError("the queue is gone");
  });
  for (const name of DEVICE_CALLS) before(device, name, () => asked(name));
  for (const name of QUEUE_CALLS) before(device.queue, name, () => asked(name));
  return device;
}

function countDispatches(device: GPUDevice, counts: Counts): void {
  const create = device.createCommandEncoder.bind(device);
  device.createCommandEncoder = (descriptor) => {
    const encoder = create(descriptor), begin = encoder.beginComputePass.bind(encoder);
    encoder.beginComputePass = (descriptor) => {
      const pass = begin(descriptor);
      before(pass, "dispatchWorkgroups", () => counts.dispatches++);
      return pass;
    };
    return encoder;
  };
}

function spoilBuffers(device: GPUDevice, faults: Faults, counts: Counts, asked: () => void): void {
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const isFailing = counts.buffers++ === faults.failBuffer;
    const buffer = create(isFailing ? { ...descriptor, size: TOO_LARGE } : descriptor);
    let isLive = true;
    counts.liveBuffers++;
    before(buffer, "mapAsync", () => asked());
    const map = buffer.mapAsync.bind(buffer);
    buffer.mapAsync = (...args) => {
      const isLast = counts.waits++ === faults.destroyAfterWait;
      counts.mostWaiting = Math.max(counts.mostWaiting, ++counts.waiting);
      const mapped = isLast ? map(...args).then(() => device.destroy()) : map(...args);
      return mapped.finally(() => counts.waiting--);
    };
    before(buffer, "destroy", () => {
      if (isLive) counts.liveBuffers--;
      isLive = false;
    });
    return buffer;
  };
}

type Method = (...args: readonly unknown[]) => unknown;

/** Does something before each call of a method; may replace the arguments. */
function before<T extends object, Name extends keyof T>(
  target: T,
  name: Name,
  first: (...args: T[Name] extends (...args: infer A) => unknown ? A : never) => unknown,
): void {
  const method = (target[name] as Method).bind(target);
  const wrapped: Method = (...args) => {
    const others = (first as Method)(...args);
    return method(...(Array.isArray(others) ? others : args));
  };
  Object.defineProperty(target, name, { value: wrapped, configurable: true, writable: true });
}
