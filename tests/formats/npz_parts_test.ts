/** NPZ read in parts from a file. Oracle: the same bytes read whole, and their refusals; archives of ZIP64 by hand. */
import assert from "node:assert/strict";
import {
  encodeNpy,
  encodeNpz,
  readNpy,
  readNpz,
  type ReadTableOptions,
  type Table,
} from "../../src/formats/mod.ts";
import { sampleOf } from "../../src/formats/sample/read_sample.ts";
import { openFile, openTable } from "../../src/formats/sample/table_parts.ts";
import { zipSync } from "npm:fflate@0.8.3";
import { ANY, most, piecesOf, readSample, TestFile } from "./in_pieces.ts";
import { golden, seededIntegers } from "./util.ts";

const ROWS = 60_000;
const NUMBERS = Float64Array.from({ length: 3 * ROWS }, (_, i) => i % 3 === 2 ? i % 2 : i / 7);
const LABELS = Uint8Array.from({ length: ROWS }, (_, r) => r % 5 === 0 ? 1 : 0);
const X = encodeNpy(NUMBERS, [ROWS, 3]);

function zip(members: Record<string, Uint8Array>, level: 0 | 6 = 6): Uint8Array<ArrayBuffer> {
  return new Uint8Array(zipSync(members, { level }));
}

/** The table read in parts, or what it was refused for. */
async function inParts(
  bytes: Uint8Array<ArrayBuffer>,
  options: ReadTableOptions = {},
): Promise<Table | string> {
  const file = new TestFile(bytes);
  try {
    return await sampleOf(openFile("t.npz", file, ".npz"), options, most(Infinity));
  } catch (error) {
    assert.ok(error instanceof TypeError, `${error}`);
    return error.message;
  } finally {
    assert.ok(file.isClosed);
  }
}

function whole(bytes: Uint8Array, options: ReadTableOptions = {}): Table | string {
  try {
    return readNpz(bytes, { source: "t.npz", ...options });
  } catch (error) {
    return (error as Error).message;
  }
}

Deno.test("an archive read in parts is the table, or the refusal, of the archive read whole", async () => {
  const y = encodeNpy(LABELS, [ROWS]), gap = NUMBERS.with(70_000, NaN);
  const cases: [Uint8Array<ArrayBuffer>, ReadTableOptions][] = [
    [zip({ "X.npy": X, "y.npy": y }), {}],
    [zip({ "X.npy": X, "y.npy": y }, 0), { columns: ["x2", "x0"] }],
    [zip({ "X.npy": X, "y.npy": encodeNpy(LABELS, [ROWS, 1]) }), { label: "y" }],
    [zip({ "x.npy": X, "why.npy": y }), { label: "why" }],
    [zip({ "rows.npy": X }), { label: "x2" }],
    [zip({ "X.npy": encodeNpy(gap, [ROWS, 3]), "y.npy": y }), ANY],
    [new Uint8Array(encodeNpz(new Map([["X", { data: NUMBERS, shape: [ROWS, 3] }]]))), {}],
    ...["stored.npz", "deflated.npz", "no_label.npz", "zeros.npz"].map((name) =>
      [golden(name), {}] as [Uint8Array<ArrayBuffer>, ReadTableOptions]
    ),
    // Refused:
    [zip({ "X.npy": encodeNpy(gap, [ROWS, 3]) }), {}],
    [zip({ "X.npy": X, "y.npy": encodeNpy(LABELS.subarray(1), [ROWS - 1]) }), {}],
    [
      zip({ "X.npy": X, "y.npy": encodeNpy(Float32Array.from(LABELS).with(50_000, NaN), [ROWS]) }),
      {},
    ],
    [zip({ "X.npy": X.subarray(0, -8) }), {}],
    [zip({ "X.npy": encodeNpy(new Float64Array(), [0, 3]) }), {}],
    [zip({ "a.npy": X, "b.npy": X }), {}],
    [zip({ "X.npy": X }), { label: "z" }],
    [golden("no_rows.npz"), {}],
    [zip({}), {}],
  ];
  for (const [i, [bytes, options]] of cases.entries()) {
    const expected = whole(bytes, options);
    assert.equal(typeof expected === "string", i >= 11, `${i}: ${expected}`);
    assert.deepEqual(await inParts(bytes, options), expected, `${i}`);
  }
});

Deno.test("a label that is neither normal nor an anomaly is left out, and reported once", async () => {
  const y = encodeNpy(Float32Array.from(LABELS).with(50_000, NaN), [ROWS]), said: string[] = [];
  const onLabelFault = (error: Error) => said.push(error.message);
  const table = await inParts(zip({ "X.npy": X, "y.npy": y }), { onLabelFault });
  assert.ok(typeof table !== "string");
  assert.deepEqual([table.rows, table.label, said.length], [ROWS, undefined, 1]);
  assert.match(said[0], /^Cannot read t.npz, row 50001, column "y": /);
});

Deno.test("no more of an archive is in memory than a piece; a long member of columns is refused", async () => {
  const file = new TestFile(zip({ "X.npy": X }, 0));
  await sampleOf(openFile("t.npz", file, ".npz"), {}, most(10));
  assert.equal(file.largest, 2 ** 18);
  const byColumns = X.slice();
  const header = new TextDecoder("latin1").decode(byColumns.subarray(0, 128));
  byColumns.set(new TextEncoder().encode("True "), header.indexOf("False"));
  assert.match(
    await inParts(zip({ "X.npy": byColumns }), { maxInflatedBytes: 2 ** 20 }) as string,
    /^Cannot read t.npz \(X\): array data must be at most 1048576 bytes long if it is stored by columns/,
  );
});

