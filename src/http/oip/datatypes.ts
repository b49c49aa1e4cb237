/**
 * The datatypes of an input tensor, and their values as float64: all but BYTES. A value that float64 does not hold
 * exactly is refused, never rounded. Binary values are little-endian, a BOOL is one byte.
 *
 * Source: kserve/open-inference-protocol, inference_rest.md, "Tensor Data Types".
 */

/** One datatype. */
export interface Datatype {
  /** Bytes of a binary value. */
  readonly bytes: number;
  read(view: DataView, offset: number): number | bigint;
  /** A value as float64; undefined for one that the type does not have, or that float64 does not hold. */
  encode(value: unknown): number | undefined;
  /** What a value must be, for messages. */
  readonly expected: string;
}

function integer(bits: 8 | 16 | 32, isSigned: boolean, read: Datatype["read"]): Datatype {
  const count = 2 ** bits, min = isSigned ? -count / 2 : 0, max = min + count - 1;
  return {
    bytes: bits / 8,
    read,
    encode: (value) =>
      Number.isInteger(value) && (value as number) >= min && (value as number) <= max
        ? value as number
        : undefined,
    expected: `a whole number from ${min} to ${max}`,
  };
}

/** A number of JSON from 2^53 on may have been rounded when it was parsed; a binary one is known in full. */
function longInteger(isSigned: boolean, read: Datatype["read"]): Datatype {
  return {
    bytes: 8,
    read,
    encode(value) {
      if (typeof value === "bigint") {
        const rounded = Number(value);
        return BigInt(rounded) === value ? rounded : undefined;
      }
      const isExact = Number.isSafeInteger(value) && (isSigned || (value as number) >= 0);
      return isExact ? value as number : undefined;
    },
    expected: `a whole number${isSigned ? "" : " from 0"} that float64 holds exactly`,
  };
}

/** NaN for what is no number: a missing cell. */
function float(bytes: 2 | 4 | 8, read: Datatype["read"]): Datatype {
  return {
    bytes,
    read,
    encode: (value) => typeof value === "number" ? value : NaN,
    expected: "a number",
  };
}

/** IEEE 754 binary16: hosts without `DataView.getFloat16` are served too. */
function half(bits: number): number {
  const sign = bits >> 15 ? -1 : 1, exponent = bits >> 10 & 31, fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  const scale = 2 ** (Math.max(exponent, 1) - 25);
  return sign * scale * (exponent ? 1024 + fraction : fraction);
}

export const DATATYPES = {
  BOOL: {
    bytes: 1,
    read: (view, at) => view.getUint8(at),
    encode: (value) =>
      typeof value === "boolean" || value === 0 || value === 1 ? Number(value) : undefined,
    expected: "true or false",
  },
  UINT8: integer(8, false, (view, at) => view.getUint8(at)),
  UINT16: integer(16, false, (view, at) => view.getUint16(at, true)),
  UINT32: integer(32, false, (view, at) => view.getUint32(at, true)),
  UINT64: longInteger(false, (view, at) => view.getBigUint64(at, true)),
  INT8: integer(8, true, (view, at) => view.getInt8(at)),
  INT16: integer(16, true, (view, at) => view.getInt16(at, true)),
  INT32: integer(32, true, (view, at) => view.getInt32(at, true)),
  INT64: longInteger(true, (view, at) => view.getBigInt64(at, true)),
  FP16: float(2, (view, at) => half(view.getUint16(at, true))),
  FP32: float(4, (view, at) => view.getFloat32(at, true)),
  FP64: float(8, (view, at) => view.getFloat64(at, true)),
} as const satisfies Record<string, Datatype>;

export type DatatypeName = keyof typeof DATATYPES;
