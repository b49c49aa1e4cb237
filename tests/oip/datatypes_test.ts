/**
 * Datatypes of input tensors. Oracle: the same numbers as FP64 in JSON; for binary16, IEEE 754's own bit patterns; for
 * booleans, the JSON door.
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { createApp, PLAIN, post, type ProblemDetails } from "../http/util.ts";
import { HEADER_LENGTH } from "./tensors.ts";

const ROWS = 2, COLUMNS = 3;
const APP = createApp({ models: { plain: PLAIN } });

/** @param tail a binary tensor, sent instead of data */
function infer(
  datatype: string,
  data?: readonly unknown[],
  tail?: Uint8Array<ArrayBuffer>,
  app = APP,
  shape: readonly number[] = [ROWS, COLUMNS],
): Promise<Response> {
  const parameters = tail && { binary_data_size: tail.length };
  const json = JSON.stringify({ inputs: [{ name: "x", datatype, shape, parameters, data }] });
  const head = new TextEncoder().encode(json), headers = { [HEADER_LENGTH]: `${head.length}` };
  const body = new Uint8Array([...head, ...(tail ?? [])]);
  return Promise.resolve(app.request("/v2/models/plain/infer", { method: "POST", headers, body }));
}

async function outputs(response: Response | Promise<Response>): Promise<unknown> {
  const answer = await (await response).json();
  assert.equal((await response).status, 200, JSON.stringify(answer));
  return answer.outputs;
}

async function detailOf(response: Response | Promise<Response>): Promise<string> {
  const problem: ProblemDetails = await (await response).json();
  assert.equal((await response).status, 422, JSON.stringify(problem));
  return problem.detail;
}

function bytesOf(
  count: number,
  size: number,
  write: (view: DataView, at: number, i: number) => void,
): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(count * size));
  for (let i = 0; i < count; i++) write(view, i * size, i);
  return new Uint8Array(view.buffer);
}

/** Smallest and largest values of each integer type that are taken in JSON, and how they are written. */
const INTEGERS: Readonly<
  Record<
    string,
    [size: number, min: number, max: number, (v: DataView, at: number, n: number) => void]
  >
> = {
  UINT8: [1, 0, 255, (v, at, n) => v.setUint8(at, n)],
  UINT16: [2, 0, 65_535, (v, at, n) => v.setUint16(at, n, true)],
  UINT32: [4, 0, 4_294_967_295, (v, at, n) => v.setUint32(at, n, true)],
  UINT64: [8, 0, 2 ** 53 - 1, (v, at, n) => v.setBigUint64(at, BigInt(n), true)],
  INT8: [1, -128, 127, (v, at, n) => v.setInt8(at, n)],
  INT16: [2, -32_768, 32_767, (v, at, n) => v.setInt16(at, n, true)],
  INT32: [4, -(2 ** 31), 2 ** 31 - 1, (v, at, n) => v.setInt32(at, n, true)],
  INT64: [8, 1 - 2 ** 53, 2 ** 53 - 1, (v, at, n) => v.setBigInt64(at, BigInt(n), true)],
};

for (const [datatype, [size, min, max, write]] of Object.entries(INTEGERS)) {
  Deno.test(`${datatype}: in JSON and binary as the same FP64, others are refused`, async () => {
    const data = [min, max, 7, 0, 1, 100], expected = await outputs(infer("FP64", data));
    assert.deepEqual(await outputs(infer(datatype, data)), expected);
    const tail = bytesOf(data.length, size, (view, at, i) => write(view, at, data[i]));
    assert.deepEqual(await outputs(infer(datatype, undefined, tail)), expected);
    for (const wrong of [1.5, 4 * max, 2 * min - 1, "1", null, true]) {
      assert.match(
        await detailOf(infer(datatype, [0, 0, 0, 0, wrong, 0])),
        /^Cannot read row 2, column "x1": expected a whole number /,
      );
    }
    assert.match(await detailOf(infer(datatype, undefined, tail.subarray(1).slice())), /bytes/);
  });
}

