/**
 * JSON lines as blocks of bytes, for known columns. Oracle: the reader of texts, which uses JSON.parse for each line,
 * and its refusals.
 */
import assert from "node:assert/strict";
import { JSONL_INPUT } from "../../src/cli/score/input/jsonl_input.ts";
import { ByteBlocks } from "../../src/formats/csv/byte_blocks.ts";
import { DataError, readJsonl } from "../../src/formats/mod.ts";
import { JsonNumber } from "../../src/formats/jsonl/json_number.ts";
import { JsonRows } from "../../src/formats/jsonl/json_rows.ts";
import { codecOf, type ColumnSchema } from "../../src/scoring/table/schema.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { fuzz } from "./util.ts";

const source = "t.jsonl";
const SCHEMA: readonly ColumnSchema[] = [
  { name: "n", kind: "numeric" },
  { name: 'köl:"n', kind: "categorical", levels: ["a", "b c", "é", "7", "true"] },
  { name: "t", kind: "timestamp" },
];
const CODECS = new Map(SCHEMA.map((column) => [column.name, codecOf(column)]));
const COLUMNS = SCHEMA.map((column, index) => ({
  name: column.name,
  index,
  codec: codecOf(column),
}));

/** Rows of all blocks of a file that arrives in pieces, and what is reported about its keys. */
function readPieces(bytes: Uint8Array, pieces: number, blockBytes: number, width?: number) {
  const blocks = new ByteBlocks(source, blockBytes, undefined, "lines");
  const reader = new JsonRows({ source, columns: COLUMNS, width });
  const data: number[] = [], unknown: string[] = [];
  let blank: number | undefined;
  const take = (block: ReturnType<typeof blocks.push>) => {
    if (!block) return;
    const read = reader.read(block);
    if (blank !== undefined && read.rows > 0) throw reader.blankFault(blank);
    blank ??= read.blankLine;
    data.push(...read.data);
    unknown.push(...read.keys?.unknown ?? []);
  };
  const size = Math.ceil(bytes.length / pieces);
  for (let at = 0; at < bytes.length; at += size) take(blocks.push(bytes.slice(at, at + size)));
  take(blocks.finish());
  if (data.length === 0) throw JSONL_INPUT.noRows(source, false);
  return { data, unknown };
}

/** The same by the reader of texts. */
function readTexts(bytes: Uint8Array) {
  const unknown: string[] = [], columns = SCHEMA.map(({ name }) => name);
  const { data } = readJsonl(bytes, {
    source,
    columns,
    mayLack: true,
    cells: (name) => CODECS.get(name)!,
    onNames: (names) => unknown.push(...names.filter((name) => !columns.includes(name))),
  });
  return { data: [...data], unknown };
}

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

Deno.test("rows from bytes equal those of JSON.parse, however they are cut and whichever keys they lack", () => {
  const random = new HostRandom(5, 0, 0);
  const numbers = [
    "1",
    "-2.5e-3",
    "0",
    "-0",
    "1E+30",
    "0.12345678901234567",
    "12345678901234567890",
  ];
  const pick = (from: readonly string[]) => from[random.below(from.length)];
  const cells: readonly [string, readonly string[]][] = [
    ['"n"', [...numbers, "null", '"7.5"', '""', '"NA"', "true"]],
    ['"k\\u00f6l:\\"n"', ['"a"', '"b c"', '"é"', '"\\u00e9"', '"x\\ny"', "7", "true", "null"]],
    ['"köl:\\"n"', ['"a"', '"b c"', '"é"', '"日本"', '"7"', "7.0", "false", "null"]],
    ['"t"', ['"2024-03-09"', '"2024-03-09T10:14:33Z"', "1709979273", "null"]],
    ['"extra"', ['"é"', '{"n":1,"t":[2]}', "[]", "0", '"}\\\\"']],
    ['"日"', ["null", "1"]],
  ];
  for (let round = 0; round < 80; round++) {
    const blank = random.below(2) ? "" : " ", lines: string[] = [];
    while (lines.length < 40) {
      const left = cells.filter(() => random.below(4) > 0), row: string[] = [];
      // A key in one spelling at a time, and at least one column of the model.
      const own = left.filter(([key], i) =>
        !(i > 0 && key === cells[2][0] && left[i - 1] === cells[1])
      );
      if (!own.some((cell) => cells.indexOf(cell) < 4)) continue;
      while (own.length > 0) {
        const [[key, values]] = own.splice(round % 3 ? 0 : random.below(own.length), 1);
        row.push(`${key}${blank}:${blank}${pick(values)}`);
      }
      lines.push(`{${blank}${row.join(`${blank},${blank}`)}${blank}}${blank}`);
    }
    const eol = round % 3 ? "\n" : "\r\n";
    const bytes = encode(lines.join(eol) + pick(["", eol, `${eol} ${eol}\t`]));
    const whole = readTexts(bytes);
    const cut = readPieces(bytes, 1 + random.below(30), 1 + random.below(400));
    assert.deepEqual(cut.data, whole.data, lines.join("\n"));
    assert.deepEqual(cut.unknown, whole.unknown);
  }
});

