/**
 * Bodies of numbers alone, read from their bytes. Oracle: `JSON.parse`. The result must be the same numbers, or none.
 */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/random/philox.ts";
import { readNumberRows } from "../../src/http/rows/number_rows.ts";
import { RowArena } from "../../src/http/rows/row_arena.ts";

const LARGEST = 1e150, encoder = new TextEncoder();

const read = (text: string, width: number) =>
  readNumberRows(encoder.encode(text), shapeOf(width), new RowArena())?.data;

function shapeOf(width: number) {
  return { columns: Array<string>(width).fill("x"), maxMagnitude: LARGEST };
}

/** The result of `JSON.parse`, if the body is rows of that many numbers and nothing else. */
function parsed(text: string, width: number): Float64Array | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { rows } = Object(body) as { rows?: unknown[] };
  if (Object.keys(Object(body)).join() !== "rows" || !Array.isArray(rows)) return undefined;
  const right = rows.length > 0 && rows.every((row) =>
    Array.isArray(row) && row.length === width &&
    row.every((cell) => typeof cell === "number" && Math.abs(cell) <= LARGEST)
  );
  return right ? Float64Array.from(rows.flat() as number[]) : undefined;
}

function requireSame(text: string, width: number): boolean {
  const want = parsed(text, width), got = read(text, width);
  // Any body may be left to the general reader.
  if (got !== undefined) assert.deepEqual(got, want, text);
  return got !== undefined;
}

Deno.test("numbers in every form are those of JSON.parse, to the last bit", () => {
  const random = new HostRandom(3, 0, 0), bits = new DataView(new ArrayBuffer(8));
  const uniform = () => random.u32() / 2 ** 32 + random.u32() / 2 ** 64;
  const any = () => {
    bits.setUint32(0, random.u32());
    bits.setUint32(4, random.u32());
    return bits.getFloat64(0);
  };
  const digits = (count: number) => Array.from({ length: count }, () => random.below(10)).join("");
  const forms: (() => string)[] = [
    () => `${any()}`,
    () => `${uniform() * 2 - 1}`,
    () => `${Math.fround(uniform())}`,
    () => (uniform() * 1000 - 500).toFixed(3),
    () => any().toExponential(random.below(20)),
    () => `-${1 + random.below(9)}${digits(random.below(24))}`,
    () => `0.${digits(1 + random.below(24))}E${random.below(60) - 30}`,
    () => `${random.below(99)}e+${random.below(30)}`,
    () => `${BigInt(2 ** 53) + BigInt(random.below(8) - 4)}`,
  ];
  for (let i = 0; i < 20_000; i++) {
    const text = forms[i % forms.length]();
    const read = requireSame(`{"rows":[[${text}]]}`, 1);
    assert.equal(read, Math.abs(Number(text)) <= LARGEST, text);
  }
});

Deno.test("bodies of rows of numbers are read with any white space; all others are left to the general reader", () => {
  const read = [
    '{"rows":[[1,2],[3,4]]}',
    ' { "rows" : [ [ 1 , 2 ] , [ 3\n,\r\t4 ] ] } ',
    '{"rows":[[-0,0]]}',
    `{"rows":[${Array(300).fill("[1.5,-2e3]").join()}]}`,
    `{"rows":[[1,2],${Array(300).fill("[-1234567.891,1e-300]").join()}]}`,
  ];
  for (const text of read) assert.ok(requireSame(text, 2), text);
  const left = [
    ...["", "{", "[]", "null", '{"rows":1}', '{"rows":[]}', '{"rows":[[]]}', '{"rows":[[1]]}'],
    ...['{"rows":[[1,2,3]]}', '{"rows":[[1,2],[3]]}', '{"rows":[[1,2],]}', '{"rows":[[1,2,]]}'],
    ...['{"rows":[[1,null]]}', '{"rows":[[1,"2"]]}', '{"rows":[[1,[2]]]}', '{"rows":[{"a":1}]}'],
    ...['{"rows":[[1,2]],"a":1}', '{"a":1,"rows":[[1,2]]}', '{"rows":[[1,2]],"rows":[[3,4]]}'],
    ...['{"rows":[[1,2]]}}', '{"rows":[[1,2]]', '{"rows":[[1,2]]} x', '{"Rows":[[1,2]]}'],
    ...['{"rows":[[01,2]]}', '{"rows":[[+1,2]]}', '{"rows":[[1.,2]]}', '{"rows":[[.5,2]]}'],
    ...['{"rows":[[1e,2]]}', '{"rows":[[1e+,2]]}', '{"rows":[[--1,2]]}', '{"rows":[[-,2]]}'],
    ...['{"rows":[[1 2]]}', '{"rows":[[1e999,2]]}', '{"rows":[[1e151,2]]}', '{"rows":[[NaN,2]]}'],
    ...['{"rows":[[0x1,2]]}', '{"rows":[[1_0,2]]}', '{"rows":[[1,2]]}\u00a0', "\ufeff{}"],
  ];
  for (const text of left) assert.ok(!requireSame(text, 2), text);
});

Deno.test("damaged bodies are read as JSON.parse reads them, or left to the general reader", () => {
  const random = new HostRandom(4, 0, 0);
  const letters = '{}[],:"rows0123456789.eE+- \n';
  let read = 0;
  for (let i = 0; i < 15_000; i++) {
    let text = '{"rows":[[12.5,-3e2],[0.25,70]]}';
    for (let k = 0; k < 1 + i % 2; k++) {
      const at = random.below(text.length);
      const letter = letters[random.below(letters.length)];
      text = text.slice(0, at) + [letter, "", letter + text[at]][i % 3] + text.slice(at + 1);
    }
    const isRead = requireSame(text, 2);
    // Every body of numbers alone is read here.
    assert.equal(isRead, parsed(text, 2) !== undefined, text);
    read += Number(isRead);
  }
  assert.ok(read > 1500, `${read} were read`);
});
