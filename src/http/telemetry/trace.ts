/**
 * W3C Trace Context, level 1: `traceparent: 00-TRACE-SPAN-FLAGS` in lower-case hexadecimal. A valid header continues
 * its trace, anything else starts a new one. The answer names the span that made it.
 */

import type { HeaderLookup } from "../head.ts";

export const TRACE_HEADER = "traceparent";

/** A request's position in a trace. */
export interface Trace {
  /** 32 digits. */
  readonly traceId: string;
  /** 16 digits, for this request. */
  readonly spanId: string;
  /** Two digits; the last bit is set if the caller records the trace. */
  readonly flags: string;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The only flag that level 1 defines: the caller records the trace. */
const SAMPLED = 1;

/** Continues the trace of a request, or starts one. */
export function traceOf(headers: HeaderLookup, digits: RandomDigits): Trace {
  const text = headers.get(TRACE_HEADER);
  const given = text === null ? undefined : parseTraceparent(text);
  const random = digits.next(24);
  const traceId = given?.traceId ?? random.slice(16);
  return { traceId, spanId: random.slice(0, 16), flags: given?.flags ?? "00" };
}

/** Parses a header; undefined if it is invalid. */
export function parseTraceparent(text: string): Trace | undefined {
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || version === "ff") return undefined;
  // Version 00 ends with the flags; a later one may say more.
  if (version === "00" && more !== undefined) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  // Flags without a meaning yet are not passed on.
  return { traceId, spanId, flags: flagsOf(Number.parseInt(flags, 16)) };
}

/** The flags of a header, reduced to the known bit. */
export function flagsOf(bits: number): string {
  return bits & SAMPLED ? "01" : "00";
}

/** The header of an answer. */
export function traceparent({ traceId, spanId, flags }: Trace): string {
  return `00-${traceId}-${spanId}-${flags}`;
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

/** Random hexadecimal digits, generated many at a time. */
export class RandomDigits {
  readonly #bytes = new Uint8Array(4096);
  #digits = "";
  #used = 0;

  /** Two digits per byte; at most 4,096 bytes. */
  next(bytes: number): string {
    if (this.#used + 2 * bytes > this.#digits.length) {
      crypto.getRandomValues(this.#bytes);
      this.#digits = Array.from(this.#bytes, (byte) => HEX[byte]).join("");
      this.#used = 0;
    }
    return this.#digits.slice(this.#used, this.#used += 2 * bytes);
  }
}
