/**
 * Reads the IDX files of MNIST and Fashion-MNIST, gzipped: big-endian magic 2051, count, rows, columns,
 * then one byte a pixel (Y. LeCun, "The MNIST database of handwritten digits").
 */
import type { Matrix } from "../src/scoring/matrix.ts";

const IMAGES_MAGIC = 2051;
const HEADER_BYTES = 16;

/** Images as rows of grey values in [0, 1]. */
export async function readImages(path: string): Promise<Matrix> {
  const packed = new Blob([await Deno.readFile(path)]).stream();
  const raw = packed.pipeThrough(new DecompressionStream("gzip"));
  const bytes = await new Response(raw).arrayBuffer();
  const view = new DataView(bytes);
  const [magic, count, rows, columns] = [0, 4, 8, 12].map((at) => view.getUint32(at));
  if (magic !== IMAGES_MAGIC || bytes.byteLength !== HEADER_BYTES + count * rows * columns) {
    throw new SyntaxError(`Cannot read ${path}: expected an IDX file of images`);
  }
  const pixels = new Uint8Array(bytes, HEADER_BYTES);
  return {
    data: Float32Array.from(pixels, (value) => value / 255),
    shape: [count, rows * columns],
  };
}
