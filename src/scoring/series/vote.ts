/**
 * The k-of-m vote: a step is reported when at least k of the last m steps were flagged, itself among
 * them or not. One stray flag is then no alarm, at the price of a delay of up to k - 1 steps.
 *
 * If flags are independent and come at a rate α, the false-alarm rate of the vote is the binomial tail
 * P(B(m, α) ≥ k), about C(m, k) αᵏ; flags of windows that overlap are not independent, so that it is
 * higher. Source: the sliding majority vote of on-device detectors (e.g. TI's).
 */
import { requireNumber, requireObject } from "../../core/validate.ts";

/** At least `k` flags among the last `m` steps. */
export interface Vote {
  /** Flags needed, 1 … m. */
  readonly k: number;
  /** Steps that are looked at. */
  readonly of: number;
}

/** @throws TypeError or RangeError unless 1 ≤ k ≤ of */
export function requireVote(value: unknown): Vote {
  const { k, of } = requireObject("vote", value, ["k", "of"]);
  const m = requireNumber("vote.of", of, { min: 1, max: 10_000, integer: true });
  return { k: requireNumber("vote.k", k, { min: 1, max: m, integer: true }), of: m };
}

/** Counts flags over the last m steps, in memory of m bits. */
export class Ballot {
  readonly #vote: Vote;
  readonly #flags: Uint8Array;
  #at = 0;
  #count = 0;

  /** Nothing flagged yet. */
  constructor(vote: Vote) {
    this.#vote = vote;
    this.#flags = new Uint8Array(vote.of);
  }

  /** Takes one step's flag, and says whether the vote is carried. */
  cast(flag: boolean): boolean {
    this.#count += Number(flag) - this.#flags[this.#at];
    this.#flags[this.#at] = Number(flag);
    this.#at = (this.#at + 1) % this.#vote.of;
    return this.#count >= this.#vote.k;
  }
}