Deno.test("64 bits in JSON: a number that may have been rounded to 2^53 is refused", async () => {
  for (const datatype of ["INT64", "UINT64"]) {
    // All that is left of 2^53 + 1.
    assert.equal(JSON.parse("9007199254740993"), 2 ** 53);
    assert.match(
      await detailOf(infer(datatype, [0, 2 ** 53, 0, 0, 0, 0])),
      /row 1, column "x1": .* that float64 holds exactly, got 9007199254740992$/,
    );
  }
  await detailOf(infer("INT64", [0, -(2 ** 53), 0, 0, 0, 0]));
});

Deno.test("64 bits in binary: what float64 holds is taken, and what it would round is refused", async () => {
  const send = (datatype: string, value: bigint) =>
    infer(
      datatype,
      undefined,
      bytesOf(6, 8, (view, at, i) => view.setBigInt64(at, i ? 0n : value, true)),
    );
  const even = 2n ** 53n + 2n;
  const expected = await outputs(infer("FP64", [Number(even), 0, 0, 0, 0, 0]));
  assert.deepEqual(await outputs(send("INT64", even)), expected);
  assert.deepEqual(
    await outputs(send("UINT64", 2n ** 63n)),
    await outputs(infer("FP64", [2 ** 63, 0, 0, 0, 0, 0])),
  );
  for (
    const [datatype, value] of [["INT64", even - 1n], ["INT64", -even - 1n], [
      "UINT64",
      -1n,
    ]] as const
  ) {
    assert.match(
      await detailOf(send(datatype, value)),
      /row 1, column "x0": .* that float64 holds exactly, got -?\d+n$/,
    );
  }
});

Deno.test("FP16: bit patterns of IEEE 754", async () => {
  const bits = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x8400, 0x3555];
  const numbers = [1, -2, 65_504, 2 ** -24, -(2 ** -14), 1365 / 4096];
  const tail = bytesOf(6, 2, (view, at, i) => view.setUint16(at, bits[i], true));
  assert.deepEqual(
    await outputs(infer("FP16", undefined, tail)),
    await outputs(infer("FP64", numbers)),
  );
  for (const wrong of [0x7c00, 0xfc00, 0x7e00]) {
    new DataView(tail.buffer).setUint16(2, wrong, true);
    assert.match(await detailOf(infer("FP16", undefined, tail)), /row 1, column "x1"/);
  }
});

Deno.test("BOOL: numbers to a network, and true or false to a column with such levels", async () => {
  const data = [true, false, true, false, false, true], numbers = data.map(Number);
  const expected = await outputs(infer("FP64", numbers)), bytes = Uint8Array.from(numbers);
  assert.deepEqual(await outputs(infer("BOOL", data)), expected);
  assert.deepEqual(await outputs(infer("BOOL", undefined, bytes)), expected);
  assert.match(
    await detailOf(infer("BOOL", undefined, bytes.fill(2))),
    /expected true or false, got 2/,
  );

  const rows = Array.from({ length: 60 }, (_, i) => [i % 3 ? "true" : "false", i % 2]);
  const options = { preset: "small", epochs: 2, hidden: [4], latent: 1 } as const;
  const plain = await Detector.fit(rows, { ...options, columns: ["open", "on"] });
  const app = createApp({ models: { plain } }), body = { rows: [[true, false], [false, true]] };
  const scores = (await (await post("plain/score", body, app)).json()).rows;
  const response = await infer("BOOL", body.rows, undefined, app, [2, 2]);
  const [score] = await outputs(response) as { name: string; data: number[] }[];
  assert.deepEqual(score.data, scores.map((row: { score: number }) => row.score));
});

Deno.test("BYTES is refused with the datatypes that are taken", async () => {
  assert.match(await detailOf(infer("BYTES", ["a"])), /BOOL, UINT8, .*FP64/);
});
