/** Safetensors against files written by make_golden.py, and one negative test for each rule of the format. */
import assert from "node:assert/strict";
import {
  decode,
  encode,
  SafetensorsError,
  type Tensor,
} from "../../src/formats/safetensors/safetensors.ts";
import { fuzz, golden } from "./util.ts";

const encoder = new TextEncoder();

function model(): Map<string, Tensor> {
  return new Map<string, Tensor>([
    ["mask", { dtype: "U8", shape: [3], data: new Uint8Array([1, 0, 1]) }],
    ["scalar", { dtype: "F32", shape: [], data: new Float32Array([2.5]) }],
    ["encoder.weight", {
      dtype: "F32",
      shape: [2, 3],
      data: new Float32Array([0, 0.25, 0.5, 0.75, 1, 1.25]),
    }],
    ["decoder.bias", { dtype: "F32", shape: [3], data: new Float32Array([1.5, -2.5, 3.5]) }],
    ["mean", { dtype: "F64", shape: [2], data: new Float64Array([0.1, -0.2]) }],
    ["steps", { dtype: "U64", shape: [1], data: new BigUint64Array([7n]) }],
  ]);
}
const METADATA = { "größe": 'naïve "quoted"', format: "elbow" };

Deno.test("encode() writes the golden bytes, whatever the order of the input", () => {
  const bytes = golden("model.safetensors");
  assert.deepEqual(encode(model(), METADATA), bytes);
  const reversed = { format: "elbow", "größe": 'naïve "quoted"' };
  assert.deepEqual(encode(new Map([...model()].reverse()), reversed), bytes);
  assert.deepEqual(encode(new Map()), golden("empty.safetensors"));
});

Deno.test("decode() reads the golden bytes into new arrays, also from an odd offset", () => {
  const bytes = golden("model.safetensors");
  const shifted = new Uint8Array(bytes.length + 3).subarray(3);
  shifted.set(bytes);
  const ordinary = decode(bytes).tensors;
  assert.deepEqual(
    decode(shifted, true).tensors,
    ordinary,
    "in place only where types are aligned",
  );
  for (const input of [bytes, shifted]) {
    const { tensors, metadata } = decode(input);
    assert.deepEqual({ ...metadata }, METADATA);
    assert.deepEqual(new Map(tensors), model());
    assert.deepEqual([...tensors.keys()].slice(0, 2), ["steps", "mean"]);
    tensors.get("mask")?.data.fill(9 as never);
  }
  assert.deepEqual(bytes, golden("model.safetensors"));
});

Deno.test("every type, empty tensors and non-finite values survive a round trip", () => {
  const tensors = new Map<string, Tensor>([
    ["F32", { dtype: "F32", shape: [2, 2], data: new Float32Array([NaN, Infinity, -0, 1e-45]) }],
    ["F64", { dtype: "F64", shape: [1], data: new Float64Array([-Infinity]) }],
    ["I64", { dtype: "I64", shape: [1], data: new BigInt64Array([-(2n ** 63n)]) }],
    ["I32", { dtype: "I32", shape: [1], data: new Int32Array([-7]) }],
    ["U32", { dtype: "U32", shape: [1], data: new Uint32Array([4294967295]) }],
    ["I16", { dtype: "I16", shape: [1], data: new Int16Array([-300]) }],
    ["U16", { dtype: "U16", shape: [1], data: new Uint16Array([65535]) }],
    ["F16", { dtype: "F16", shape: [1], data: new Uint16Array([0x3c00]) }],
    ["BF16", { dtype: "BF16", shape: [1], data: new Uint16Array([0x3f80]) }],
    ["I8", { dtype: "I8", shape: [1], data: new Int8Array([-1]) }],
    ["BOOL", { dtype: "BOOL", shape: [1], data: new Uint8Array([1]) }],
    ["empty", { dtype: "F32", shape: [3, 0], data: new Float32Array(0) }],
    ["F8_E4M3", { dtype: "F8_E4M3", shape: [1], data: new Uint8Array([255]) }],
    ["__proto__", { dtype: "U8", shape: [2], data: new Uint8Array([1, 2]) }],
    ["\u{10000}", { dtype: "F32", shape: [], data: new Float32Array([1]) }],
    ["\uffee", { dtype: "F32", shape: [], data: new Float32Array([2]) }],
  ]);
  const bytes = encode(tensors, JSON.parse('{"__proto__":"x"}'));
  const decoded = decode(bytes);
  assert.deepEqual(decoded.tensors, tensors);
  assert.deepEqual(Object.entries(decoded.metadata), [["__proto__", "x"]]);
  assert.equal(decoded.metadata.constructor, undefined);
  const names = [...decoded.tensors.keys()];
  // UTF-8 order, which differs from the built-in order of strings.
  assert.ok(names.indexOf("\uffee") < names.indexOf("\u{10000}"));
  assert.deepEqual(encode(decoded.tensors, decoded.metadata), bytes);
});

