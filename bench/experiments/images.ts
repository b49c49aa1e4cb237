/**
 * The image sets of the experiments as rows of pixels in [0, 1].
 *
 *   IDX      MNIST and Fashion-MNIST, gzipped: big-endian magic, count, sides, one byte a pixel
 *            (Y. LeCun, "The MNIST database of handwritten digits")
 *   .amat    the fixed binarisation of Larochelle, gzipped text: 784 values 0 or 1 a line
 */
import type { Matrix } from "../../src/trained/rows/matrix.ts";

const IMAGES_MAGIC = 2051, LABELS_MAGIC = 2049;

/** The default folder of the data. */
export const MNIST = "../shared/data/images-mnist";
export const BINARIZED = "../shared/data/images-mnist-binarized";

/** Images as rows of grey values. */
export async function readImages(path: string): Promise<Matrix> {
  const bytes = await inflate(path);
  const view = new DataView(bytes.buffer);
  const [magic, count, rows, columns] = [0, 4, 8, 12].map((at) => view.getUint32(at));
  if (magic !== IMAGES_MAGIC || bytes.length !== 16 + count * rows * columns) {
    throw new SyntaxError(`Cannot read ${path}: expected an IDX file of images`);
  }
  const data = Float32Array.from(bytes.subarray(16), (value) => value / 255);
  return { data, shape: [count, rows * columns] };
}

/** The class of every image, 0 to 9. */
export async function readLabels(path: string): Promise<Uint8Array> {
  const bytes = await inflate(path);
  const view = new DataView(bytes.buffer);
  if (view.getUint32(0) !== LABELS_MAGIC || bytes.length !== 8 + view.getUint32(4)) {
    throw new SyntaxError(`Cannot read ${path}: expected an IDX file of labels`);
  }
  return bytes.subarray(8);
}

/** `train`, `valid` or `test` of the fixed binarisation, as rows of zeros and ones. */
export async function readBinarized(
  part: "train" | "valid" | "test",
  folder: string = BINARIZED,
): Promise<Matrix> {
  const text = await inflate(`${folder}/binarized_mnist_${part}.amat.gz`);
  // Every value is one digit followed by a space or the end of the line.
  const data = new Float32Array(text.length / 2);
  for (let i = 0; i < data.length; i++) data[i] = text[2 * i] - 48;
  return { data, shape: [data.length / 784, 784] };
}

/**
 * Grey values made 0 or 1 once: pixel i is 1 if the i-th term of the Weyl sequence frac(i · 2654435761 / 2³²) is below
 * it. The sequence is the same in any language.
 */
export function binarizeOnce({ data, shape }: Matrix): Matrix {
  const term = (i: number) => (Math.imul(i, 2654435761) >>> 0) / 2 ** 32;
  return { data: data.map((grey, i) => term(i) < grey ? 1 : 0), shape };
}

/** Rows `first` to `end` - 1, as a view. */
export function rowsOf({ data, shape: [, columns] }: Matrix, first: number, end: number): Matrix {
  return { data: data.subarray(first * columns, end * columns), shape: [end - first, columns] };
}

/** ln(p / (1 - p)) of every pixel's mean p, kept away from 0 and 1: the initial bias of a decoder. */
export function pixelLogits({ data, shape: [rows, columns] }: Matrix): Float32Array {
  const means = new Float64Array(columns);
  data.forEach((value, i) => means[i % columns] += value / rows);
  return Float32Array.from(means, (mean) => {
    const p = Math.min(0.999, Math.max(0.001, mean));
    return Math.log(p / (1 - p));
  });
}

async function inflate(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([await Deno.readFile(path)]).stream();
  const raw = packed.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(raw).arrayBuffer());
}
