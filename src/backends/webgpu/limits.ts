/**
 * What a device must offer, and what it can hold. WebGPU guarantees a minimum for each of these limits (W3C, "WebGPU",
 * §3.6.2 Limits), which the shaders rely on. A driver that offers less is refused, and so is anything that does not
 * fit, with the name of the limit. Nothing is truncated silently.
 */
import { LimitError } from "../backend.ts";
import { MAX_BINDINGS, MAX_DIMENSION, OFFSET_BYTES, WORKGROUP } from "./layout.ts";
import { POOL } from "./tiles.ts";

/** Limits that are requested at the adapter's maximum, for large models. */
export const WANTED_LIMITS = ["maxStorageBufferBindingSize", "maxBufferSize"] as const;

/** What shaders and bind groups need on any device. */
const NEEDED = {
  maxComputeInvocationsPerWorkgroup: WORKGROUP,
  maxComputeWorkgroupSizeX: WORKGROUP,
  maxComputeWorkgroupStorageSize: 4 * POOL,
  maxComputeWorkgroupsPerDimension: MAX_DIMENSION,
  maxStorageBuffersPerShaderStage: MAX_BINDINGS,
} as const satisfies Partial<Record<keyof GPUSupportedLimits, number>>;

/** @throws LimitError naming the limit that is too low */
export function requireLimits(limits: GPUSupportedLimits): void {
  for (const [name, needed] of Object.entries(NEEDED)) {
    const offered = limits[name as keyof typeof NEEDED];
    if (offered < needed) {
      throw new LimitError(
        `Cannot use the GPU: ${name} must be at least ${needed}, got ${offered}`,
      );
    }
  }
  if (limits.minStorageBufferOffsetAlignment > OFFSET_BYTES) {
    throw new LimitError(
      `Cannot use the GPU: minStorageBufferOffsetAlignment must be at most ${OFFSET_BYTES}, got ${limits.minStorageBufferOffsetAlignment}`,
    );
  }
}

/** @throws LimitError naming the limit that `bytes` exceeds */
export function requireFits(limits: GPUSupportedLimits, bytes: number): void {
  for (
    const [name, holder] of [["maxStorageBufferBindingSize", "binding"], [
      "maxBufferSize",
      "buffer",
    ]] as const
  ) {
    if (bytes <= limits[name]) continue;
    throw new LimitError(
      `Cannot allocate on the GPU: a ${holder} holds at most ${
        limits[name]
      } bytes (${name}), ${bytes} are needed`,
    );
  }
}

/**
 * Arranges workgroups along two dimensions.
 * @throws LimitError if two dimensions are too few
 */
export function gridOf(groups: number): readonly [x: number, y: number] {
  const x = Math.max(1, Math.min(groups, MAX_DIMENSION)), y = Math.max(1, Math.ceil(groups / x));
  if (y <= MAX_DIMENSION) return [x, y];
  throw new LimitError(
    `Cannot run on the GPU: a dimension has at most ${MAX_DIMENSION} workgroups (maxComputeWorkgroupsPerDimension), ${x} × ${y} are needed`,
  );
}
