/**
 * Token buckets: each caller has `burst` requests at once and `perSecond` from then on. A bucket that
 * has filled up again holds nothing that must be remembered, so that memory is bounded.
 *
 * Limits: per process. Of more than MAX_CALLERS at once, the one not seen for longest is forgotten.
 */
import { requireNumber } from "../../core/validate.ts";

/** How many requests a caller may make. */
export interface RateLimit {
  /** Requests a second in the long run. */
  readonly perSecond: number;
  /** Requests at once. */
  readonly burst: number;
}

const MAX_CALLERS = 10_000;

interface Bucket {
  left: number;
  /** Seconds. */
  at: number;
}

/** The buckets of an app. */
export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #seconds: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param seconds a clock */
  constructor(limit: RateLimit, seconds: () => number = () => performance.now() / 1000) {
    requireNumber("rateLimit.perSecond", limit.perSecond, { above: 0 });
    requireNumber("rateLimit.burst", limit.burst, { min: 1 });
    this.#limit = limit;
    this.#seconds = seconds;
  }

  /** Callers that are remembered. */
  get callers(): number {
    return this.#buckets.size;
  }

  /** Takes one request out of a caller's bucket. @returns seconds to wait; 0 if there was one */
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
