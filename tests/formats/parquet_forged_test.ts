/**
 * Parquet pages whose numbers are forged: a few bytes that claim gigabytes, or work without end. Oracle: the format's
 * Encodings.md, after which the pages are written here byte by byte.
 */
import assert from "node:assert/strict";
import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import { type CompressionCodec, parquetMetadata } from "npm:hyparquet@1.31.5";
import { readAnyTable } from "../../src/formats/mod.ts";

const ROWS = 4000, HUGE = 2 ** 31 - 1;

/** Codes of the format. */
const DATA = 0, DICTIONARY = 2, DATA_V2 = 3;
const PLAIN = 0, DELTA = 5, DELTA_BYTE_ARRAY = 7, RLE_DICTIONARY = 8;

function varint(value: number): number[] {
  return value < 128 ? [value] : [value % 128 + 128, ...varint(Math.floor(value / 128))];
}

const zigzag = (value: number) => varint(value < 0 ? -2 * value - 1 : 2 * value);

/** A struct of Thrift's compact protocol, with numbers and structs by the id of their field. */
function struct(fields: Readonly<Record<number, number | boolean | number[]>>): number[] {
  let last = 0;
  const bytes = Object.entries(fields).flatMap(([id, value]) => {
    const step = (Number(id) - last) << 4;
    last = Number(id);
    if (typeof value === "boolean") return [step | (value ? 1 : 2)];
    return typeof value === "number" ? [step | 5, ...zigzag(value)] : [step | 12, ...value];
  });
  return [...bytes, 0];
}

const LENGTH = (
  bytes: readonly number[],
) => [...new Uint8Array(new Uint32Array([bytes.length]).buffer)];

/** A page of version 1, of the size that it has unless that is given. */
function page(body: number[], values = ROWS, encoding = PLAIN, size = body.length): number[] {
  const head = {
    1: DATA,
    2: size,
    3: body.length,
    5: struct({ 1: values, 2: encoding, 3: 3, 4: 3 }),
  };
  return [...struct(head), ...body];
}

function dictionary(body: number[], values: number, size = body.length): number[] {
  const head = {
    1: DICTIONARY,
    2: size,
    3: body.length,
    7: struct({ 1: values, 2: PLAIN }),
  };
  return [...struct(head), ...body];
}

/** A page of version 2 of a column without nulls, which has no levels. */
function pageV2(body: number[], values: number, nulls = 0): number[] {
  const about = { 1: values, 2: nulls, 3: values, 4: RLE_DICTIONARY, 5: 0, 6: 0, 7: false };
  return [...struct({ 1: DATA_V2, 2: body.length, 3: body.length, 8: struct(about) }), ...body];
}

/** Definition levels of version 1: one run. */
function levels(run: number[]): number[] {
  return [...LENGTH(run), ...run];
}

/** `count` times the value of `width` bits. */
function run(count: number, value: number[]): number[] {
  return [...varint(2 * count), ...value];
}

/** The numbers 0, step, 2 step, … as differences. */
function multiples(count: number, step: number): number[] {
  const blocks = Array.from({ length: Math.ceil((count - 1) / 128) }, () => [...zigzag(step), 0]);
  return [...varint(128), ...varint(1), ...varint(count), ...zigzag(0), ...blocks.flat()];
}

interface Kind {
  readonly type?: "DOUBLE" | "INT64" | "BYTE_ARRAY";
  readonly nullable?: boolean;
  readonly codec?: CompressionCodec;
}

const VALUES = {
  DOUBLE: Math.sin,
  INT64: BigInt,
  BYTE_ARRAY: (r: number) => new TextEncoder().encode(`${Math.sin(r)}`),
};

/** A file of one column, with these pages in place of its own. */
function forged(pages: number[], kind: Kind = {}): Uint8Array {
  const { type = "DOUBLE", nullable = false, codec = "UNCOMPRESSED" } = kind;
  const file = new Uint8Array(parquetWriteBuffer({
    columnData: [{
      name: "c",
      data: Array.from({ length: ROWS }, (_, r) => VALUES[type](r)),
      encoding: "PLAIN",
    }],
    schema: [
      { name: "root", num_children: 1 },
      { name: "c", type, repetition_type: nullable ? "OPTIONAL" : "REQUIRED" },
    ],
    codec,
    rowGroupSize: ROWS,
    pageSize: 1024,
    compressors: { ZSTD: (bytes) => bytes, LZ4_RAW: (bytes) => bytes },
  }));
  const [{ columns: [{ meta_data }] }] = parquetMetadata(file.buffer).row_groups;
  assert.ok(pages.length <= meta_data!.total_compressed_size);
  file.set(pages, 4);
  return file;
}