Deno.test("arrays from bytes are read by position", () => {
  const { data } = readPieces(
    encode('[1.5, "a", 7]\n[ null,7,null ]\r\n["2", "?", "1970-01-02"]'),
    3,
    1,
    3,
  );
  assert.deepEqual(data, [1.5, 0, 7, NaN, 3, NaN, 2, NaN, 86400]);
});

const FAULTS = [
  '{"n":1}\n{"n":NaN}\n',
  '{"n":1}\n{"n":01}\n',
  '{"n":1}\n{"n":+1}\n',
  '{"n":1}\n{"n":1.}\n',
  '{"n":1}\n{"n":.5}\n',
  '{"n":1}\n{"n":1e}\n',
  '{"n":1}\n{"n":1e999}\n',
  '{"n":1}\n{"n":-}\n',
  '{"n":1}\n{"n":1,}\n',
  '{"n":1}\n{"n":1 2}\n',
  '{"n":1}\n{"n":1}}\n',
  '{"n":1}\n{"n":1}{"n":2}\n',
  '{"n":1}\n{"n":nul}\n',
  '{"n":1}\n{"n":"oops"}\n',
  '{"n":1}\n{"n":"\t"}\n',
  '{"n":1}\n{"n":"1}\n',
  '{"n":1}\n{"n":[1]}\n',
  '{"n":1}\n{"n":{}}\n',
  '{"n":1,"t":1}\n{"n":1,"t":1,"n":2}\n',
  '{"n":1,"x":1}\n{"n":1,"x":1,"x":2}\n',
  '{"n":1,"x":1}\n{"n":1,"x":"\\q"}\n',
  '{"n":1,"x":1}\n{"n":1,"x":[1,]}\n',
  '{"n":1,"x":1}\n{"n":1,"x":[1}}\n',
  '{"n":1,"x":1}\n{"n":1,"x":{"a" 1}}\n',
  '{"n":1,"x":1}\n{"n":1,"x":{"a":"}\n',
  '{"n":1}\n{"t":"soon"}\n',
  '{"n":1}\n{"t":"soon","n":"oops"}\n',
  '{"n":1}\n{"x":1}\n',
  '{"n":1}\n{}\n',
  '{"n":1}\n[1,2,3]\n',
  '{"n":1}\n\n{"n":2}\n',
  '{"n":1}\n"n"\n',
  '{"n":1}\n{n:1}\n',
  "a,b\n1,2\n",
];

Deno.test("invalid bytes are refused with the message of the reader of texts, and their line", () => {
  const message = (read: () => unknown, fault: string) => {
    try {
      read();
    } catch (error) {
      assert.ok(error instanceof DataError, `${fault}: ${error}`);
      return error.message;
    }
    assert.fail(`not refused: ${fault}`);
  };
  for (const fault of FAULTS) {
    const bytes = encode(fault), expected = message(() => readTexts(bytes), fault);
    assert.match(expected, fault.startsWith("a") ? /\(line 1\)/ : /\(line 2\)/);
    assert.equal(message(() => readPieces(bytes, 1, 1000), fault), expected);
    assert.equal(message(() => readPieces(bytes, bytes.length, 1), fault), expected);
  }
});

