/** Files read in pieces. Oracle: the same file read whole, and its refusals. */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/random/philox.ts";
import { encodeNpy, readTable, type ReadTableOptions, type Table } from "../../src/formats/mod.ts";
import type { RowSampleOptions } from "../../src/formats/sample/row_sample.ts";
import { openTable } from "../../src/formats/sample/table_parts.ts";
import { modelParts } from "../../src/detection/model_table.ts";
import type { Units } from "../../src/scoring/units.ts";
import { ANY, KEYED, most, piecesOf, read, readSample } from "./in_pieces.ts";
import { golden } from "./util.ts";

/** Numbers that turn into text late, missing cells, letters of two bytes, line breaks within quotes. */
const MIXED = "\uFEFFid,x,late,kind,note,y\n" +
  Array.from({ length: 400 }, (_, r) => {
    const late = r < 300 ? `${r % 9}` : ["sept", "7", ""][r % 3], gap = r % 13 === 5 ? "NA" : r / 8;
    return `r${r},${gap},${late},${["é", "b", "c"][r % 3]},"a\n${r % 4}",${r % 2}\n`;
  }).join("");

const COMMAS = "n;t\n" +
  Array.from({ length: 300 }, (_, r) => `${r % 5 ? `${r},25` : r};${r % 7 ? "x" : "3,5"}\n`)
    .join("");

const WRITTEN = [
  "1e-5",
  "+.5",
  " 3 ",
  "0.1234567890123456789",
  "-0",
  "007",
  "12345678901234567890",
  "1E3",
  "5.",
];

/** Rows of several blocks of bytes, with numbers alone except where a row is inserted. */
function numbersCsv(rows: number, put: Readonly<Record<number, string>> = {}, end = "\n"): string {
  const lines = Array.from({ length: rows }, (_, r) => {
    const cells = [r / 7, WRITTEN[r % 9], (r * 7919) % 1000 / 1000, r % 5 ? r : "NA", r % 2];
    return put[r] ?? cells.join();
  });
  return ["a,b,c,d,y", ...lines].join(end);
}

/** The third column has no name, and nothing but gaps unless a row is inserted. */
function namelessCsv(rows: number, put: Readonly<Record<number, string>> = {}): string {
  const lines = Array.from(
    { length: rows },
    (_, r) => put[r] ?? `${r / 7},${r % 9},${["", " ", "NA"][r % 3]},${r % 2}`,
  );
  return ["a,b,,y", ...lines].join("\n");
}

Deno.test("within the limit, a table equals that of the whole file, however it is cut", async () => {
  const files: [string, string, ReadTableOptions][] = [
    ["t.csv", MIXED, { ...ANY, label: "y" }],
    ["-", MIXED, { ...ANY, columns: ["late", "x"] }],
    ["t.csv", COMMAS, ANY],
    ["t.tsv", MIXED.replaceAll(",", "\t"), { ...ANY, exclude: ["id"] }],
    ["t.csv", "a,b\n1,2\n3,4", {}],
    ["t.jsonl", KEYED.split(/(?<=\n)/).slice(2900, 3100).join(""), { ...ANY, label: "y" }],
    ["-", "[1,2]\n[3,null]\n", ANY],
  ];
  for (const [name, text, options] of files) {
    const whole = readTable(name, new TextEncoder().encode(text), options);
    for (const size of [1, 7, 100, 1 << 20]) {
      assert.deepEqual(await read(name, text, size, most(400), options), whole, `${name} ${size}`);
    }
  }
});