const DOUBLES = [...new Uint8Array(Float64Array.from({ length: ROWS }, (_, r) => r).buffer)];
const ONE_TEXT = [1, 0, 0, 0, 65];

const SNAPPY: Kind = { codec: "SNAPPY" }, ZSTD: Kind = { codec: "ZSTD" };
const NULLABLE: Kind = { nullable: true }, TEXT: Kind = { type: "BYTE_ARRAY" };

/** The head of a frame of Zstandard that does not state its size, with a window of 2 GiB less 1/8 or of 8 MiB. */
const frame = (isHuge: boolean) => [0x28, 0xb5, 0x2f, 0xfd, 0, isHuge ? 167 : 13 << 3];

/** Blocks of 128 KiB of one value, in four bytes each. */
function blocks(count: number): number[] {
  const block = (isLast: boolean) => [...[isLast ? 3 : 2, 0x00, 0x10], 7];
  return Array.from({ length: count }, (_, i) => block(i === count - 1)).flat();
}

/** 0, in 41 bytes. */
const LONG_ZERO = [...Array(40).fill(128), 0];

/** Blocks of 128 differences of 0, in 4 parts of no bits. */
const blocksOf = (count: number) => Array(5 * Math.ceil(count / 128)).fill(0);

/** Pages that claim more than any real file of this size has. */
const LONG: Readonly<Record<string, readonly [number[], Kind?]>> = {
  "a size that nothing unpacks to": [page([1, 2, 3], ROWS, PLAIN, HUGE), SNAPPY],
  "texts that repeat more than their page has": [
    page([...multiples(ROWS, 256), ...multiples(ROWS, 0)], ROWS, DELTA_BYTE_ARRAY),
    TEXT,
  ],
};

const FORGED: Readonly<Record<string, readonly [number[], Kind?]>> = {
  "more values than rows": [page(DOUBLES.slice(0, 80), HUGE)],
  "more values than the page has bytes for": [page(DOUBLES.slice(0, 81), ROWS)],
  "a negative number of values": [page([], -1)],
  "a header with a number of more than 64 bits": [
    [
      ...struct({ 1: DATA, 2: 8 * ROWS, 3: 8 * ROWS, 5: struct({ 1: ROWS, 2: 0, 3: 3, 4: 3 }) })
        .slice(0, -1),
      ...[0xa6, ...LONG_ZERO, 0],
      ...DOUBLES,
    ],
  ],
  "differences with a number of more than 64 bits": [
    page([...varint(128), 4, ...varint(ROWS), ...LONG_ZERO, ...blocksOf(ROWS)], ROWS, DELTA),
    { type: "INT64" },
  ],
  "differences in parts of 8, of which hyparquet reads a number of more than 64 bits": [
    page(
      [8, 1, ...varint(ROWS), 0, ...[0, 1, 0], ...[0, 255, ...Array(255).fill(255)]]
        .concat(Array(ROWS).fill(0)),
      ROWS,
      DELTA,
    ),
    { type: "INT64" },
  ],
  "a frame with a window of two gibibytes": [
    page([...frame(true), ...blocks(1)], ROWS, PLAIN, 8 * ROWS),
    ZSTD,
  ],
  "a frame of more bytes than its page": [
    page([...frame(false), ...blocks(3000)], ROWS, PLAIN, 8 * ROWS),
    ZSTD,
  ],
  "a run of levels past the rows": [page(levels(run(2 ** 24, [0]))), NULLABLE],
  "a run of indices past the rows": [
    [...dictionary(ONE_TEXT, 1), ...page([1, ...run(2 ** 24, [0])], ROWS, RLE_DICTIONARY)],
    TEXT,
  ],
  "a dictionary of more values than bytes": [dictionary(ONE_TEXT, HUGE), TEXT],
  "packed indices without bits": [
    [...dictionary(ONE_TEXT, 1), ...pageV2([0, ...varint(2 ** 29 + 1)], ROWS)],
    TEXT,
  ],
  "more nulls than values": [pageV2([1, ...run(ROWS, [0])], ROWS, HUGE), NULLABLE],
  "a header of empty lists": [
    [
      ...struct({ 1: DATA, 2: 4 * ROWS, 3: 4 * ROWS, 5: struct({ 1: ROWS, 2: 0, 3: 3, 4: 3 }) })
        .slice(0, -1),
      ...[0x49, 0xfc, ...varint(70_000), ...Array(70_001).fill(0)],
      ...Array(4 * ROWS).fill(0),
    ],
    TEXT,
  ],
};

for (const [name, [pages, kind]] of Object.entries(FORGED)) {
  Deno.test(`a forged Parquet page is refused before it is decoded: ${name}`, async () => {
    await assert.rejects(
      readAnyTable("t.parquet", forged(pages, kind), { cells: "any" }),
      /t\.parquet: expected a complete Parquet file, got a damaged one/,
    );
  });
}