Deno.test("encode() refuses what it cannot write", () => {
  const write = (name: string, tensor: Tensor) => () => encode(new Map([[name, tensor]]));
  const data = new Float32Array(2);
  assert.throws(write("a", { dtype: "F32", shape: [3], data }), {
    name: "RangeError",
    message: 'Cannot write safetensors: tensor "a" must hold as many values as its shape [3]' +
      ", got 2",
  });
  assert.throws(write("a", { dtype: "F64", shape: [2], data }), {
    name: "TypeError",
    message: 'Cannot write safetensors: tensor "a" must hold its data in the array type of its ' +
      "dtype, got F64 in Float32Array",
  });
  assert.throws(write("__metadata__", { dtype: "F32", shape: [2], data }), TypeError);
  assert.throws(write("\ud800", { dtype: "F32", shape: [2], data }), TypeError);
  assert.throws(() => encode(new Map(), { a: "\udc00" }), TypeError);
  assert.throws(() => encode(new Map(), { a: "x".repeat(1_000_000) }), RangeError);
});

/** A file with this header and that many zero bytes of data. */
function file(header: string | Uint8Array, dataBytes = 0): Uint8Array {
  const text = typeof header === "string" ? encoder.encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}
const entry = (shape: string, offsets: string, dtype = "F32") =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
const one = (shape: string, offsets: string, dtype?: string) =>
  `{"a":${entry(shape, offsets, dtype)}}`;
const huge = new Uint8Array(16);
new DataView(huge.buffer).setBigUint64(0, 2n ** 63n, true);

