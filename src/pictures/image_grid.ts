/**
 * Rows of pixels as one picture: row r of the data is the image at cell (⌊r / across⌋, r mod across), with a line of
 * background between neighbours.
 */
import type { Matrix } from "../trained/rows/matrix.ts";

/** Grey levels 0 (black) to 255, row-major. */
export interface Picture {
  /** Pixels per line. */
  readonly width: number;
  /** Number of lines. */
  readonly height: number;
  /** `width · height` levels. */
  readonly data: Uint8Array;
}

/** How to arrange rows. */
export interface GridOptions {
  /** Pixels per line of each image; by default images are square. */
  readonly imageWidth?: number;
  /** Images per line of the grid; by default about as many as there are lines. */
  readonly across?: number;
  /** The value shown as black (default: 0). */
  readonly low?: number;
  /** The value shown as white (default: 1). */
  readonly high?: number;
}

/** The longest side of a picture that every viewer can open. */
const MAX_SIDE = 16_384;

const BACKGROUND = 96;

/**
 * Arranges images in lines.
 * @param images one image per row, `[n, width · height]`, row-major
 * @throws RangeError if the images do not fit their width, or the picture would be too large
 */
export function imageGrid(images: Matrix, options: GridOptions = {}): Picture {
  const [count, pixels] = images.shape;
  const { low = 0, high = 1 } = options;
  const imageWidth = options.imageWidth ?? Math.sqrt(pixels);
  if (!Number.isInteger(imageWidth) || imageWidth < 1 || pixels % imageWidth !== 0) {
    throw new RangeError(
      options.imageWidth === undefined
        ? `Cannot draw images: without an image width they must be square, got ${pixels} pixels`
        : `Cannot draw images: ${pixels} pixels must be whole lines of the image width, got ${imageWidth}`,
    );
  }
  const imageHeight = pixels / imageWidth;
  const across = options.across ?? Math.max(1, Math.ceil(Math.sqrt(count)));
  const width = across * (imageWidth + 1) + 1;
  const height = Math.max(1, Math.ceil(count / across)) * (imageHeight + 1) + 1;
  if (width > MAX_SIDE || height > MAX_SIDE) {
    throw new RangeError(
      `Cannot draw images: a picture has at most ${MAX_SIDE} pixels a side, got ${width} x ${height}`,
    );
  }
  const data = new Uint8Array(width * height).fill(BACKGROUND);
  for (let image = 0; image < count; image++) {
    const left = (image % across) * (imageWidth + 1) + 1;
    const top = Math.floor(image / across) * (imageHeight + 1) + 1;
    for (let pixel = 0; pixel < pixels; pixel++) {
      const x = left + pixel % imageWidth, y = top + Math.floor(pixel / imageWidth);
      const share = (images.data[image * pixels + pixel] - low) / (high - low);
      data[y * width + x] = Math.round(255 * Math.min(1, Math.max(0, share)));
    }
  }
  return { width, height, data };
}

/**
 * Draws each pixel as a square of pixels, so that small images can be seen; unchanged if the picture would be too
 * large.
 * @param times pixels a side of a square, a whole number from 1
 */
export function enlarged(picture: Picture, times: number): Picture {
  const width = times * picture.width, height = times * picture.height;
  if (times === 1 || width > MAX_SIDE || height > MAX_SIDE) return picture;
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const line = Math.floor(y / times) * picture.width;
    for (let x = 0; x < width; x++) {
      data[y * width + x] = picture.data[line + Math.floor(x / times)];
    }
  }
  return { width, height, data };
}

/**
 * Arranges originals above their reconstructions: a line of `across` images, then theirs.
 * @throws RangeError if the shapes differ
 */
export function pairedRows(above: Matrix, below: Matrix, across: number): Matrix {
  const [count, pixels] = above.shape;
  if (below.shape[0] !== count || below.shape[1] !== pixels) {
    throw new RangeError(
      `Cannot pair images: shapes must be equal, got [${above.shape}] and [${below.shape}]`,
    );
  }
  const lines = Math.ceil(count / across);
  const data = new Float32Array(2 * lines * across * pixels);
  for (let line = 0; line < lines; line++) {
    const first = line * across * pixels;
    const last = Math.min(first + across * pixels, count * pixels);
    data.set(above.data.subarray(first, last), 2 * first);
    data.set(below.data.subarray(first, last), 2 * first + across * pixels);
  }
  return { data, shape: [2 * lines * across, pixels] };
}
