/**
 * Reads WebAssembly modules, as far as AssemblyScript uses the binary format (WebAssembly 3.0, chapter 5). Refuses
 * anything it does not know.
 */

export const SECTION = {
  type: 1,
  import: 2,
  function: 3,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
} as const;
export class Reader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    if (this.at >= this.bytes.length) throw unknown("end", this.at);
    return this.bytes[this.at++];
  }

  uint(): number {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  /** Skips a signed number; it ends like an unsigned one. */
  skipInt(): void {
    this.uint();
  }

  text(): string {
    const length = this.uint();
    return new TextDecoder().decode(this.bytes.subarray(this.at, this.at += length));
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: this.uint() }, read);
  }
}

/** For each section, where its length field is and where its contents start. */
export function sectionsOf(bytes: Uint8Array): Map<number, { length: number; start: number }> {
  const reader = new Reader(bytes, 8), sections = new Map();
  while (reader.at < bytes.length) {
    const id = reader.byte(), length = reader.at, size = reader.uint();
    sections.set(id, { length, start: reader.at });
    reader.at += size;
  }
  return sections;
}

/** Skips one instruction. @returns its number if it is a vector instruction */
export function skipInstruction(code: Reader): number | undefined {
  const op = code.byte();
  if (op === 0xfd) return skipVector(code);
  if (op === 0xfe) {
    // Atomic instructions: a fence has one byte, all others have an address.
    if (code.uint() === 3) code.byte();
    else skipAddress(code);
  } else if (op === 0xfc) skipBulk(code);
  else if (op >= 0x02 && op <= 0x04) code.skipInt(); // block, loop, if
  else if (op === 0x0e) code.list(() => code.uint()), code.uint(); // br_table
  else if (op === 0x11) code.uint(), code.uint(); // call_indirect
  else if (op === 0x0c || op === 0x0d || op === 0x10 || (op >= 0x20 && op <= 0x26)) code.uint();
  else if (op >= 0x28 && op <= 0x3e) skipAddress(code);
  else if (op === 0x3f || op === 0x40) code.byte(); // memory.size, memory.grow
  else if (op === 0x41 || op === 0x42) code.skipInt(); // constants
  else if (op === 0x43) code.at += 4;
  else if (op === 0x44) code.at += 8;
  else if (op === 0x1c) code.list(() => code.byte()); // select with types
  else if (!isPlain(op)) throw unknown("instruction", code.at - 1);
  return undefined;
}

function isPlain(op: number): boolean {
  return [0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b].includes(op) || (op >= 0x45 && op <= 0xc4);
}

function skipVector(code: Reader): number {
  const op = code.uint();
  if (op <= 11 || op === 92 || op === 93) skipAddress(code);
  else if (op === 12 || op === 13) code.at += 16;
  else if (op >= 21 && op <= 34) code.byte();
  else if (op >= 84 && op <= 91) skipAddress(code), code.byte();
  return op;
}

function skipBulk(code: Reader): void {
  const op = code.uint();
  if (op === 10) code.at += 2; // memory.copy
  else if (op === 11) code.at += 1; // memory.fill
  else if (op > 7) throw unknown("instruction", code.at);
}

function skipAddress(code: Reader): void {
  code.uint();
  code.uint();
}

export function unknown(what: string, at: number): TypeError {
  return new TypeError(`Cannot read module: the ${what} at byte ${at} is not known here`);
}
