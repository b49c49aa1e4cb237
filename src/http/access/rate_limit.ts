/**
 * Token buckets: each caller may send `burst` requests at once and `perSecond` from then on.
 *
 * Limits: per process. Beyond MAX_CALLERS, which bounds the memory, the least recently seen caller is forgotten.
 * Nothing is lost if its bucket has refilled.
 */
import { requireNumber } from "../../core/validate.ts";

/** How many requests a caller may make. */
export interface RateLimit {
  /** Requests per second in the long run. */
  readonly perSecond: number;
  /** Requests at once. */
  readonly burst: number;
}

const MAX_CALLERS = 10_000;

interface Bucket {
  left: number;
  /** When `left` was last updated, in seconds. */
  at: number;
}

/** One bucket per caller. */
export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #seconds: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param seconds the current time */
  constructor(limit: RateLimit, seconds: () => number = () => performance.now() / 1000) {
    requireNumber("rateLimit.perSecond", limit.perSecond, { above: 0 });
    requireNumber("rateLimit.burst", limit.burst, { min: 1 });
    this.#limit = limit;
    this.#seconds = seconds;
  }

  /** The number of callers with a bucket. */
  get callers(): number {
    return this.#buckets.size;
  }

  /** Takes one request from a caller's bucket. @returns 0, or the seconds to wait if the bucket is empty */
  take(caller: string): number {
    const { perSecond, burst } = this.#limit, now = this.#seconds();
    const bucket = this.#buckets.get(caller) ?? { left: burst, at: now };
    this.#buckets.delete(caller);
    this.#buckets.set(caller, bucket);
    if (this.#buckets.size > MAX_CALLERS) this.#buckets.delete(this.#buckets.keys().next().value!);
    bucket.left = Math.min(burst, bucket.left + Math.max(0, now - bucket.at) * perSecond);
    bucket.at = now;
    if (bucket.left < 1) return (1 - bucket.left) / perSecond;
    bucket.left--;
    return 0;
  }
}
