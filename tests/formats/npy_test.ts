/** NPY and NPZ against files written by numpy (make_golden.py), and every refusal with its message. */
import assert from "node:assert/strict";
import {
  decodeNpy,
  encodeNpy,
  type NpyData,
  npyShape,
  readNpy,
  readNpz,
} from "../../src/formats/mod.ts";
import { fuzz, golden, refuses } from "./util.ts";
import { readSample } from "./in_pieces.ts";

const TYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"];
const BASE = Float64Array.from({ length: 12 }, (_, index) => index);
const encoder = new TextEncoder();

function expected(type: string): number[] {
  if (type[0] === "u") return [...BASE];
  return [...BASE].map((value) => (value - 5) * (type[0] === "f" ? 0.5 : 1));
}

Deno.test("decodeNpy() reads numpy's files of every type, byte order and storage order", () => {
  for (const type of TYPES) {
    for (const endian of type.endsWith("1") ? ["b"] : ["le", "be"]) {
      for (const order of ["C", "F"]) {
        const name = `${type}_${endian}_${order}.npy`;
        const array = decodeNpy(golden(name));
        assert.deepEqual(array.shape, [3, 4], name);
        assert.deepEqual([...array.data], expected(type), name);
      }
    }
  }
  assert.deepEqual([...decodeNpy(golden("b1_b_C.npy")).data].join(""), "100100100100");
  for (const version of [2, 3]) {
    assert.deepEqual(decodeNpy(golden(`version_${version}.npy`)).data, BASE);
  }
});

Deno.test("decodeNpy() reads half precision exactly, including subnormal and special values", () => {
  const { data } = decodeNpy(golden("half_specials.npy"));
  const specials = [2 ** -24, 0.00006097555160522461, 65504, -0, Infinity, -Infinity, NaN];
  assert.deepEqual([...data], [...specials, 0.333251953125]);
});

Deno.test("encodeNpy() writes the bytes that numpy writes, for ten types", () => {
  const whole = expected("i4");
  const floats = expected("f8");
  const arrays: [string, NpyData][] = [
    ["f4_le", new Float32Array(floats)],
    ["f8_le", new Float64Array(floats)],
    ["i1_b", new Int8Array(whole)],
    ["i2_le", new Int16Array(whole)],
    ["i4_le", new Int32Array(whole)],
    ["i8_le", BigInt64Array.from(whole, BigInt)],
    ["u1_b", new Uint8Array(BASE)],
    ["u2_le", new Uint16Array(BASE)],
    ["u4_le", new Uint32Array(BASE)],
    ["u8_le", BigUint64Array.from(BASE, BigInt)],
  ];
  for (const [name, data] of arrays) {
    assert.deepEqual(encodeNpy(data, [3, 4]), golden(`${name}_C.npy`), name);
  }
  const vector = new Float64Array([0.1, -2.5, 1e300]);
  assert.deepEqual(encodeNpy(vector, [3]), golden("vector.npy"));
  assert.throws(() => encodeNpy(vector, [2, 2]), {
    name: "RangeError",
    message: "Cannot write NPY: shape must be 1-D or 2-D and hold 3 values, got (2, 2)",
  });
});

Deno.test("readNpy() names columns, and refuses NaN by row and column", () => {
  const table = readNpy(golden("f4_be_F.npy"), { source: "t.npy", label: "x3" });
  assert.deepEqual(table.columns, ["x0", "x1", "x2"]);
  assert.equal(table.label?.length, 3);
  assert.deepEqual(readNpy(golden("vector.npy")).columns, ["x0"]);
  const bytes = encodeNpy(new Float32Array([1, 2, 3, Infinity]), [2, 2]);
  refuses(
    () => readNpy(bytes, { source: "t.npy" }),
    'Cannot read t.npy, row 2, column "x1": expected a finite number, got Infinity',
  );
});

/** An NPY file of version 1.0 with this header text and `count` zero bytes of data. */
function npy(header: string, count = 0): Uint8Array {
  const text = encoder.encode(header);
  const bytes = new Uint8Array(10 + text.length + count);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8]);
  bytes.set(text, 10);
  return bytes;
}
const dict = (descr: string, shape: string) =>
  `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }\n`;