const REFUSALS: [string, Uint8Array, RegExp][] = [
  ["file below 8 bytes", new Uint8Array(7), /at least 8 bytes long, got 7$/],
  [
    "header length beyond 1 MB",
    huge,
    /at most 1000000 bytes long, got 9223372036854775808$/,
  ],
  [
    "header length beyond the file",
    file("{}").with(0, 3),
    /inside the file, got 3 of 2 bytes$/,
  ],
  ["empty header", file(""), /header must start with "\{"$/],
  ["space before the header", file(" {}"), /header must start with "\{"$/],
  ["byte order mark", file("\uFEFF{}"), /header must start with "\{"$/],
  ["header not UTF-8", file(new Uint8Array([0x7b, 0xff, 0x7d])), /header must be valid UTF-8$/],
  [
    "header not JSON",
    file("{a}"),
    /header must be JSON$/,
  ],
  [
    "header cut short",
    file('{"a":'),
    /header must be JSON$/,
  ],
  [
    "text after the header",
    file("{} x"),
    /header must be JSON$/,
  ],
  [
    "trailing comma",
    file('{"a":' + entry("[0]", "[0,0]") + ",}"),
    /header must be JSON$/,
  ],
  [
    "repeated tensor",
    file(`{"a":${entry("[0]", "[0,0]")},"a":${entry("[0]", "[0,0]")}}`),
    /each key once$/,
  ],
  [
    "repeated by escape",
    file(`{"a":${entry("[0]", "[0,0]")},"\\u0061":${entry("[0]", "[0,0]")}}`),
    /each key once$/,
  ],
  [
    "repeated dtype",
    file('{"a":{"dtype":"F32","dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
    /each key once$/,
  ],
  [
    "repeated metadata",
    file('{"__metadata__":{},"__metadata__":{}}'),
    /each key once$/,
  ],
  [
    "metadata number",
    file('{"__metadata__":{"a":1}}'),
    /metadata "a" must be a valid string, got 1$/,
  ],
  [
    "metadata nested",
    file('{"__metadata__":{"a":{}}}'),
    /metadata "a" must be a valid string, got \{\}$/,
  ],
  [
    "unknown key",
    file('{"a":{"strides":[1]}}'),
    /"a" must have a dtype, a shape and two data_offsets, and nothing/,
  ],
  [
    "missing shape",
    file('{"a":{"dtype":"F32","data_offsets":[0,0]}}'),
    /"a" must have a dtype, a shape and two/,
  ],
  [
    "three offsets",
    file(one("[0]", "[0,0,0]")),
    /"a" must have a dtype, a shape and two data_offsets, and nothing else$/,
  ],
  [
    "unknown dtype",
    file(one("[0]", "[0,0]", "F33")),
    /"a" must have a dtype among .*, got "F33"$/,
  ],
  ["inherited dtype", file(one("[0]", "[0,0]", "toString")), /got "toString"$/],
  ["negative size", file(one("[-1]", "[0,0]")), /whole numbers in digits: it has -$/],
  ["fraction", file(one("[1.0]", "[0,4]"), 4), /whole numbers in digits: it has \.$/],
  ["leading zero", file(one("[01]", "[0,4]"), 4), /header must be JSON$/],
  ["exponent", file(one("[1e0]", "[0,4]"), 4), /whole numbers in digits: it has e$/],
  ["fractional size", file(one("[0.5]", "[0,2]"), 2), /whole numbers below 2\^53$/],
  ["size that is text", file(one('["1"]', "[0,4]"), 4), /whole numbers below 2\^53$/],
  ["size that is null", file(one("[null]", "[0,4]"), 4), /whole numbers below 2\^53$/],
  ["repeated and nested", file('{"a":{"dtype":{"b":1}}}'), /"a" must have a dtype, a shape/],
  ["colon in a repeated key", file('{"__metadata__":{":":"","\\u003a":""}}'), /each key once$/],
  ["list for a header", file("{}").with(8, 0x5b).with(9, 0x5d), /header must start with/],
  ["list for a tensor", file('{"a":[]}'), /"a" must be an object$/],
  [
    "integer overflow",
    file(one("[18446744073709551616]", "[0,4]"), 4),
    /"a" must have whole numbers below 2\^53$/,
  ],
  [
    "product overflow",
    file(one("[4294967296,4294967296]", "[0,4]"), 4),
    /shape whose size is below 2\^53 bytes$/,
  ],
  [
    "overflow before a zero",
    file(one("[4294967296,4294967296,0]", "[0,0]")),
    /shape whose size is below 2\^53 bytes$/,
  ],
  [
    "byte overflow",
    file(one("[9007199254740991]", "[0,4]"), 4),
    /shape whose size is below 2\^53 bytes$/,
  ],
  [
    "span too short",
    file(one("[2]", "[0,4]"), 4),
    /"a" must span 8 bytes for F32 \[2\], got 4$/,
  ],
  [
    "span not whole elements",
    file(one("[1]", "[0,5]"), 5),
    /"a" must span 4 bytes for F32 \[1\], got 5$/,
  ],
  [
    "end before start",
    file(one("[0]", "[0,0]").replace("[0,0]", "[4,0]")),
    /must start at byte 0 and not end before it, got \[4, 0\]$/,
  ],
  [
    "hole at the start",
    file(one("[1]", "[4,8]"), 8),
    /must start at byte 0 .*, got \[4, 8\]$/,
  ],
  [
    "hole in the middle",
    file(`{"a":${entry("[1]", "[0,4]")},"b":${entry("[1]", "[8,12]")}}`, 12),
    /"b" must start at byte 4 .*\[8, 12\]$/,
  ],
  [
    "overlap",
    file(`{"a":${entry("[2]", "[0,8]")},"b":${entry("[2]", "[4,12]")}}`, 12),
    /"b" must start at byte 8 .*\[4, 12\]$/,
  ],
  [
    "same bytes twice",
    file(`{"a":${entry("[1]", "[0,4]")},"b":${entry("[1]", "[0,4]")}}`, 4),
    /"b" must start at byte 4/,
  ],
  [
    "data left over",
    file(one("[1]", "[0,4]"), 5),
    /data must be 4 bytes long, all of it in tensors, got 5$/,
  ],
  [
    "data missing",
    file(one("[1]", "[0,4]"), 3),
    /data must be 4 bytes long, all of it in tensors, got 3$/,
  ],
  ["data without tensors", file("{}", 1), /data must be 0 bytes long/],
  [
    "lone surrogate",
    file('{"\\ud800":' + entry("[0]", "[0,0]") + "}"),
    /a key of "the header" must be a valid string/,
  ],
  [
    "control character",
    file('{"\n":' + entry("[0]", "[0,0]") + "}"),
    /header must be JSON$/,
  ],
  ["deep nesting", file(`{"a":${"[".repeat(900_000)}`), /header must be JSON$/],
];

for (const [name, bytes, message] of REFUSALS) {
  Deno.test(`decode() refuses: ${name}`, () => {
    assert.throws(() => decode(bytes), (error: unknown) => {
      assert.ok(error instanceof SafetensorsError && error instanceof SyntaxError, `${error}`);
      assert.match(error.message, /^Cannot read safetensors: /);
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("decode() does not take text in strings for a part of the header", () => {
  const odd = 'a":{"b":1.5e-3,"\\\\",\\n:';
  const header = `{"__metadata__":${JSON.stringify({ [odd]: odd })},"[:]":${
    entry("[0]", "[0,0]")
  }}`;
  const { tensors, metadata } = decode(file(header));
  assert.deepEqual([...tensors.keys()], ["[:]"]);
  assert.deepEqual({ ...metadata }, { [odd]: odd });
});

Deno.test("decode() accepts white space, and keys and tensors in any order", () => {
  const header = `{ "b" : ${entry("[1]", "[4,8]")},\n"z":${entry("[0]", "[4,4]")},` +
    `"a":{"data_offsets":[0,4],"shape":[],"dtype":"F32"}}\t `;
  assert.deepEqual([...decode(file(header, 8)).tensors.keys()], ["a", "z", "b"]);
});

Deno.test("decode() reads 4096 tensors, and refuses more", () => {
  const header = (count: number) =>
    `{${Array.from({ length: count }, (_, i) => `"${i}":${entry("[0]", "[0,0]")}`).join(",")}}`;
  assert.equal(decode(file(header(4096))).tensors.size, 4096);
  assert.throws(() => decode(file(header(4097))), /at most 4096 tensors$/);
});

Deno.test("fuzz: every truncation is refused, and a flipped byte is read or refused", () => {
  const bytes = golden("model.safetensors");
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => decode(bytes.subarray(0, length)), SafetensorsError, `${length} bytes`);
  }
  fuzz(bytes, 3000, decode);
});
