/**
 * Reorders the functions of a module so that it compresses better. gzip looks back over 32 kB, which is 16 kB of a
 * module in hexadecimal, so similar functions help each other only if they are close. No function changes except for
 * the indices of those it calls.
 *
 * The order starts as a chain of similar functions. Then, repeatedly, one function is moved next to another, and the
 * move is kept unless the result is longer. The moves are the same in every build, so equal sources give equal bytes.
 */
import { gzipSync } from "node:zlib";
import { Reader, SECTION, sectionsOf, skipInstruction, unknown } from "./wasm_reader.ts";

/** Number of moves to try. Half as many achieve nine tenths of the gain. */
const MOVES = 1000;
/** Only functions of at least this size are moved. */
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
 * @throws TypeError for a module with features that `wasm_reader.ts` does not know
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
    // Park and Miller's generator: its products are exact in float64.
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

/**
 * A chain that starts with the largest function. Next comes the one that shares most with the last function, plus half
 * of what it shares with the one before that.
 */
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

/** Compressed size of the functions alone, in bytes. */
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

/** The functions of a module, and the offset of each index that refers to one; every index takes one byte. */
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

/** The entries of function tables. Only active segments at a constant offset are known. */
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
