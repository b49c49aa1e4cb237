/**
 * Members of a ZIP archive, found through its central directory and inflated one at a time up to a limit.
 * Source: APPNOTE.TXT 6.3 (stored and deflated members); inflating is fflate 0.8.3.
 * Limits: no encryption, no ZIP64, no archive in several parts; CRC-32 and length of every member read are checked.
 *
 * A member may not claim more than 1032 times its compressed size, the most that DEFLATE can reach (258 bytes from 2
 * bits). Real columns of zeros come within 1 percent of that, so a lower limit would refuse valid files, and a higher
 * claim is false. Memory is protected by the limit on the total, checked before anything is allocated.
 */
import { inflateSync } from "npm:fflate@0.8.3";
import { crc32 } from "../../core/bytes/crc32.ts";
import { DataError, quoteValue } from "../errors.ts";

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const MAX_DEFLATE_RATIO = 1032;

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

/** Lists the members of an archive; repeated names are refused. */
export function listMembers(bytes: Uint8Array, source: string): Map<string, ZipMember> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  if (end < 0) throw new DataError({ source, expected: "a complete ZIP archive" });
  const count = view.getUint16(end + 10, true);
  const directoryBytes = view.getUint32(end + 12, true);
  let at = view.getUint32(end + 16, true);
  const damaged = (expected: string): never => {
    throw new DataError({ source, subject: "ZIP directory", expected });
  };
  if (at + directoryBytes !== end) {
    damaged("directly before the end record (ZIP64 is not supported)");
  }
  const members = new Map<string, ZipMember>();
  for (let index = 0; index < count; index++) {
    if (at + 46 > end || view.getUint32(at, true) !== DIRECTORY_ENTRY) damaged("complete");
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    const next = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > end) damaged("complete");
    const member: ZipMember = {
      name: new TextDecoder().decode(bytes.subarray(at + 46, nameEnd)),
      encrypted: (view.getUint16(at + 8, true) & 1) === 1,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packedBytes: view.getUint32(at + 20, true),
      sizeBytes: view.getUint32(at + 24, true),
      offsetBytes: view.getUint32(at + 42, true),
    };
    if (members.has(member.name)) {
      damaged(`free of repeated names: it has ${quoteValue(member.name)} twice`);
    }
    members.set(member.name, member);
    at = next;
  }
  if (at !== end) damaged("complete");
  return members;
}

/** The contents of one member; at most `maxBytes` are allocated. */
export function readMember(
  bytes: Uint8Array,
  member: ZipMember,
  maxBytes: number,
  source: string,
): Uint8Array {
  const subject = `ZIP member ${quoteValue(member.name)}`;
  const refuse = (expected: string, actual?: string, cause?: unknown): never => {
    throw new DataError({ source, subject, expected, actual }, { cause });
  };
  if (member.encrypted) refuse("unencrypted");
  if (member.method !== 0 && member.method !== 8) {
    refuse("stored or deflated", `compression method ${member.method}`);
  }
  if (member.sizeBytes > maxBytes) {
    refuse(`at most ${maxBytes} bytes long (the limit)`, `${member.sizeBytes} bytes`);
  }
  const packed = packedBytes(bytes, member);
  if (!packed) return refuse("inside the file");
  const contents = member.method === 0 ? packed : inflate(packed, member.sizeBytes, refuse);
  if (contents.length !== member.sizeBytes) refuse(`${member.sizeBytes} bytes long`);
  if (parseInt(crc32(contents), 16) !== member.crc) refuse("intact (its CRC-32 differs)");
  return contents;
}

type Refuse = (expected: string, actual?: string, cause?: unknown) => never;

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

function findEnd(view: DataView): number {
  const last = view.byteLength - 22;
  for (let at = last; at >= Math.max(0, last - 0xffff); at--) {
    if (view.getUint32(at, true) !== END_OF_DIRECTORY) continue;
    if (at + 22 + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  return -1;
}

function packedBytes(bytes: Uint8Array, member: ZipMember): Uint8Array | undefined {
  const at = member.offsetBytes;
  if (at + 30 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 30);
  if (view.getUint32(0, true) !== LOCAL_HEADER) return undefined;
  const start = at + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  const end = start + member.packedBytes;
  return end > bytes.length ? undefined : bytes.subarray(start, end);
}
