/**
 * Writes Protocol Buffers, as far as ONNX needs them: varints, packed varints, 32-bit floats, strings, bytes and
 * messages. A message is what `message` returns: the concatenated bytes of its fields.
 *
 * Source: protobuf.dev, "Encoding": a field is key = number << 3 | wire type, then its value; wire type 0 is a varint,
 * 2 is a length followed by that many bytes, 5 is four bytes.
 */
import { concatBytes } from "../core/bytes/bytes.ts";

/** The bytes of one or more fields. */
export type Bytes = Uint8Array;

const TEXT = new TextEncoder();

/** Concatenates fields. */
export function message(...fields: readonly Bytes[]): Bytes {
  return concatBytes(fields);
}

/** An integer, which may be negative. */
export function integer(field: number, value: number): Bytes {
  return Uint8Array.from([...varint(BigInt(field << 3)), ...varint(BigInt(value))]);
}

/** Integers in one field, packed. */
export function integers(field: number, values: readonly number[]): Bytes {
  return bytes(field, Uint8Array.from(values.flatMap((value) => varint(BigInt(value)))));
}

/** A string, in UTF-8. */
export function text(field: number, value: string): Bytes {
  return bytes(field, TEXT.encode(value));
}

/** Bytes, or a message within a message. */
export function bytes(field: number, value: Bytes): Bytes {
  return message(
    Uint8Array.from([...varint(BigInt(field << 3 | 2)), ...varint(BigInt(value.length))]),
    value,
  );
}

/** Seven bits a byte, lowest first; negative numbers as 64 bits of two's complement. */
function varint(value: bigint): number[] {
  const list: number[] = [];
  for (let rest = BigInt.asUintN(64, value);;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    list.push(rest > 0n ? low | 0x80 : low);
    if (rest === 0n) return list;
  }
}