const TYPE_LIST = "array type must be one of f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8, b1";
const REFUSALS: [string, Uint8Array, string][] = [
  ["no magic", encoder.encode("numpy"), "expected an NPY file, which starts with \\x93NUMPY"],
  ["cut after magic", npy("").slice(0, 8), "NPY header must be complete, got 8 bytes"],
  [
    "unknown version",
    npy("").with(6, 4),
    "NPY version must be 1.0, 2.0 or 3.0, got 4.0",
  ],
  [
    "cut header",
    npy("{}   ").slice(0, 12),
    "NPY header must be 5 bytes long, got 2 bytes",
  ],
  [
    "long header",
    npy(" ".repeat(10_001)),
    "NPY header must be at most 10000 bytes long, got 10001",
  ],
  [
    "pickle",
    golden("objects.npy"),
    `${TYPE_LIST}, got "|O" (pickled Python objects are never read)`,
  ],
  [
    "structure",
    golden("structured.npy"),
    "array type must be numeric, got a structured type",
  ],
  ["complex", golden("complex.npy"), `${TYPE_LIST}, got "<c8"`],
  ["text", golden("text.npy"), `${TYPE_LIST}, got "<U1"`],
  [
    "3-D, columns first",
    npy(`{'descr': '<f8', 'fortran_order': True, 'shape': (1, 2, 2), }`),
    "array must be 1-D, 2-D or in C order, got 3-D in Fortran order",
  ],
  ["0-D", npy(dict("'<f8'", "()"), 8), "array must be of at least 1 dimension, got 0-D"],
  ["no rows", golden("empty.npy"), "array must be non-empty, got shape (0, 4)"],
  [
    "endless empty shape",
    npy(dict("'<f8'", "(4503599627370496, 0)")),
    "array must be non-empty, got shape (4503599627370496, 0)",
  ],
  [
    "truncated data",
    golden("vector.npy").slice(0, -1),
    "array data must be 24 bytes long for shape (3) of <f8, got 23 bytes",
  ],
  [
    "trailing data",
    npy(dict("'|u1'", "(2,)"), 3),
    "array data must be 2 bytes long for shape (2) of |u1, got 3 bytes",
  ],
  [
    "product overflow",
    npy(dict("'<f8'", "(4294967296, 4294967296)"), 8),
    "array data must be 147573952589676410000 bytes long for shape (4294967296, 4294967296) " +
    "of <f8, got 8 bytes",
  ],
  [
    "size overflow",
    npy(dict("'<f8'", "(9007199254740993, 0)")),
    'array shape must be whole numbers below 2^53, got "9007199254740993"',
  ],
  [
    "negative size",
    npy(dict("'<f8'", "(-1, 2)")),
    'array shape must be whole numbers below 2^53, got "-1, 2), "',
  ],
  [
    "expression",
    npy(dict("'<f8'", "__import__('os')")),
    'NPY header must be a dictionary with "(" at character 50, got "__import"',
  ],
  [
    "repeated key",
    npy("{'descr': '<f8', 'descr': '<f4', }"),
    'NPY header must be a dictionary of descr, fortran_order and shape, each once, got "descr"',
  ],
  [
    "missing key",
    npy("{'descr': '<f8'}"),
    "NPY header must be a dictionary of descr, fortran_order and shape",
  ],
  ["text after", npy(`${dict("'<f8'", "(1,)")}x`, 8), "NPY header must be a single dictionary"],
  [
    "open string",
    npy("{'descr"),
    "NPY header must be a dictionary with closed strings",
  ],
];

for (const [name, bytes, message] of REFUSALS) {
  Deno.test(`readNpy() refuses: ${name}`, () => {
    refuses(() => readNpy(bytes, { source: "t.npy" }), `Cannot read t.npy: ${message}`);
  });
}

Deno.test("readNpz() reads X in column-major order and y as the label", () => {
  for (const name of ["stored.npz", "deflated.npz"]) {
    const table = readNpz(golden(name), { source: name });
    assert.deepEqual([...table.data], [...BASE].map((value) => value * 0.25));
    assert.deepEqual(table.columns, ["x0", "x1", "x2", "x3"]);
    assert.deepEqual([...table.label ?? []], [0, 1, 0]);
    assert.deepEqual(readNpz(golden(name), { label: "y" }).label, table.label);
    assert.deepEqual(readNpz(golden(name), { label: "x1" }).columns, ["x0", "x2", "x3"]);
  }
  assert.equal(readNpz(golden("no_label.npz")).label, undefined);
  assert.equal(readNpz(golden("zeros.npz")).rows, 20000);
});

/** A copy with `size` bytes at `at` (from the end if negative) overwritten by a little-endian number. */
function patched(bytes: Uint8Array, at: number, value: number, size: 2 | 4): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const offset = at < 0 ? copy.length + at : at;
  if (size === 2) view.setUint16(offset, value, true);
  else view.setUint32(offset, value, true);
  return copy;
}

Deno.test("readNpz() takes X for the rows, otherwise x, otherwise the only member", () => {
  const bytes = golden("no_label.npz"), wanted = readNpz(bytes);
  for (const letter of ["x", "q"]) {
    // Once before the member, once in the directory.
    const renamed = bytes.slice();
    for (let at = 0; at + 5 <= bytes.length; at++) {
      const name = String.fromCharCode(...bytes.subarray(at, at + 5));
      if (name === "X.npy") renamed[at] = letter.charCodeAt(0);
    }
    assert.deepEqual(readNpz(renamed), wanted);
  }
});

