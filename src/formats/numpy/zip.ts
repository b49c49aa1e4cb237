/**
 * The contents of the members of a ZIP archive: one at a time up to a limit, or of any size piece by piece.
 * Source: APPNOTE.TXT 6.3 (stored and deflated members); inflating is fflate 0.8.3 or, piece by piece, the host's
 * gunzip. Limits: no encryption; CRC-32 and length of every member read are checked.
 *
 * A member may not claim more than 1032 times its compressed size, the most that DEFLATE can reach (258 bytes from 2
 * bits). Real columns of zeros come within 1 percent of that, so a lower limit would refuse valid files, and a higher
 * claim is false. Memory is protected by the limit on the total, checked before anything is allocated.
 */
import { gunzip } from "../gzip.ts";
import { inflateSync } from "npm:fflate@0.8.3";
import { crc32 } from "../../core/bytes/crc32.ts";
import { isRefusal } from "../../core/errors.ts";
import { DataError, quoteValue } from "../errors.ts";
import { piecesBetween, type RandomAccess } from "../random_access.ts";
import { findDirectory, parseDirectory, TAIL_BYTES, type ZipMember } from "./zip_directory.ts";

const LOCAL_HEADER = 0x04034b50, LOCAL_BYTES = 30;
const MAX_DEFLATE_RATIO = 1032;

/** The most bytes in a block of DEFLATE that is not compressed. */
const MAX_STORED = 0xffff;

/** Lists the members of an archive; repeated names are refused. */
export function listMembers(bytes: Uint8Array, source: string): Map<string, ZipMember> {
  const { start, end, count } = findDirectory(bytes.subarray(-TAIL_BYTES), bytes.length, source);
  return parseDirectory(bytes.subarray(start, end), count, source);
}

/** The same of a file that is not in memory. */
export async function listMembersOf(
  file: RandomAccess,
  source: string,
): Promise<Map<string, ZipMember>> {
  const { byteLength } = file, tail = await file.slice(Math.max(0, byteLength - TAIL_BYTES));
  const { start, end, count } = findDirectory(new Uint8Array(tail), byteLength, source);
  return parseDirectory(new Uint8Array(await file.slice(start, end)), count, source);
}

/** The contents of one member; at most `maxBytes` are allocated. */
export function readMember(
  bytes: Uint8Array,
  member: ZipMember,
  maxBytes: number,
  source: string,
): Uint8Array {
  const refuse = refusalOf(member, source);
  requireMethod(member, refuse);
  if (member.sizeBytes > maxBytes) {
    refuse(`at most ${maxBytes} bytes long (the limit)`, `${member.sizeBytes} bytes`);
  }
  const { offsetBytes, packedBytes } = member;
  const start = dataStart(bytes.subarray(offsetBytes, offsetBytes + LOCAL_BYTES), member);
  if (start === undefined || start + packedBytes > bytes.length) return refuse("inside the file");
  const packed = bytes.subarray(start, start + packedBytes);
  const contents = member.method === 0 ? packed : inflate(packed, member.sizeBytes, refuse);
  if (contents.length !== member.sizeBytes) refuse(`${member.sizeBytes} bytes long`);
  if (parseInt(crc32(contents), 16) !== member.crc) refuse("intact (its CRC-32 differs)");
  return contents;
}

/**
 * The contents of one member of a file, piece by piece, in memory that does not grow. What is wrong with the member may
 * be found only at its end.
 */
export async function* memberPieces(
  file: RandomAccess,
  member: ZipMember,
  source: string,
): AsyncGenerator<Uint8Array> {
  const refuse = refusalOf(member, source), { offsetBytes, packedBytes } = member;
  requireMethod(member, refuse);
  const header = new Uint8Array(await file.slice(offsetBytes, offsetBytes + LOCAL_BYTES));
  const start = dataStart(header, member);
  if (start === undefined || start + packedBytes > file.byteLength) refuse("inside the file");
  const packed = piecesBetween(file, start!, start! + packedBytes);
  let size = 0;
  try {
    for await (const piece of gunzip(asGzip(packed, member))) {
      size += piece.length;
      if (size > member.sizeBytes) break;
      yield piece;
    }
  } catch (cause) {
    if (isRefusal(cause)) throw cause;
    refuse("intact", undefined, cause);
  }
  if (size !== member.sizeBytes) refuse(`${member.sizeBytes} bytes long`);
}

/** A member as a file of gzip, whose reader checks the CRC-32 and the length (RFC 1951, 1952). */
async function* asGzip(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
  { method, crc, sizeBytes }: ZipMember,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);
  for await (const piece of pieces) {
    if (method !== 0) {
      yield piece;
      continue;
    }
    for (let at = 0; at < piece.length; at += MAX_STORED) {
      const stored = piece.subarray(at, at + MAX_STORED), { length } = stored;
      yield Uint8Array.of(0, length, length >> 8, ~length, ~length >> 8);
      yield stored;
    }
  }
  if (method === 0) yield Uint8Array.of(1, 0, 0, 0xff, 0xff);
  yield new Uint8Array(Uint32Array.of(crc, sizeBytes).buffer);
}

type Refuse = (expected: string, actual?: string, cause?: unknown) => never;

function refusalOf({ name }: ZipMember, source: string): Refuse {
  return (expected, actual, cause) => {
    const subject = `ZIP member ${quoteValue(name)}`;
    throw new DataError({ source, subject, expected, actual }, { cause });
  };
}

function requireMethod({ encrypted, method }: ZipMember, refuse: Refuse): void {
  if (encrypted) refuse("unencrypted");
  if (method !== 0 && method !== 8) refuse("stored or deflated", `compression method ${method}`);
}

function inflate(packed: Uint8Array, sizeBytes: number, refuse: Refuse): Uint8Array {
  if (sizeBytes > packed.length * MAX_DEFLATE_RATIO) {
    const expected = `at most ${MAX_DEFLATE_RATIO} times its compressed size ${packed.length}`;
    refuse(expected, `${sizeBytes} bytes`);
  }
  // One byte more than claimed, to detect a longer stream; fflate drops what does not fit.
  const out = new Uint8Array(sizeBytes + 1);
  try {
    return inflateSync(packed, { out });
  } catch (cause) {
    return refuse("a valid DEFLATE stream", undefined, cause);
  }
}

/** Where a member's data starts, by its local header. */
function dataStart(header: Uint8Array, { offsetBytes }: ZipMember): number | undefined {
  if (header.length < LOCAL_BYTES) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, LOCAL_BYTES);
  if (view.getUint32(0, true) !== LOCAL_HEADER) return undefined;
  return offsetBytes + LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
}
