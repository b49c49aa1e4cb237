/** A picture as the bytes of a PNG file: one grey channel of 8 bits. */
import { encode } from "npm:fast-png@8.0.0";
import type { Picture } from "./image_grid.ts";

/** The bytes of the file. */
export function toPng(picture: Picture): Uint8Array {
  const { width, height, data } = picture;
  return encode({ width, height, data, channels: 1, depth: 8 });
}
