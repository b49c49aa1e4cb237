/**
 * Rearranges the functions of a module so that it compresses better: gzip looks back over 32 kB, which is 16 kB of a
 * module in hexadecimal, and similar functions that are farther apart gain nothing from one another. No function
 * changes except for the indices of those it calls.
 *
 * The order begins as a chain of similar functions; then one is moved beside another, again and again, if that is not
 * longer. The moves are the same in every build, so equal sources give equal bytes.
 */
import { gzipSync } from "node:zlib";
import { Reader, SECTION, sectionsOf, skipInstruction, unknown } from "./wasm_reader.ts";

/** Moves that are tried: half as many find nine tenths. */
const MOVES = 1000;
/** Functions that are worth moving. */
const LARGE_BYTES = 150;
const CALL = 0x10;

interface Functions {
  /** The bytes before, between and after the two lists below. */
  readonly rest: readonly [Uint8Array, Uint8Array, Uint8Array];
  readonly types: readonly Uint8Array[];
  readonly bodies: readonly Uint8Array[];
}

/**
 * The module with its functions in a better order.
 * @throws TypeError for a module that holds what is not known here
 */
export function compressible(
  module: Uint8Array<ArrayBuffer>,
  moves = MOVES,
): Uint8Array<ArrayBuffer> {
  const { functions, references } = read(module);
  const arrange = (order: readonly number[]) => {
    const changed = module.slice();
    for (const at of references) changed[at] = order.indexOf(module[at]);
    return joined(read(changed).functions, order);
  };
  return arrange(bestOrder(functions, moves));
}

function bestOrder(functions: Functions, moves: number): readonly number[] {
  let order = chained(functions), least = weight(functions, order), seed = 1;
  const large = [...functions.bodies.keys()].filter((i) =>
    functions.bodies[i].length >= LARGE_BYTES
  );
  const next = (below: number) => {
    // Park and Miller's generator: its products are exact.
    seed = seed * 48271 % 0x7fffffff;
    return seed % below;
  };
  for (let i = 0; i < moves; i++) {
    const moved = large[next(large.length)], tried = order.filter((each) => each !== moved);
    tried.splice(tried.indexOf(large[next(large.length)]) + next(2), 0, moved);
    const found = weight(functions, tried);
    if (found <= least) [order, least] = [tried, found];
  }
  return order;
}

/** Each function followed by the one that has most in common with it and, by half, with the one before, from the largest on. */
function chained(functions: Functions): readonly number[] {
  const left = new Set(functions.bodies.keys());
  const alone = functions.bodies.map((_, i) => weight(functions, [i]));
  const shared = (a: number | undefined, b: number) =>
    a === undefined ? 0 : alone[a] + alone[b] - weight(functions, [a, b]);
  const order = [alone.indexOf(Math.max(...alone))];
  for (left.delete(order[0]); left.size > 0; left.delete(order.at(-1)!)) {
    const gains = Array.from(
      left,
      (i) => [shared(order.at(-1), i) + shared(order.at(-2), i) / 2, i],
    );
    order.push(gains.reduce((best, each) => each[0] > best[0] ? each : best)[1]);
  }
  return order;
}

/** Compressed bytes of the functions alone. */
function weight({ bodies }: Functions, order: readonly number[]): number {
  return gzipSync(concat(order.map((i) => bodies[i])).toHex()).length;
}

function joined({ rest, types, bodies }: Functions, order: readonly number[]) {
  return concat([
    rest[0],
    ...order.map((i) => types[i]),
    rest[1],
    ...order.map((i) => bodies[i]),
    rest[2],
  ]);
}

/** The functions of a module, and the offsets at which the index of one is written, always in one byte. */
function read(bytes: Uint8Array): { functions: Functions; references: readonly number[] } {
  const sections = sectionsOf(bytes), references: number[] = [];
  if (sections.has(SECTION.start)) throw unknown("start", sections.get(SECTION.start)!.start);
  const types = new Reader(bytes, sections.get(SECTION.function)!.start);
  const code = new Reader(bytes, sections.get(SECTION.code)!.start);
  const refer = (reader: Reader) => {
    references.push(reader.at);
    if (reader.uint() >= count) throw unknown("index", reader.at);
  };
  const [count, bodyCount] = [types.uint(), code.uint()];
  if (count !== bodyCount || count > 0x7f) throw unknown("list of functions", types.at);
  const typesAt = types.at, codeAt = code.at;
  const ofTypes = parts(bytes, types, count, () => types.uint());
  const bodies = parts(bytes, code, count, () => {
    const end = code.uint() + code.at;
    code.list(() => [code.uint(), code.byte()]);
    while (code.at < end) {
      if (bytes[code.at] !== CALL) skipInstruction(code);
      else code.at++, refer(code);
    }
  });
  const exported = new Reader(bytes, sections.get(SECTION.export)!.start);
  exported.list(() => {
    exported.text();
    if (exported.byte() === 0) refer(exported);
    else exported.uint();
  });
  const elements = sections.get(SECTION.element);
  if (elements) referElements(new Reader(bytes, elements.start), refer);
  const rest = [
    bytes.slice(0, typesAt),
    bytes.slice(types.at, codeAt),
    bytes.slice(code.at),
  ] as const;
  return { functions: { rest, types: ofTypes, bodies }, references };
}

/** Tables: active ones of functions, which begin at a constant. */
function referElements(reader: Reader, refer: (reader: Reader) => void): void {
  reader.list(() => {
    if (reader.uint() !== 0 || reader.byte() !== 0x41) throw unknown("table", reader.at);
    reader.skipInt();
    if (reader.byte() !== 0x0b) throw unknown("table", reader.at);
    reader.list(() => refer(reader));
  });
}

function parts(bytes: Uint8Array, reader: Reader, count: number, skip: () => void): Uint8Array[] {
  return Array.from({ length: count }, () => {
    const from = reader.at;
    skip();
    return bytes.slice(from, reader.at);
  });
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