Deno.test("fuzz: blocks of JSON lines are read like the text, or refused by both readers", () => {
  const line = '{"n":1.5,"köl:\\"n":"a","t":null,"x":"é"}\n{"n":-2e3,"t":"2024-03-09","n2":true}\n';
  let same = 0;
  fuzz(encode(line.repeat(2)), 3000, (mutant) => {
    const read = (by: () => { data: number[] }) => {
      try {
        return by().data;
      } catch (error) {
        if (error instanceof DataError) return error.expected;
        throw error;
      }
    };
    const whole = read(() => readTexts(mutant));
    // Invalid UTF-8 is found only when it is read, so another error may come first.
    if (whole === "UTF-8 text") {
      return assert.equal(typeof read(() => readPieces(mutant, 3, 50)), "string");
    }
    assert.deepEqual(read(() => readPieces(mutant, 3, 50)), whole);
    same++;
  });
  assert.ok(same > 1500, `${same}`);
});

Deno.test("keys that differ in every row do not take ever more memory", () => {
  const reader = new JsonRows({ source, columns: COLUMNS });
  let told = 0;
  for (let block = 0; block < 20; block++) {
    const rows = Array.from({ length: 1000 }, (_, r) => `{"n":${r},"id${1000 * block + r}":1}`);
    const bytes = encode(rows.join("\n"));
    const { data, keys } = reader.read({
      bytes,
      firstRow: 1000 * block,
      firstLine: 1,
      quoted: false,
    });
    assert.equal(data[3 * 999], 999);
    assert.deepEqual(keys?.lacking, SCHEMA.slice(1).map(({ name }) => name));
    told += keys?.unknown.length ?? 0;
  }
  assert.equal(told, 1000);
});

Deno.test("JsonNumber reads what JSON.parse reads, to the bit, and nothing else", () => {
  const random = new HostRandom(7, 0, 0), reader = new JsonNumber();
  const part = () =>
    [
      "0",
      "7",
      "007",
      "",
      `${random.below(1e9)}`,
      `${random.below(1e9)}${random.below(1e9)}`,
    ][random.below(6)];
  let read = 0;
  for (let i = 0; i < 60_000; i++) {
    const sign = ["", "", "-", "+"][random.below(4)],
      exponent = ["", "e", "E-", "e+"][random.below(4)];
    const text = `${sign}${part()}${random.below(2) ? `.${part()}` : ""}${exponent}${
      exponent && random.below(30)
    }`;
    const bytes = encode(text), end = reader.read(bytes, 0);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      assert.ok(end < bytes.length, text);
      continue;
    }
    read++;
    assert.equal(end, bytes.length, text);
    assert.ok(Object.is(reader.value, value), `${text}: ${reader.value}`);
  }
  assert.ok(read > 10_000, `${read}`);
});

Deno.test("lines are cut into blocks wherever the pieces end, after a quote as well", () => {
  const line = '{"n": 1, "text": "a \\"b\\" c"}\n', lines = 40;
  const bytes = new TextEncoder().encode(line.repeat(lines));
  for (let size = 1; size <= 2 * line.length; size++) {
    const blocks = new ByteBlocks(source, 100, undefined, "lines"), found = [];
    for (let at = 0; at < bytes.length; at += size) {
      found.push(blocks.push(bytes.slice(at, at + size)));
    }
    const whole = [...found, blocks.finish()].filter((block) => block !== undefined);
    let row = 0;
    for (const { bytes, firstRow } of whole) {
      assert.equal(firstRow, row);
      row += bytes.length / line.length;
      assert.ok(bytes.length % line.length === 0 && bytes.length < 100 + size + line.length);
    }
    assert.equal(row, lines);
  }
});
