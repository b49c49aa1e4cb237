/**
 * The central directory of a ZIP archive, which lists its members and lies at its end.
 * Source: APPNOTE.TXT 6.3, with ZIP64 (4.3.14, 4.5.3) for archives of more than 4 GiB. Limits: no archive in several
 * parts.
 */
import { DataError, quoteValue } from "../errors.ts";

const END_OF_DIRECTORY = 0x06054b50, END_BYTES = 22;
const LARGE_LOCATOR = 0x07064b50, LOCATOR_BYTES = 20;
const LARGE_END = 0x06064b50, LARGE_END_BYTES = 56;
const DIRECTORY_ENTRY = 0x02014b50, ENTRY_BYTES = 46;
const LARGE_FIELD = 1, LARGE = 0xffffffff;

/** A comment of this length may follow the directory. */
const MAX_COMMENT = 0xffff;

/** The end of a file that says where the directory is. */
export const TAIL_BYTES: number = MAX_COMMENT + END_BYTES + LOCATOR_BYTES + LARGE_END_BYTES;

/** A member as the central directory describes it. */
export interface ZipMember {
  /** Name with folders, as stored. */
  readonly name: string;
  /** 0 = stored, 8 = deflated. */
  readonly method: number;
  /** Whether it is encrypted. */
  readonly encrypted: boolean;
  /** CRC-32 of the contents. */
  readonly crc: number;
  /** Bytes in the archive. */
  readonly packedBytes: number;
  /** Bytes of the contents. */
  readonly sizeBytes: number;
  /** Where its local header starts. */
  readonly offsetBytes: number;
}

/** Where the directory is. */
export interface DirectoryPlace {
  readonly start: number;
  readonly end: number;
  /** The number of its entries. */
  readonly count: number;
}

/**
 * Finds the directory.
 * @param tail the last bytes of the file, TAIL_BYTES of them if it has as many
 * @param fileBytes the size of the file
 */
export function findDirectory(tail: Uint8Array, fileBytes: number, source: string): DirectoryPlace {
  const view = viewOf(tail), end = findEnd(view), before = fileBytes - tail.length;
  if (end < 0) throw new DataError({ source, expected: "a complete ZIP archive" });
  const large = findLargeEnd(view, end, before);
  const place = large ?? {
    start: view.getUint32(end + 16, true),
    end: before + end,
    count: view.getUint16(end + 10, true),
  };
  const bytes = large?.bytes ?? view.getUint32(end + 12, true);
  if (place.start + bytes === place.end) return place;
  const expected = "directly before the end record";
  throw new DataError({ source, subject: "ZIP directory", expected });
}

function findEnd(view: DataView): number {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT); at--) {
    if (view.getUint32(at, true) !== END_OF_DIRECTORY) continue;
    if (at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  return -1;
}

/** The end record of ZIP64, if there is one. */
function findLargeEnd(view: DataView, end: number, before: number) {
  const locator = end - LOCATOR_BYTES, at = locator - LARGE_END_BYTES;
  if (at < 0 || view.getUint32(locator, true) !== LARGE_LOCATOR) return undefined;
  if (view.getUint32(at, true) !== LARGE_END) return undefined;
  return {
    start: wide(view, at + 48),
    end: before + at,
    count: wide(view, at + 32),
    bytes: wide(view, at + 40),
  };
}

/** The members in a directory; repeated names are refused. */
export function parseDirectory(
  bytes: Uint8Array,
  count: number,
  source: string,
): Map<string, ZipMember> {
  const view = viewOf(bytes), members = new Map<string, ZipMember>();
  const damaged = (expected: string): never => {
    throw new DataError({ source, subject: "ZIP directory", expected });
  };
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + ENTRY_BYTES > bytes.length || view.getUint32(at, true) !== DIRECTORY_ENTRY) {
      damaged("complete");
    }
    const nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    if (next > bytes.length) damaged("complete");
    const sizes = [24, 20, 42].map((field) => view.getUint32(at + field, true));
    const [sizeBytes, packedBytes, offsetBytes] = widened(view, sizes, nameEnd, extraEnd);
    const member: ZipMember = {
      name: new TextDecoder().decode(bytes.subarray(at + ENTRY_BYTES, nameEnd)),
      encrypted: (view.getUint16(at + 8, true) & 1) === 1,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      ...{ packedBytes, sizeBytes, offsetBytes },
    };
    if (members.has(member.name)) {
      damaged(`free of repeated names: it has ${quoteValue(member.name)} twice`);
    }
    members.set(member.name, member);
    at = next;
  }
  if (at !== bytes.length) damaged("complete");
  return members;
}

/** Sizes of which those that take more than 32 bits are in the extra fields from `at` to `end`. */
function widened(view: DataView, sizes: readonly number[], at: number, end: number): number[] {
  while (at + 4 <= end && view.getUint16(at, true) !== LARGE_FIELD) {
    at += 4 + view.getUint16(at + 2, true);
  }
  const last = Math.min(end, at + 4 <= end ? at + 4 + view.getUint16(at + 2, true) : at);
  let next = at + 4;
  return sizes.map((size) => {
    if (size !== LARGE || next + 8 > last) return size;
    next += 8;
    return wide(view, next - 8);
  });
}

function wide(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