Deno.test("numbers read from bytes, and their errors, are those of the whole file", async () => {
  const messageOf = (error: unknown) => (error as Error).message;
  const rows = 15_000, whole = { ...ANY, label: "y" };
  const files: [string, ReadTableOptions][] = [
    [numbersCsv(rows), whole],
    [numbersCsv(rows, {}, "\r\n"), ANY],
    [numbersCsv(rows) + "\n\n \n", { ...ANY, columns: ["d", "a"] }],
    [numbersCsv(rows, { 9000: "1,odd,2,3,1", 9001: '"1","2",3,4,0' }), whole],
    // Columns of texts, from the start or later, one of them codes; the first number with a leading zero comes late.
    [
      numbersCsv(rows, { 6000: "1,x,2,3,0" }).replace(
        /(?<=\n)[^,]*(\d),/g,
        (_, d) => d % 2 ? `é${d},` : ` é${d} ,`,
      ),
      ANY,
    ],
    [numbersCsv(rows, { 9000: "1,2,08,3,0", 9001: "1,2,3,009,0" }), { ...ANY, exclude: ["b"] }],
    [numbersCsv(rows, { 3: "x,2,3,3,0", 9000: "007,2,3,3,0" }), ANY],
    [numbersCsv(rows), { cells: { texts: new Set(["b", "y"]) } }],
    [numbersCsv(rows), { exclude: ["d"] }],
    [numbersCsv(rows).replaceAll(",", "\t"), whole],
    [numbersCsv(rows).replaceAll(",", ";"), { exclude: ["d"] }],
    [namelessCsv(rows), whole],
    // Refused:
    [numbersCsv(rows), {}],
    [numbersCsv(rows, { 12_000: "1,2,3,4" }), whole],
    [numbersCsv(rows, { 12_000: "" }), whole],
    [numbersCsv(rows, { 12_000: "1,2,3,4,maybe" }), whole],
    [numbersCsv(rows, { 12_000: "1,Infinity,3,4,1" }), ANY],
    [numbersCsv(rows, { 14_999: '"1,2,3,4,1' }), ANY],
    [namelessCsv(rows, { 12_000: "1,2,3,1" }), whole],
  ];
  for (const [i, [text, options]] of files.entries()) {
    const bytes = new TextEncoder().encode(text);
    let expected: Table | string;
    try {
      expected = readTable("t.csv", bytes, options);
    } catch (error) {
      expected = messageOf(error);
    }
    assert.equal(typeof expected === "string", i >= 12, `${i}: ${expected}`);
    for (const size of [30_000, 1 << 18]) {
      const read1 = await readSample("t.csv", piecesOf(bytes, size), options, most(rows))
        .catch(messageOf);
      assert.deepEqual(read1, expected, `${i}`);
    }
  }
});