Deno.test("readNpz() refuses files that are no NPZ, lack X or are damaged", () => {
  const source = "t.npz";
  const bytes = golden("no_label.npz");
  // One member and no comments: the end record is the last 22 bytes, directly after the entry.
  const entry = bytes.length - 22 - (46 + "X.npy".length);
  const crc = 'ZIP member "X.npy" must be intact (its CRC-32 differs)';
  const cases: [Uint8Array, string][] = [
    [encoder.encode("PK"), "expected a complete ZIP archive"],
    [bytes.slice(0, -1), "expected a complete ZIP archive"],
    [
      golden("no_rows.npz"),
      'expected an archive with a member named X, got members "data", "y"',
    ],
    [patched(bytes, entry + 16, 1, 4), crc],
    [patched(bytes, entry + 8, 1, 2), 'ZIP member "X.npy" must be unencrypted'],
    [
      patched(bytes, entry + 10, 12, 2),
      'ZIP member "X.npy" must be stored or deflated, got compression method 12',
    ],
    [patched(bytes, entry + 24, 225, 4), 'ZIP member "X.npy" must be 225 bytes long'],
    [patched(bytes, entry + 24, 223, 4), 'ZIP member "X.npy" must be 223 bytes long'],
    [patched(bytes, entry + 42, 9, 4), 'ZIP member "X.npy" must be inside the file'],
    [patched(bytes, -12, 2, 2), "ZIP directory must be complete"],
    [
      patched(bytes, -6, 0xffffffff, 4),
      "ZIP directory must be directly before the end record",
    ],
  ];
  for (const [mutant, message] of cases) {
    refuses(() => readNpz(mutant, { source }), `Cannot read t.npz: ${message}`);
  }
  refuses(
    () => readNpz(bytes, { source, label: "z" }),
    'Cannot read t.npz, column "z": expected one of the columns "x0", "x1", "x2", "x3"',
  );
});

Deno.test("readNpz() refuses zip bombs before it allocates", () => {
  const source = "t.npz";
  const bytes = golden("zeros.npz");
  const entry = bytes.length - 22 - (46 + "X.npy".length);
  const packed = new DataView(bytes.buffer).getUint32(entry + 20, true);
  refuses(
    () => readNpz(bytes, { source, maxInflatedBytes: 100_000 }),
    'Cannot read t.npz: ZIP member "X.npy" must be at most 100000 bytes long (the limit)' +
      ", got 640128 bytes",
  );
  for (const claimed of [1032 * packed + 1, 4_000_000_000]) {
    refuses(
      () => readNpz(patched(bytes, entry + 24, claimed, 4), { source }),
      `Cannot read t.npz: ZIP member "X.npy" must be at most 1032 times its compressed size ` +
        `${packed}, got ${claimed} bytes`,
    );
  }
});

Deno.test("fuzz: NPY and NPZ are read, or refused with an error of ours", () => {
  fuzz(golden("f4_le_C.npy"), 2000, (mutant) => readNpy(mutant));
  fuzz(golden("deflated.npz"), 1500, (mutant) => readNpz(mutant));
  fuzz(golden("stored.npz"), 500, (mutant) => readNpz(mutant));
});

Deno.test("a flipped byte in the contents is always noticed", () => {
  const bytes = golden("stored.npz");
  const whole = readNpz(bytes);
  for (let at = 0; at < bytes.length; at++) {
    const mutant = bytes.slice();
    mutant[at] ^= 1;
    try {
      assert.deepEqual(readNpz(mutant).data, whole.data, `byte ${at}`);
    } catch (error) {
      assert.ok(error instanceof TypeError, `byte ${at}: ${error}`);
    }
  }
});

Deno.test("each entry of an array of more dimensions is a row, whole and in parts", async () => {
  const text = dict("'|u1'", "(3, 2, 2)"), bytes = npy(text, 12);
  bytes.set(Uint8Array.from({ length: 12 }, (_, i) => i), bytes.length - 12);
  const { columns, rows, data } = readNpy(bytes);
  assert.deepEqual([columns, rows], [["x0", "x1", "x2", "x3"], 3]);
  assert.deepEqual([...data], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  assert.deepEqual(npyShape(bytes), [3, 4]);
  assert.deepEqual(npyShape(golden("cube.npy")), [2, 4]);
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += 5) yield bytes.slice(at, at + 5);
  };
  const read = await readSample("t.npy", pieces(), {}, { maxRows: () => Infinity });
  assert.deepEqual([read.columns, [...read.data]], [columns, [...data]]);
});
