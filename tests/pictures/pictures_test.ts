/** Pictures against pixels and positions computed by hand, and PNG files against their standard. */
import assert from "node:assert/strict";
import { crc32 } from "../../src/core/bytes/crc32.ts";
import { normalQuantile } from "../../src/core/probability/normal_quantile.ts";
import {
  enlarged,
  imageGrid,
  latentGrid,
  lineChart,
  pairedRows,
  scatterChart,
  toPng,
} from "../../src/pictures/mod.ts";

const matrix = (data: number[], columns: number) => ({
  data: Float32Array.from(data),
  shape: [data.length / columns, columns] as const,
});

Deno.test("imageGrid() puts pixel (x, y) of image r where the layout says, and clamps levels", () => {
  // Three images of 2 x 1 pixels, two side by side: 2 lines of images, with a border of one pixel around each.
  const { width, height, data } = imageGrid(matrix([0, 1, 0.5, -3, 2, 0.2], 2), {
    imageWidth: 2,
    across: 2,
  });
  const b = 96;
  assert.deepEqual([width, height], [7, 5]);
  assert.deepEqual([...data], [
    ...[b, b, b, b, b, b, b],
    ...[b, 0, 255, b, 128, 0, b],
    ...[b, b, b, b, b, b, b],
    ...[b, 255, 51, b, b, b, b],
    ...[b, b, b, b, b, b, b],
  ]);
});

Deno.test("imageGrid() assumes square images without a width, and refuses what does not fit", () => {
  assert.equal(imageGrid(matrix(Array(9).fill(0), 9)).width, 5);
  assert.throws(() => imageGrid(matrix(Array(6).fill(0), 6), { imageWidth: 4 }), RangeError);
  assert.throws(
    () => imageGrid(matrix(Array(6).fill(0), 6)),
    /without an image width they must be square, got 6 pixels/,
  );
});

Deno.test("enlarged() draws each pixel as a square, and leaves a picture that would be too large", () => {
  const picture = { width: 2, height: 1, data: Uint8Array.of(3, 7) };
  const { width, height, data } = enlarged(picture, 2);
  assert.deepEqual([width, height, [...data]], [4, 2, [3, 3, 7, 7, 3, 3, 7, 7]]);
  assert.equal(enlarged(picture, 10_000), picture);
});

Deno.test("pairedRows() puts each line of images above its reconstructions", () => {
  const paired = pairedRows(matrix([1, 2, 3], 1), matrix([10, 20, 30], 1), 2);
  assert.deepEqual([...paired.data], [1, 2, 10, 20, 3, 0, 30, 0]);
});

Deno.test("toPng() writes chunks with correct checksums that inflate to the picture", async () => {
  const picture = imageGrid(matrix([0, 0.25, 0.5, 1], 4));
  const bytes = toPng(picture);
  assert.deepEqual([...bytes.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10]);
  const chunks = pngChunks(bytes);
  assert.deepEqual(chunks.map(({ type }) => type), ["IHDR", "IDAT", "IEND"]);
  const header = new DataView(chunks[0].data.buffer, chunks[0].data.byteOffset);
  assert.deepEqual([header.getUint32(0), header.getUint32(4)], [picture.width, picture.height]);
  assert.deepEqual([...chunks[0].data.subarray(8, 10)], [8, 0], "8 bits, grey");
  const stream = new Blob([chunks[1].data.slice()]).stream()
    .pipeThrough(new DecompressionStream("deflate"));
  const lines = await new Response(stream).bytes();
  for (let y = 0; y < picture.height; y++) {
    const start = y * (picture.width + 1);
    assert.equal(lines[start], 0, "no filter");
    assert.deepEqual(
      [...lines.subarray(start + 1, start + 1 + picture.width)],
      [...picture.data.subarray(y * picture.width, (y + 1) * picture.width)],
    );
  }
});

Deno.test("normalQuantile() agrees with tabulated quantiles to 1.2e-9 relative", () => {
  const table: [number, number][] = [
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.9, 1.2815515655446004],
    [0.001, -3.090232306167813],
    [1e-10, -6.361340902404056],
  ];
  for (const [p, quantile] of table) {
    const error = Math.abs(normalQuantile(p) - quantile);
    assert.ok(error <= 1.2e-9 * Math.max(1, Math.abs(quantile)), `${p}: ${error}`);
  }
});

Deno.test("latentGrid() rises to the right and upwards and is symmetric", () => {
  const { data, shape } = latentGrid(3);
  assert.deepEqual(shape, [9, 2]);
  assert.ok(data[0] < data[2] && data[2] < data[4], "first dimension to the right");
  assert.ok(data[1] > data[7] && data[7] > data[13], "second dimension upwards");
  assert.equal(data[8], 0);
  assert.equal(data[0], -data[4]);
});

Deno.test("charts use a linear scale, leave out points that are not finite, and escape names", () => {
  const text = { title: "a<b", xLabel: "x", yLabel: "y" };
  const y = [0, NaN, 1];
  const svg = scatterChart([{ name: "one", x: [0, 5, 10], y }], text);
  const points = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map((
    m,
  ) => [+m[1], +m[2]]);
  assert.equal(points.length, 2);
  // A margin of 3 % on both sides, in an area of 494 x 384 pixels that begins at (76, 424).
  const close = (a: number, b: number) => assert.ok(Math.abs(a - b) <= 0.05 + 1e-9, `${a}, ${b}`);
  close(points[0][0], 76 + 494 * 0.03 / 1.06);
  close(points[1][0], 76 + 494 * 1.03 / 1.06);
  close(points[0][1], 424 - 384 * 0.03 / 1.06);
  assert.match(svg, /a&#60;b/);
  assert.doesNotMatch(svg, />one</, "no legend for one series");
  assert.match(svg, />0\.2<|>0\.4</, "round ticks");
});

Deno.test("charts mark whole numbers where all values are whole, and write a minus sign", () => {
  const text = { title: "", xLabel: "", yLabel: "" };
  const svg = lineChart([{ name: "a", x: [1, 2, 3], y: [-40.5, 20, 0] }], text);
  const marks = [...svg.matchAll(/>([^<>]+)<\/text>/g)].map(([, mark]) => mark);
  assert.deepEqual(marks, ["1", "2", "3", "−40", "−20", "0", "20"]);
});

Deno.test("charts of no points, one point and equal values can be drawn", () => {
  const text = { title: "", xLabel: "", yLabel: "" };
  for (const values of [[], [3], [1e-9, 1e-9], [1e30, -1e30]]) {
    const svg = lineChart([{ name: "a", x: values, y: values }, { name: "b", x: [], y: [] }], text);
    assert.doesNotMatch(svg, /NaN|Infinity/);
    assert.match(svg, />a</, "a legend for two");
  }
});

function pngChunks(bytes: Uint8Array): { type: string; data: Uint8Array }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: { type: string; data: Uint8Array }[] = [];
  for (let at = 8; at < bytes.length;) {
    const length = view.getUint32(at);
    const body = bytes.subarray(at + 4, at + 8 + length);
    assert.equal(view.getUint32(at + 8 + length), Number.parseInt(crc32(body), 16));
    chunks.push({ type: new TextDecoder().decode(body.subarray(0, 4)), data: body.subarray(4) });
    at += 12 + length;
  }
  return chunks;
}