for (const [name, [pages, kind]] of Object.entries(LONG)) {
  Deno.test(`a Parquet page is refused before it is unpacked: ${name}`, async () => {
    await assert.rejects(
      readAnyTable("t.parquet", forged(pages, kind), { cells: "any" }),
      /t\.parquet, column "c": expected a row group that unpacks to at most \d+ bytes \(write smaller ones\), got more/,
    );
  });
}

for (
  const [name, bytes] of [
    ["a number without end", [0x06, ...Array(2 ** 22 - 10).fill(255)]],
    ["lists of lists of any length", [
      0x19,
      ...Array(5000).fill([0xf9, ...varint(2 ** 25)]).flat(),
    ]],
    ["structs in structs", Array(2 ** 20).fill(0x1c)],
    ["a text past its end", [0x18, ...varint(HUGE)]],
    [
      "a number without end in a text, behind an end that has a step",
      [
        ...[0x19, 0x29, 0x1c, 0x10, 0xf6, 3, 0x18, ...varint(30_000), ...Array(30_000).fill(255)],
        ...[0, 0x03, 0],
      ],
    ],
  ] as const
) {
  Deno.test(`Parquet metadata is refused before it is read: ${name}`, async () => {
    const file = new Uint8Array(bytes.length + 12), text = new TextEncoder().encode("PAR1");
    file.set(text);
    file.set(bytes, 4);
    new DataView(file.buffer).setUint32(bytes.length + 4, bytes.length, true);
    file.set(text, bytes.length + 8);
    await assert.rejects(
      readAnyTable("t.parquet", file),
      /a damaged one \(Cannot read (number|metadata)/,
    );
  });
}

Deno.test("a Parquet file of nothing but metadata is refused before that is read, for its size alone", async () => {
  const bytes = 2 ** 22 + 2 ** 17, file = new Uint8Array(bytes + 12);
  file.set(new TextEncoder().encode("PAR1"));
  // A schema of empty elements, of one byte each.
  file.set([0x19, 0xfc, ...varint(bytes - 10)], 4);
  new DataView(file.buffer).setUint32(bytes + 4, bytes, true);
  file.set(new TextEncoder().encode("PAR1"), bytes + 8);
  const size = file.length, max = 2 ** 22 + Math.floor(size / 64);
  await assert.rejects(readAnyTable("t.parquet", file), {
    name: "DataError",
    message:
      `Cannot read t.parquet: expected at most ${max} bytes of metadata in a file of ${size}, got ${bytes} (write fewer, larger row groups)`,
  });
  new DataView(file.buffer).setUint32(bytes + 4, size - 7, true);
  await assert.rejects(readAnyTable("t.parquet", file), /a damaged one \(\d+ bytes of metadata in/);
});

Deno.test("pages written here by hand are read if nothing in them is forged", async () => {
  const read = async (pages: number[], kind?: Kind) => {
    const { data, texts, rows } = await readAnyTable("t.parquet", forged(pages, kind), {
      cells: "any",
    });
    assert.equal(rows, ROWS);
    return texts?.[0] ?? [...data];
  };
  const expected = Array.from({ length: ROWS }, (_, r) => r);
  assert.deepEqual(await read(page(DOUBLES)), expected);
  const equal = [...varint(128), 4, ...varint(ROWS), 0, ...blocksOf(ROWS)];
  assert.deepEqual(await read(page(equal, ROWS, DELTA), { type: "INT64" }), Array(ROWS).fill(0));
  const half = [...levels([...run(1000, [1]), ...run(3000, [0])]), ...DOUBLES.slice(0, 8000)];
  assert.deepEqual(
    await read(page(half), NULLABLE),
    expected.map((r) => r < 1000 ? r : NaN),
  );
  const one = [...dictionary(ONE_TEXT, 1), ...pageV2([0, ...run(ROWS, [])], ROWS)];
  assert.deepEqual(await read(one, TEXT), ["A"]);
});

Deno.test("an empty dictionary, which LZ4 packs to a byte, is read: pyarrow writes one for a column of nulls", async () => {
  const nulls = [...levels(run(ROWS, [0])), 0], packed = [nulls.length << 4, ...nulls];
  const pages = [
    ...dictionary([0], 0, 0),
    ...page(packed, ROWS, RLE_DICTIONARY, nulls.length),
  ];
  const file = forged(pages, { ...NULLABLE, codec: "LZ4_RAW" });
  const { data } = await readAnyTable("t.parquet", file, { cells: "any" });
  assert.deepEqual([...data], Array(ROWS).fill(NaN));
});