Deno.test("a damaged archive is refused, or read as it was, in parts as well", async () => {
  const next = seededIntegers(7);
  for (const name of ["stored.npz", "deflated.npz"]) {
    const bytes = golden(name), expected = await inParts(bytes) as Table;
    let refused = 0;
    for (let i = 0; i < 1000; i++) {
      const mutant = bytes.slice(0, i % 2 ? undefined : next(bytes.length));
      if (i % 2) mutant[next(bytes.length)] ^= 1 + next(255);
      const read = await inParts(mutant);
      if (typeof read === "string") {
        assert.match(read, /^Cannot read /);
        refused++;
      } // A member renamed by chance is no label, or one column.
      else if (read.label && read.data.length === expected.data.length) {
        assert.deepEqual([read.data, read.label], [expected.data, expected.label], `${name} ${i}`);
      }
    }
    assert.ok(refused > 700, `${refused}`);
  }
});

/** The same archive of one member, with sizes and places in the fields of ZIP64. */
function asLarge(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const end = bytes.length - 22, view = new DataView(bytes.buffer, bytes.byteOffset);
  const start = view.getUint32(end + 16, true), entry = bytes.slice(start, end);
  const wide = new DataView(new ArrayBuffer(28)), from = new DataView(entry.buffer);
  wide.setUint16(0, 1, true);
  wide.setUint16(2, 24, true);
  [24, 20, 42].forEach((field, i) => {
    wide.setBigUint64(4 + 8 * i, BigInt(from.getUint32(field, true)), true);
    from.setUint32(field, 0xffffffff, true);
  });
  from.setUint16(30, 28, true);
  const nameEnd = 46 + from.getUint16(28, true);
  const directory = [...entry.subarray(0, nameEnd), ...new Uint8Array(wide.buffer)];
  const large = new DataView(new ArrayBuffer(56 + 20 + 22));
  large.setUint32(0, 0x06064b50, true);
  large.setBigUint64(4, 44n, true);
  large.setBigUint64(32, 1n, true);
  large.setBigUint64(40, BigInt(directory.length), true);
  large.setBigUint64(48, BigInt(start), true);
  large.setUint32(56, 0x07064b50, true);
  large.setBigUint64(64, BigInt(start + directory.length), true);
  large.setUint32(76, 0x06054b50, true);
  large.setUint16(86, 0xffff, true);
  large.setUint32(88, 0xffffffff, true);
  large.setUint32(92, 0xffffffff, true);
  return new Uint8Array([...bytes.slice(0, start), ...directory, ...new Uint8Array(large.buffer)]);
}

Deno.test("an archive with the fields of ZIP64, as one of more than 4 GiB has them, is read", async () => {
  const bytes = zip({ "X.npy": X.subarray(0) }), large = asLarge(bytes);
  assert.deepEqual(whole(large), whole(bytes));
  assert.deepEqual(await inParts(large), whole(bytes));
});

Deno.test("an archive that arrives in pieces is kept in a file if there is one, else in memory", async () => {
  const bytes = zip({ "X.npy": X });
  assert.deepEqual(await readSample("-", piecesOf(bytes, 9999), {}, most(Infinity)), {
    ...whole(bytes) as Table,
    source: "-",
  });
});

/** The same array stored by columns, as pandas gives it to numpy. */
function byColumns(): Uint8Array<ArrayBuffer> {
  const bytes = X.slice(), values = new Float64Array(bytes.buffer, 128);
  const header = new TextDecoder("latin1").decode(bytes.subarray(0, 128));
  bytes.set(new TextEncoder().encode("True "), header.indexOf("False"));
  for (let r = 0; r < ROWS; r++) {
    for (let c = 0; c < 3; c++) values[c * ROWS + r] = NUMBERS[3 * r + c];
  }
  return bytes;
}

Deno.test("an array that is stored by columns is read in parts, from a file, an archive or a pipe", async () => {
  const kept: TestFile[] = [], bytes = byColumns();
  const spool = async (pieces: AsyncIterable<Uint8Array>) => {
    const file = new TestFile(
      new Uint8Array(await new Response(ReadableStream.from(pieces)).arrayBuffer()),
    );
    kept.push(file);
    return file;
  };
  const y = encodeNpy(LABELS, [ROWS]), archive = zip({ "X.npy": bytes, "y.npy": y });
  const wanted = readNpy(X, { source: "t.npz" }), all = most(Infinity);
  const labelled = { ...wanted, label: Float64Array.from(LABELS) };
  const plain = new TestFile(bytes), packed = new TestFile(archive);
  assert.deepEqual(await sampleOf(openFile("t.npz", plain, ".npy"), {}, all), wanted);
  // No part but a column of it is read at once.
  assert.ok(plain.largest <= 2 ** 20 * 8 / 3, `${plain.largest}`);
  assert.deepEqual(await sampleOf(openFile("t.npz", packed, ".npz", spool), {}, all), labelled);
  for (const [whole, expected] of [[bytes, wanted], [archive, labelled]] as const) {
    for (const size of [77, 60_000]) {
      const table = await openTable("-", piecesOf(whole, size), { spool });
      assert.deepEqual(await sampleOf(table, {}, all), { ...expected, source: "-" });
    }
  }
  assert.ok(kept.length >= 5 && [plain, packed, ...kept].every((file) => file.isClosed));
  const cut = new TestFile(bytes.slice(0, -8));
  await assert.rejects(sampleOf(openFile("t.npy", cut, ".npy"), {}, all), /array data must be/);
});