Deno.test("fuzz: tables with any cells, read in any pieces, equal the whole file, or one sample of it", async () => {
  const random = new HostRandom(1, 0, 7),
    pick = <T>(list: readonly T[]) => list[random.below(list.length)];
  const kinds: readonly (() => string)[] = [
    () => `${random.below(9)}`,
    () => random.uniformF64().toFixed(3),
    () => `t${random.below(1e6)}`,
    () =>
      pick([
        "",
        "NA",
        "é",
        "a",
        "true",
        " 7 ",
        "-0",
        "1e5",
        "1e200",
        "2024-01-02",
        "3,5",
        '"x"" ,;y"',
      ]),
    () => `0${random.below(9)}`,
    () => pick(["inf", "1.234,5", "7"]),
  ];
  const chance = (share: number) => random.uniformF64() < share;
  for (let i = 0; i < 60; i++) {
    const width = 1 + random.below(4), rows = 1 + random.below(i % 3 ? 300 : 9000);
    const separator = pick([",", ";", "\t"]);
    const columns = Array.from({ length: width }, () => [kinds[random.below(4)], pick(kinds)]);
    const lines = Array.from({ length: rows }, (_, r) => {
      const cells = columns.map(([usual, seldom]) =>
        r < rows / 2 || chance(0.95) ? usual() : seldom()
      );
      const quoted = cells.map((cell) => /^[^"].*[,;]/.test(cell) ? `"${cell}"` : cell);
      return [...quoted, r % 2].join(separator);
    });
    const names = [...columns.keys()].map((c) => `c${c}`);
    const text = [[...names, "y"].join(separator), ...lines, ""].join(pick(["\n", "\r\n"]));
    const bytes = new TextEncoder().encode(text);
    const cells = pick(["any", "any", "numbers", { texts: new Set(["c0"]) }] as const);
    const options = {
      cells,
      ...(chance(0.5) && { label: "y" }),
      ...(chance(0.2) && { exclude: ["c0"] }),
    };
    const outcome = async (act: () => Table | Promise<Table>) => {
      try {
        return await act();
      } catch (error) {
        return (error as Error).message;
      }
    };
    const inPieces = (size: number, sample: RowSampleOptions) =>
      outcome(() => readSample("t.csv", piecesOf(bytes, size), options, sample));
    const whole = await outcome(() => readTable("t.csv", bytes, options));
    const sizes = [...(rows > 300 ? [] : [1 + random.below(50)]), 5000, 1 << 18];
    const few = { ...most(1 + random.below(Math.ceil(rows / 3))), seed: i },
      drawn = await inPieces(777, few);
    for (const size of sizes) {
      assert.deepEqual(await inPieces(size, most(rows)), whole);
      assert.deepEqual(await inPieces(size, few), drawn);
    }
  }
});

Deno.test("NPY in pieces equals the whole file, including refusals", async () => {
  const rows = 3000,
    values = Float64Array.from({ length: rows * 3 }, (_, i) => i % 3 === 2 ? i % 2 : i / 7);
  const short = Float32Array.from(values), gap = Float64Array.from(values).with(4000, NaN);
  const gone = Float64Array.from(values).with(3 * 1500 + 2, NaN),
    whole = encodeNpy(values, [rows, 3]);
  const files: [Uint8Array, ReadTableOptions][] = [
    [whole, {}],
    [encodeNpy(short, [rows, 3]), { label: "x2" }],
    [encodeNpy(gap, [rows, 3]), { ...ANY, columns: ["x1", "x0"] }],
    [encodeNpy(values, [9000]), ANY],
    [golden("f8_le_F.npy"), ANY],
    [golden("vector.npy"), ANY],
    // Refused:
    [encodeNpy(gap, [rows, 3]), {}],
    [encodeNpy(values.with(7000, Infinity), [rows, 3]), ANY],
    [encodeNpy(gone, [rows, 3]), { ...ANY, label: "x2" }],
    [whole.subarray(0, -5), {}],
    [new Uint8Array([...whole, 1]), {}],
    [whole.subarray(0, 20), {}],
    [whole, { columns: ["x7"] }],
    [encodeNpy(new Float64Array(), [0, 4]), {}],
  ];
  for (const [i, [bytes, options]] of files.entries()) {
    let expected: Table | string;
    try {
      expected = readTable("t.npy", bytes, options);
    } catch (error) {
      expected = (error as Error).message;
    }
    assert.equal(typeof expected === "string", i >= 6, `${i}: ${expected}`);
    for (const size of [100, 9000, 1 << 20]) {
      const got = await readSample("t.npy", piecesOf(bytes, size), options, most(9000))
        .catch((error) => (error as Error).message);
      assert.deepEqual(got, expected, `${i} ${size}`);
    }
  }
  const some = { ...most(100), seed: 2 };
  const drawn = await readSample("-", piecesOf(whole, 777), {}, some);
  assert.deepEqual(await readSample("-", piecesOf(whole, 1 << 16), {}, some), drawn);
  drawn.drawn!.numbers.forEach((number, r) =>
    assert.equal(drawn.data[3 * r], values[3 * (number - 1)])
  );
  const said: string[] = [];
  const options = { ...ANY, label: "x2", onLabelFault: (error: Error) => said.push(error.message) };
  const { label, columns } = await readSample(
    "t.npy",
    piecesOf(encodeNpy(gone, [rows, 3]), 1000),
    options,
    some,
  );
  assert.deepEqual([label, columns, said.length], [undefined, ["x0", "x1"], 1]);
  assert.match(said[0], /row 1501/);
});

Deno.test("a file name without a known format is refused before the file is read", async () => {
  let read1 = 0;
  async function* pieces() {
    for (; read1 < 1000; read1++) yield await Promise.resolve(new Uint8Array(1000));
  }
  await assert.rejects(readSample("t.elbow", pieces(), ANY, most(9)), /extension must be one of/);
  assert.ok(read1 < 3);
});

Deno.test("a file is closed whatever is wrong with it, before its first row as well", async () => {
  let open = 0;
  async function* pieces(...texts: string[]) {
    open++;
    try {
      for (const text of texts) yield await Promise.resolve(new TextEncoder().encode(text));
    } finally {
      open--;
    }
  }
  const long = "1,2\n".repeat(99);
  const faults: [name: string, text: string, options: ReadTableOptions][] = [
    ["t.elbow", long, {}],
    ["t.csv", `a,a\n${long}`, {}],
    ["t.csv", `a,b\n${long}`, { columns: ["c"] }],
    ["t.npy", long, {}],
    ["t.npz", long, {}],
    ["t.jsonl", long, {}],
  ];
  for (const [name, text, options] of faults) {
    await assert.rejects(readSample(name, pieces(text, long), options, most(9)), name);
    assert.equal(open, 0, name);
  }
  // A model looks at the header before any row is read.
  const units = { columns: ["x"], names: ["x"], generated: ["x"], missing: 0 } as unknown as Units;
  const parts = modelParts({ units }, "t.csv", await openTable("t.csv", pieces(long, long)));
  await assert.rejects(parts.next(), /the model's column "x"/);
  assert.equal(open, 0);
});
