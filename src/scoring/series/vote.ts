/**
 * The k-of-m vote: a step is reported if at least k of the last m steps were flagged, whether or not it was flagged
 * itself. A single stray flag then raises no alarm, at the price of a delay of up to k - 1 steps.
 *
 * If flags are independent and occur at a rate α, the false-alarm rate of the vote is the binomial tail P(B(m, α) ≥ k),
 * about C(m, k) αᵏ. Flags of overlapping windows are not independent, so it is higher. Source: the sliding majority
 * vote of on-device detectors (e.g. TI's).
 */
import { requireNumber, requireObject } from "../../core/validate.ts";

/** At least `k` flags among the last `m` steps. */
export interface Vote {
  /** Flags needed, 1 … m. */
  readonly k: number;
  /** m, the number of steps considered. */
  readonly of: number;
}

/** @throws TypeError or RangeError unless 1 ≤ k ≤ of */
export function requireVote(value: unknown): Vote {
  const { k, of } = requireObject("vote", value, ["k", "of"]);
  const m = requireNumber("vote.of", of, { min: 1, max: 10_000, integer: true });
  return { k: requireNumber("vote.k", k, { min: 1, max: m, integer: true }), of: m };
}

/** Counts flags over the last m steps, in m bytes of memory. */
export class Ballot {
  readonly #vote: Vote;
  readonly #flags: Uint8Array;
  #at = 0;
  #count = 0;

  /** Starts with no flags. */
  constructor(vote: Vote) {
    this.#vote = vote;
    this.#flags = new Uint8Array(vote.of);
  }

  /** Adds one step's flag. @returns whether the vote passes */
  cast(flag: boolean): boolean {
    this.#count += Number(flag) - this.#flags[this.#at];
    this.#flags[this.#at] = Number(flag);
    this.#at = (this.#at + 1) % this.#vote.of;
    return this.#count >= this.#vote.k;
  }
}
